package dev.hookline.records;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What each change of an order did to it. Its creation is no change: {@code created_at} says when that was. */
final class OrderHistory {
    /**
     * One row of {@code order_event}.
     *
     * @param place of the event in the batch
     * @param kind {@code updated}, {@code deleted} or {@code restored}
     * @param changes {@code {"status": {"from": …, "to": …}}}; empty where the same was sent again
     */
    record Entry(int place, String kind, ObjectNode changes) {}

    private final List<Entry> entries = new ArrayList<>();
    private @Nullable ObjectNode state;
    private boolean deleted;

    /**
     * Starts with an order as it is found.
     *
     * @param before its state; null when there is no such order
     */
    OrderHistory(@Nullable ObjectNode before, boolean deleted) {
        this.state = before;
        this.deleted = deleted;
    }

    /** The order as it is now; null where there is none. */
    @Nullable
    ObjectNode present() {
        return deleted ? null : state;
    }

    /**
     * Goes one step on.
     *
     * @param patch of the step; it becomes the history's own
     */
    void apply(RecordChange.Step step, ObjectNode patch) {
        ObjectNode found = state;
        if (found == null) {
            state = patch;
        } else {
            ObjectNode from = deleted ? Json.object() : found;
            String kind = step.deletes() ? "deleted" : deleted ? "restored" : "updated";
            entries.add(new Entry(step.place(), kind, difference(from, patch)));
            from.setAll(patch);
            state = from;
        }
        deleted = step.deletes();
    }

    /** One for each step that found the order there. */
    List<Entry> entries() {
        return entries;
    }

    /** As it stands after the last step. */
    ObjectNode state() {
        return state == null ? Json.object() : state;
    }

    private static ObjectNode difference(ObjectNode from, ObjectNode patch) {
        ObjectNode changes = Json.object();
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            JsonNode was = from.get(field.getKey());
            if (was == null || !isSame(was, field.getValue())) {
                ObjectNode change = changes.putObject(field.getKey());
                change.set("from", was);
                change.set("to", field.getValue());
            }
        }
        return changes;
    }

    /** Numbers are the same where they are equal: 120 and 120.00. */
    private static boolean isSame(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue()) == 0;
        }
        return one.equals(other);
    }
}
