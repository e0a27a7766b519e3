package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a mapping made of a body: an event before it belongs to a tenant and a source.
 *
 * @param occurredAt when the sender says it happened; null when it does not say
 * @param deduplicationKey the id that the sender gave; null when it gave none
 * @param payload the event's data
 * @param recordPatch what is merged into the record; null when the event changes no record
 * @param typeByRules whether the rules of business events may give it another type
 */
public record Mapped(
        String model,
        @Nullable Long recordId,
        String recordKey,
        Operation operation,
        String eventType,
        Priority priority,
        String category,
        @Nullable Instant occurredAt,
        @Nullable String deduplicationKey,
        @Nullable List<String> changedFields,
        ObjectNode payload,
        @Nullable ObjectNode recordPatch,
        boolean typeByRules) {

    /** The event, which happened now where the sender does not say when. */
    public EventData event(String tenant, String source, Instant now) {
        return new EventData(
                tenant,
                source,
                model,
                recordId,
                recordKey,
                operation,
                eventType,
                priority,
                category,
                occurredAt == null ? now : occurredAt,
                changedFields,
                Json.write(payload),
                recordPatch == null ? null : Json.write(recordPatch),
                typeByRules);
    }

    /** Whether the payload says all that the body says, so that the one can be had from the other. */
    public boolean isAll(JsonNode body) {
        return payload.equals(body) && !payload.has(EventData.BUSINESS_DATA);
    }

    /** What would be stored, for people. */
    ObjectNode describe() {
        ObjectNode json = Json.object()
                .put("model", model)
                .put("record_id", recordId)
                .put("record_key", recordKey)
                .put("operation", operation.text())
                .put("event_type", eventType)
                .put("business_events", typeByRules)
                .put("priority", priority.text())
                .put("category", category)
                .put("occurred_at", occurredAt == null ? null : occurredAt.toString())
                .put("deduplication_key", deduplicationKey);
        json.set("changed_fields", changedFields == null ? null : Json.read(Json.write(changedFields)));
        json.set("data", payload);
        json.set("record_patch", recordPatch);
        return json;
    }
}
