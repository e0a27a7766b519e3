package dev.hookline.eventlog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an event before it has a position.
 *
 * @param tenant whose event it is
 * @param source the name of the source that sent it, {@code rental-site} say
 * @param model the record's model: {@code booking}, {@code vehicle}, {@code order}, or Odoo's technical name
 * @param recordId the record's number, where it has one
 * @param recordKey what identifies the record within its model; the number as text where it has no better key
 * @param eventType {@code booking.created}, {@code sales_order.confirmed}, else {@code <model>.<operation>}
 * @param category {@code business}, {@code system}, {@code notification} or {@code custom}
 * @param occurredAt when the sender says it happened, or when it reached us
 * @param changedFields the fields that changed, where the sender says so
 * @param payload a JSON object, as compact text that {@code jsonb} can hold
 * @param recordPatch a JSON object merged into the record's latest state, or null when the event changes no record
 * @param typeByRules whether rules may still give it another type, once the record's state before it is known; never of an
 *     event that is in the log
 */
public record EventData(
        String tenant,
        String source,
        String model,
        @Nullable Long recordId,
        String recordKey,
        Operation operation,
        String eventType,
        Priority priority,
        String category,
        Instant occurredAt,
        @Nullable List<String> changedFields,
        String payload,
        @Nullable String recordPatch,
        boolean typeByRules) {

    public static final String BUSINESS = "business";

    /** The payload's field that holds what a business event is about, in the shape of its type's schema. */
    public static final String BUSINESS_DATA = "_business";

    /** Of a type that stands. */
    public EventData(
            String tenant,
            String source,
            String model,
            @Nullable Long recordId,
            String recordKey,
            Operation operation,
            String eventType,
            Priority priority,
            String category,
            Instant occurredAt,
            @Nullable List<String> changedFields,
            String payload,
            @Nullable String recordPatch) {
        this(
                tenant,
                source,
                model,
                recordId,
                recordKey,
                operation,
                eventType,
                priority,
                category,
                occurredAt,
                changedFields,
                payload,
                recordPatch,
                false);
    }

    /** The same event, of which it is now known what it means. */
    public EventData settled(Operation done, String type, String newPayload) {
        return new EventData(
                tenant,
                source,
                model,
                recordId,
                recordKey,
                done,
                type,
                priority,
                category,
                occurredAt,
                changedFields,
                newPayload,
                recordPatch);
    }

    /** The same event, of which it is now known which record it is about. */
    public EventData about(String key, String newPayload, String newPatch) {
        return new EventData(
                tenant,
                source,
                model,
                recordId,
                key,
                operation,
                eventType,
                priority,
                category,
                occurredAt,
                changedFields,
                newPayload,
                newPatch,
                typeByRules);
    }

    /** What a subscriber to the event's type wants: {@link #BUSINESS_DATA} where the payload has it, else the payload. */
    public String typeData() {
        if (!mayHaveBusinessData()) {
            return payload;
        }
        JsonNode data = Json.read(payload).path(BUSINESS_DATA);
        return data.isObject() ? Json.write(data) : payload;
    }

    /** What the sender sent: the payload without {@link #BUSINESS_DATA}, which rules have put into it. */
    public String sentPayload() {
        if (!mayHaveBusinessData()) {
            return payload;
        }
        ObjectNode sent = (ObjectNode) Json.read(payload);
        return sent.remove(BUSINESS_DATA) == null ? payload : Json.write(sent);
    }

    /** Without parsing it. */
    private boolean mayHaveBusinessData() {
        return payload.contains("\"" + BUSINESS_DATA + "\"");
    }

    /** Times are kept to the microsecond, as the database keeps them: an event reads the same from wherever it comes. */
    public EventData {
        occurredAt = occurredAt.truncatedTo(ChronoUnit.MICROS);
    }

    /** Roughly the heap this event takes: its texts, and the objects around them. */
    public int bytes() {
        return 400 + payload.length() + (recordPatch == null ? 0 : recordPatch.length()) + recordKey.length();
    }
}
