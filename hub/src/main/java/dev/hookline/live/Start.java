package dev.hookline.live;

import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;

/**
 * From where a client that names a position is served, and what to tell it about that.
 *
 * @param position it gets what is above this one
 */
public record Start(long position, String comment) {
    /** At the head: only what is new. Does not block. */
    public static Start atHead(Tail tail) {
        long head = tail.head();
        return new Start(head, "Connected at position " + head);
    }

    /**
     * After a position that the client has seen, which may be below what is kept, beyond the head, or given out a moment ago
     * by another node. May block.
     */
    public static Start after(EventLog log, Tail tail, String tenant, long since) {
        tail.catchUpTo(since);
        long head = tail.head();
        if (since > head) {
            return new Start(head, "Position " + since + " is beyond the head; following from " + head);
        }
        long oldest = log.oldest(tenant);
        if (since + 1 < oldest) {
            return new Start(
                    oldest - 1,
                    "Positions " + (since + 1) + " to " + (oldest - 1) + " are no longer kept; starting at " + oldest);
        }
        return new Start(since, "Resuming after position " + since);
    }
}
