package dev.hookline.eventlog;

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
        @Nullable String recordPatch) {

    public static final String BUSINESS = "business";

    /** Times are kept to the microsecond, as the database keeps them: an event reads the same from wherever it comes. */
    public EventData {
        occurredAt = occurredAt.truncatedTo(ChronoUnit.MICROS);
    }

    /** Roughly the heap this event takes: its texts, and the objects around them. */
    public int bytes() {
        return 400 + payload.length() + (recordPatch == null ? 0 : recordPatch.length()) + recordKey.length();
    }
}
