package dev.hookline.client;

import java.util.List;

/**
 * Events that are on the hub's disk.
 *
 * @param ids their positions in the log, in the order given
 * @param duplicate whether an earlier request under the same key stored them: a try whose answer was lost, say
 * @param warnings where events are not as the hub's catalogue says; empty when there is nothing to say
 */
public record Published(List<Long> ids, boolean duplicate, List<Warning> warnings) {
    public Published {
        ids = List.copyOf(ids);
        warnings = List.copyOf(warnings);
    }

    /**
     * Something that the catalogue does not expect.
     *
     * @param field its path in the request, as in {@code data.amount}
     * @param message what is wrong there
     */
    public record Warning(String field, String message) {}

    /** The position of the first event. */
    public long id() {
        return ids.get(0);
    }
}
