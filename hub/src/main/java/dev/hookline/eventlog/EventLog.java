package dev.hookline.eventlog;

import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * The log's storage: PostgreSQL in production, memory in the simulator. Calls block, but for {@link #hiddenUpTo}.
 *
 * <p>What is read of one tenant starts above what the tenant has {@linkplain #hide hidden}. What is read of all tenants, or by
 * position, does not: cursors of the hub itself see every event.
 */
public interface EventLog {
    /** What one call answers at most, where it is not told otherwise; the last event may go beyond it. */
    long PAGE_BYTES_MAX = 16L << 20;

    /**
     * Appends a batch in one transaction, in the order given.
     *
     * @param batch at least one request
     */
    CommitOutcome append(List<AppendRequest> batch);

    /** Asks what became of a commit whose answer was lost. Call it until it is no longer {@link CommitOutcome.Unknown}. */
    CommitOutcome settle(CommitOutcome.Unknown unknown);

    /** The highest position given out; 0 in an empty log. */
    long head();

    /** The lowest position still kept; {@code head() + 1} when none is. */
    long oldest();

    /** The lowest position that a tenant may still see; above the head when there is none. */
    default long oldest(String tenant) {
        return Math.max(oldest(), hiddenUpTo(tenant) + 1);
    }

    /**
     * The events at these positions, in order; those that are no longer kept are left out. Where they are large the later ones
     * are left for another call: what is missing above the last one given has to be asked for again.
     */
    List<Event> find(Set<Long> positions);

    /**
     * Every tenant's events above a position, in order: {@code limit} at most, fewer where they are large, none only where
     * there are none.
     *
     * @param bytesMax the page ends with the event that reaches it
     */
    List<Event> read(long after, int limit, long bytesMax);

    /** As {@link #read(long, int, long)}, with {@link #PAGE_BYTES_MAX}. */
    default List<Event> read(long after, int limit) {
        return read(after, limit, PAGE_BYTES_MAX);
    }

    /** As {@link #read(String, Set, long, int)}, of all models. */
    default List<Event> read(String tenant, long after, int limit) {
        return read(tenant, Set.of(), after, limit);
    }

    /** As {@link #read(String, Set, long, int, long)}, with {@link #PAGE_BYTES_MAX}. */
    default List<Event> read(String tenant, Set<String> models, long after, int limit) {
        return read(tenant, models, after, limit, PAGE_BYTES_MAX);
    }

    /**
     * As {@link #read(long, int, long)}, of one tenant and of these models. The cost grows with the models and the limit, not with
     * the log, also where one event in ten million is of such a model.
     *
     * @param models empty for all of them
     */
    List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax);

    /**
     * One tenant's events between two positions, the newest first: {@code limit} at most, fewer where they are large, none only
     * where there are none. The cost is as for {@link #read(String, Set, long, int, long)}.
     *
     * @param models empty for all of them
     * @param after only positions above this one
     * @param before only positions below this one; {@link Long#MAX_VALUE} for the newest
     */
    List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit);

    /**
     * A time as a position: the lowest one with nothing below it that was received at or after this instant. It is {@link
     * #oldest()} for a time before the first event kept, and {@code head() + 1} for one after the last; an event appended
     * meanwhile is above the head in any case. To read what was received since then, read after the position below it.
     */
    long firstSince(Instant instant);

    /**
     * Up to which position a tenant has hidden its events; 0 when it has not. Never blocks. What was hidden by another node
     * is known here about a second later.
     */
    long hiddenUpTo(String tenant);

    /**
     * Hides a tenant's events up to a position from every view of the tenant, for good: a lower position later changes nothing.
     * They stay in the log, and deliveries of them go on.
     *
     * @return how many events of the tenant this call has hidden
     */
    long hide(String tenant, long upTo);

    /**
     * Removes deduplication keys whose time is over, the oldest first, in one short transaction. A key counts until it is
     * removed: a request that repeats it after its time but before that is still a duplicate.
     *
     * @return how many were removed; fewer than {@code atMost} when there are no more for now
     */
    int forgetKeys(int atMost);
}
