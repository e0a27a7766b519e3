package dev.hookline.eventlog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A batch on its way to PostgreSQL: which requests are fresh, and which repeat another, here or in the table. */
final class PostgresAppendBatch {
    private static final int HASH_BYTES = 16;

    private record Key(String tenant, String source, String text) {}

    private final List<AppendRequest> requests;
    private final Map<Key, Integer> owners = new HashMap<>();
    private final AppendResult.Duplicate[] earlier;
    private final int[] owner;

    PostgresAppendBatch(List<AppendRequest> requests) {
        this.requests = requests;
        this.earlier = new AppendResult.Duplicate[requests.size()];
        this.owner = new int[requests.size()];
        for (int i = 0; i < requests.size(); i++) {
            AppendRequest request = requests.get(i);
            String key = request.deduplicationKey();
            Integer first =
                    key == null ? null : owners.putIfAbsent(new Key(request.tenant(), request.source(), key), i);
            owner[i] = first == null ? i : first;
        }
    }

    boolean hasKeys() {
        return !owners.isEmpty();
    }

    private boolean isFresh(int request) {
        return owner[request] == request && earlier[request] == null;
    }

    List<EventData> fresh() {
        List<EventData> data = new ArrayList<>(requests.size());
        for (int i = 0; i < requests.size(); i++) {
            if (isFresh(i)) {
                data.addAll(requests.get(i).events());
            }
        }
        return data;
    }

    /** One result a request, for events that start above {@code base}. */
    List<AppendResult> results(long base) {
        AppendResult[] results = new AppendResult[requests.size()];
        long next = base + 1;
        for (int i = 0; i < results.length; i++) {
            int count = requests.get(i).events().size();
            if (isFresh(i)) {
                results[i] = new AppendResult.Appended(next, count);
                next += count;
            } else if (earlier[i] != null) {
                results[i] = earlier[i];
            } else {
                results[i] = switch (results[owner[i]]) {
                    case AppendResult.Appended(long first, int events) -> new AppendResult.Duplicate(first, events);
                    case AppendResult other -> other;
                };
            }
        }
        return Arrays.asList(results);
    }

    Keys keys() {
        return new Keys();
    }

    /** The keys of the requests that are fresh as far as is known. */
    final class Keys {
        private final List<Integer> holders = new ArrayList<>();
        private final List<Integer> firsts = new ArrayList<>();

        Keys() {
            int next = 1;
            for (int i = 0; i < requests.size(); i++) {
                if (isFresh(i)) {
                    if (requests.get(i).deduplicationKey() != null) {
                        holders.add(i);
                        firsts.add(next);
                    }
                    next += requests.get(i).events().size();
                }
            }
        }

        boolean isEmpty() {
            return holders.isEmpty();
        }

        int size() {
            return holders.size();
        }

        void taken(int key, AppendResult.Duplicate by) {
            earlier[holders.get(key)] = by;
        }

        int bind(Connection db, PreparedStatement statement, int from) throws SQLException {
            int at = bindHashes(db, statement, from);
            Integer[] counts =
                    holders.stream().map(i -> requests.get(i).events().size()).toArray(Integer[]::new);
            statement.setArray(at++, db.createArrayOf("int4", firsts.toArray(Integer[]::new)));
            statement.setArray(at++, db.createArrayOf("int4", counts));
            return at;
        }

        int bindHashes(Connection db, PreparedStatement statement, int from) throws SQLException {
            byte[][] hashes = new byte[holders.size()][];
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = hash(requests.get(holders.get(i)));
            }
            statement.setArray(from, db.createArrayOf("bytea", hashes));
            return from + 1;
        }

        /** 16 bytes of SHA-256 over the tenant, the source and 16 bytes of the id's own SHA-256. */
        private static byte[] hash(AppendRequest request) {
            MessageDigest sha = sha256();
            byte[] id = sha.digest(String.valueOf(request.deduplicationKey()).getBytes(UTF_8));
            sha.update(request.tenant().getBytes(UTF_8));
            sha.update((byte) 0);
            sha.update(request.source().getBytes(UTF_8));
            sha.update((byte) 0);
            sha.update(id, 0, HASH_BYTES);
            return Arrays.copyOf(sha.digest(), HASH_BYTES);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("Every JDK has SHA-256", e);
            }
        }
    }
}
