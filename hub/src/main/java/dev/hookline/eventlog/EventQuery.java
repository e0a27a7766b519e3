package dev.hookline.eventlog;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which of a tenant's events a list wants. Null takes everything.
 *
 * @param models empty for all of them
 * @param recordId the record's number, or its key where that is a number
 * @param after only positions above this one
 * @param before only positions below this one; {@link Long#MAX_VALUE} for the newest
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
        long before,
        @Nullable List<Long> positions) {

    /**
     * The same among these positions only.
     *
     * @param only one at least
     */
    public EventQuery at(List<Long> only) {
        long lowest = Collections.min(only) - 1;
        long highest = Collections.max(only) + 1;
        return new EventQuery(
                tenant,
                models,
                recordId,
                operation,
                priority,
                category,
                Math.max(after, lowest),
                Math.min(before, highest),
                only);
    }

    /** The same below a position. */
    public EventQuery below(long position) {
        return new EventQuery(tenant, models, recordId, operation, priority, category, after, position, positions);
    }

    boolean isNarrow() {
        return recordId != null || operation != null || priority != null || category != null || positions != null;
    }
}
