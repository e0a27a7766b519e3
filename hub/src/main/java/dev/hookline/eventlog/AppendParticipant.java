package dev.hookline.eventlog;

import java.util.List;

/** Something that commits together with the events: the records, say. */
public interface AppendParticipant {
    /**
     * Called inside the append's transaction, after the events have their positions. Runs with the log's head locked, so
     * it must be one statement or two, and fast.
     *
     * @throws TxException when the storage refuses; the append then fails as a whole
     */
    void appended(Tx tx, List<Event> events);
}
