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
     * @param kind {@code updated}, {@code deleted} or {@code restored}
     * @param changes {@code {"status": {"from": …, "to": …}}}; empty where the same was sent again
     */
    record Entry(long position, String kind, ObjectNode changes) {}

    private OrderHistory() {}

    /**
     * An entry for each step that finds the order there.
     *
     * @param before its state before the first step; null when there was no such order
     */
    static List<Entry> of(@Nullable ObjectNode before, boolean deletedBefore, List<RecordChange.Step> steps) {
        List<Entry> entries = new ArrayList<>(steps.size());
        ObjectNode state = before;
        boolean deleted = deletedBefore;
        for (RecordChange.Step step : steps) {
            ObjectNode patch = (ObjectNode) Json.read(step.patch());
            if (state != null) {
                ObjectNode from = deleted ? Json.object() : state;
                String kind = step.deletes() ? "deleted" : deleted ? "restored" : "updated";
                entries.add(new Entry(step.position(), kind, difference(from, patch)));
                state = from;
                state.setAll(patch);
            } else {
                state = patch;
            }
            deleted = step.deletes();
        }
        return entries;
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
