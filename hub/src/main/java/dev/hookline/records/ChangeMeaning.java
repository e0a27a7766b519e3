package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import org.jspecify.annotations.Nullable;

/** Says what a change of a record means, where that depends on what the record was before. Does not block. */
public interface ChangeMeaning {
    /** Nothing but what the event says itself. */
    ChangeMeaning AS_SAID = new ChangeMeaning() {
        @Override
        public boolean asksForState(EventData event) {
            return false;
        }

        @Override
        public EventData settle(EventData event, ObjectNode patch, @Nullable ObjectNode before, @Nullable Long id) {
            return event.settled(event.operation(), event.eventType(), event.payload());
        }
    };

    /** Whether the state before has to be known, of an event whose type is by rules. */
    boolean asksForState(EventData event);

    /**
     * The event with its meaning.
     *
     * @param patch what it changes of the record; not to be changed
     * @param before the record's state before it; null where there was none, or it is not known. Not to be changed
     * @param id the record's number
     */
    EventData settle(EventData event, ObjectNode patch, @Nullable ObjectNode before, @Nullable Long id);
}
