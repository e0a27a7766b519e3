package dev.hookline.access;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sessions and API keys that ended before their time, in memory for as long as a token of theirs could still come. The
 * database is asked each second, so that what ended on one node ends on all.
 */
final class Revocations {
    /** Longer than an access token lasts. */
    private static final Duration KEPT = Duration.ofMinutes(40);

    /** Longer than a transaction may take: what it revoked is dated at its start, and seen at its end. */
    private static final Duration OVERLAP = Duration.ofMinutes(2);

    /** What the database said. */
    interface Source {
        Newest since(Instant since);

        Instant now();
    }

    /** Revocations by credential, and the time at the database when it was asked. */
    record Newest(Map<String, Instant> revoked, Instant now) {}

    private final Map<String, Instant> revoked = new ConcurrentHashMap<>();
    private final Source source;
    private volatile Instant readUpTo = Instant.EPOCH;

    Revocations(Source source) {
        this.source = source;
    }

    boolean contains(String credential) {
        return revoked.containsKey(credential);
    }

    /** Known here at once, and by all nodes when they ask next. */
    void add(String credential, Instant at) {
        revoked.put(credential, at);
    }

    /** Asks the database for what is new, and forgets what no token can come of any more. */
    synchronized void step() {
        Instant since = readUpTo.equals(Instant.EPOCH) ? source.now().minus(KEPT) : readUpTo.minus(OVERLAP);
        Newest newest = source.since(since);
        revoked.putAll(newest.revoked());
        Instant forgotten = newest.now().minus(KEPT);
        revoked.values().removeIf(at -> at.isBefore(forgotten));
        readUpTo = newest.now();
    }
}
