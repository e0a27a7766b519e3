package dev.hookline.devicesync;

import dev.hookline.eventlog.Event;
import java.util.List;

/**
 * What a pull found.
 *
 * @param upTo nothing is left of the filter up to here, beside these events
 * @param more false only where no event of the filter follows
 */
record Batch(List<Event> events, long upTo, boolean more) {
    long lastEventId(long otherwise) {
        return events.isEmpty() ? otherwise : events.getLast().position();
    }
}
