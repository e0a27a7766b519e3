package dev.hookline.eventlog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events that are appended together or not at all, at neighbouring positions.
 *
 * @param events at least one, all of one tenant and source
 * @param deduplicationKey an id the sender gave for this request; null when it gave none. A later request of the same
 *     tenant and source with the same key is not appended again
 */
public record AppendRequest(
        List<EventData> events, @Nullable String deduplicationKey) {
    public AppendRequest {
        if (events.isEmpty()) {
            throw new IllegalArgumentException("An append needs at least one event");
        }
        events = List.copyOf(events);
    }

    public static AppendRequest of(EventData event) {
        return new AppendRequest(List.of(event), null);
    }

    String tenant() {
        return events.getFirst().tenant();
    }

    String source() {
        return events.getFirst().source();
    }

    int bytes() {
        int bytes = 0;
        for (EventData event : events) {
            bytes += event.bytes();
        }
        return bytes;
    }
}
