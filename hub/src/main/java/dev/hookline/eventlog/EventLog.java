package dev.hookline.eventlog;

import java.util.List;
import java.util.Set;

/** The log's storage: PostgreSQL in production, memory in the simulator. Calls block. */
public interface EventLog {
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

    /**
     * The events at these positions, in order; those that are no longer kept are left out. Where they are large the later ones
     * are left for another call: what is missing above the last one given has to be asked for again.
     */
    List<Event> find(Set<Long> positions);

    /**
     * Every tenant's events above a position, in order: {@code limit} at most, fewer where they are large, none only where
     * there are none.
     */
    List<Event> read(long after, int limit);

    /** As {@link #read(long, int)}, of one tenant. */
    List<Event> read(String tenant, long after, int limit);
}
