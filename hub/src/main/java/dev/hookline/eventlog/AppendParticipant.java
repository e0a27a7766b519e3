package dev.hookline.eventlog;

import java.util.List;

/** Something that commits together with the events: the records, say. */
public interface AppendParticipant {
    /**
     * Says what to write with these events. On PostgreSQL it adds statements to the {@link PostgresTx}; it runs before the
     * events have their positions, and must not block.
     *
     * @param events in the order of the positions they will have
     * @throws TxException when it refuses; the append then fails as a whole
     */
    void appended(Tx tx, List<EventData> events);
}
