package dev.hookline.bench;

import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import java.time.OffsetDateTime;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Holds the log against what was acknowledged: after each crash what is new, in the end everything. */
final class CrashAccounts {
    private static final int FETCHED_AT_ONCE = 1_000;

    private final CrashLoad load;

    /** The position of each number in the log. */
    private final Map<Long, Long> stored = new HashMap<>();

    private final BitSet accounted = new BitSet();
    private long head;
    private @Nullable OffsetDateTime received;

    /** Acknowledged, but not in the log, or elsewhere than was said. */
    private long lost;

    /** In the log twice, or although it was refused. */
    private long doubled;

    /** Gaps between positions, and times that fall as positions rise. */
    private long disordered;

    private long wrongRecords;
    private long wrongKeys;

    CrashAccounts(CrashLoad load) {
        this.load = load;
    }

    private record Row(long position, long number, OffsetDateTime received) {}

    long stored() {
        return stored.size();
    }

    long lost() {
        return lost;
    }

    long doubled() {
        return doubled;
    }

    long disordered() {
        return disordered;
    }

    long wrongRecords() {
        return wrongRecords;
    }

    long wrongKeys() {
        return wrongKeys;
    }

    boolean intact() {
        return lost + doubled + disordered + wrongRecords + wrongKeys + load.wrongAnswers.get() == 0;
    }

    /** Reads what follows the last position seen. Nobody posts meanwhile. */
    void readOn(DatabaseAddress address) {
        long from = head;
        try (Database database = new Database(address, 1)) {
            database.jdbi().useHandle(db -> {
                db.inTransaction(reading -> {
                    reading.createQuery("SELECT position, (payload ->> 'n')::bigint, received_at FROM event"
                                    + " WHERE position > ? ORDER BY position")
                            .bind(0, from)
                            .setFetchSize(FETCHED_AT_ONCE)
                            .map((row, _) ->
                                    new Row(row.getLong(1), row.getLong(2), row.getObject(3, OffsetDateTime.class)))
                            .forEach(this::take);
                    return null;
                });
                long said = number(db, "SELECT position FROM log_head");
                disordered += said == head ? 0 : 1;
                wrongRecords += number(db, """
                        WITH touched AS (
                          SELECT record_key, max(position) AS last FROM event WHERE position > %d GROUP BY record_key
                        )
                        SELECT count(*)
                        FROM touched t
                        JOIN event e ON e.position = t.last
                        LEFT JOIN record r ON r.model = 'booking' AND r.key = t.record_key
                        WHERE r.last_position IS DISTINCT FROM t.last OR r.state ->> 'n' IS DISTINCT FROM e.payload ->> 'n'
                        """.formatted(from));
            });
        }
        load.acknowledged.forEach((number, position) -> {
            if (!accounted.get(Math.toIntExact(number))) {
                accounted.set(Math.toIntExact(number));
                lost += position.equals(stored.get(number)) ? 0 : 1;
            }
        });
    }

    private void take(Row row) {
        disordered += row.position == head + 1 ? 0 : 1;
        disordered += received != null && row.received.isBefore(received) ? 1 : 0;
        head = row.position;
        received = row.received;
        boolean expected = load.acknowledged.containsKey(row.number) || load.unanswered.contains(row.number);
        boolean first = stored.put(row.number, row.position) == null;
        doubled += expected && first ? 0 : 1;
    }

    private static long number(Handle db, String sql) {
        return db.createQuery(sql).mapTo(Long.class).one();
    }

    /** What a number that carried a key was answered when it was posted again, after {@link #readOn}. */
    void postedAgain(long number, CrashLoad.Answer answer) {
        Long position = stored.get(number);
        boolean honoured = position == null
                ? !answer.duplicate() && answer.position() > head
                : answer.duplicate() && answer.position() == position;
        if (answer.status() != 200 || !honoured) {
            wrongKeys++;
        } else if (position == null) {
            load.acknowledged.put(number, answer.position());
        }
    }

    /** Reads everything once more: what was found after one crash is still there after the last. */
    void readAll(DatabaseAddress address) {
        readOn(address);
        Map<Long, Long> now = new HashMap<>();
        try (Database database = new Database(address, 1)) {
            database.jdbi().useHandle(db -> {
                db.inTransaction(reading -> {
                    reading.createQuery("SELECT (payload ->> 'n')::bigint, position FROM event")
                            .setFetchSize(FETCHED_AT_ONCE)
                            .map((row, _) -> List.of(row.getLong(1), row.getLong(2)))
                            .forEach(row -> now.put(row.getFirst(), row.getLast()));
                    return null;
                });
                wrongRecords += number(db, """
                        SELECT count(*)
                        FROM (SELECT record_key, count(*) AS events, max(position) AS last FROM event GROUP BY record_key) e
                        FULL JOIN record r ON r.model = 'booking' AND r.key = e.record_key
                        WHERE r.version IS DISTINCT FROM e.events OR r.last_position IS DISTINCT FROM e.last
                        """);
            });
        }
        lost += stored.entrySet().stream()
                .filter(one -> !one.getValue().equals(now.get(one.getKey())))
                .count();
        doubled += Math.max(0, now.size() - stored.size());
    }
}
