package dev.hookline.access;

import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * API keys by what they are: {@code hlk_} and 32 random bytes, stored as their SHA-256. Those in use are remembered for five
 * seconds, so the database is asked that seldom; what changes at their user counts within that time.
 */
final class ApiKeys {
    static final String PREFIX = "hlk_";
    static final int SHOWN_CHARS = 10;
    private static final int SECRET_BYTES = 32;
    private static final int CHARS = PREFIX.length() + 43;
    private static final int REMEMBERED_MAX = 10_000;
    private static final int LOOK_UPS_AT_ONCE = 4;
    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    /** A stream that was opened with a key ends then, and comes again: so a user that was switched off loses it. */
    private static final Duration COUNTS_FOR = Duration.ofMinutes(5);

    private record Known(Principal principal, Instant until) {}

    private final PostgresApiKeys store;
    private final Revocations revocations;
    private final Time time;
    private final Semaphore lookUps = new Semaphore(LOOK_UPS_AT_ONCE, true);

    /** By the hash's hex; the one that was added first goes first. */
    private final Map<String, Known> remembered = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    ApiKeys(PostgresApiKeys store, Revocations revocations, Time time) {
        this.store = store;
        this.revocations = revocations;
        this.time = time;
    }

    static String make() {
        return PREFIX + Ids.secretText(SECRET_BYTES);
    }

    /** A key that was found in the last seconds. Does not block. */
    Optional<Principal> known(String key) {
        if (key.length() != CHARS) {
            return Optional.empty();
        }
        Known known;
        synchronized (remembered) {
            known = remembered.get(Secrets.hex(key));
        }
        return known == null || known.until.isBefore(time.now()) ? Optional.empty() : Optional.of(known.principal);
    }

    /** Asks the database. */
    Optional<Principal> find(String key) {
        if (key.length() != CHARS) {
            return Optional.empty();
        }
        Instant now = time.now();
        Optional<Principal> found;
        lookUps.acquireUninterruptibly();
        try {
            found = store.use(Secrets.hash(key), now.plus(COUNTS_FOR));
        } finally {
            lookUps.release();
        }
        found = found.filter(principal -> !revocations.contains(principal.credential()));
        synchronized (remembered) {
            String hash = Secrets.hex(key);
            remembered.remove(hash);
            found.ifPresent(principal -> remembered.put(hash, new Known(principal, now.plus(REMEMBERED))));
        }
        return found;
    }
}
