package dev.hookline.eventlog;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which of a tenant's events a list wants. Null takes everything.
 *
 * @param models empty for all of them
 * @param recordId the record's number, or its key where that is a number
 * @param after only positions above this one
 * @param positions only these; null for any
 */
public record EventQuery(
        String tenant,
        Set<String> models,
        @Nullable Long recordId,
        @Nullable String operation,
        @Nullable String priority,
        @Nullable String category,
        long after,
        @Nullable List<Long> positions) {

    /** All of a tenant's events of these models above a position. */
    public static EventQuery of(String tenant, Set<String> models, long after) {
        return new EventQuery(tenant, models, null, null, null, null, after, null);
    }

    /** The same among these positions only. */
    public EventQuery at(List<Long> only) {
        return new EventQuery(tenant, models, recordId, operation, priority, category, after, only);
    }

    boolean isNarrow() {
        return recordId != null || operation != null || priority != null || category != null || positions != null;
    }
}
