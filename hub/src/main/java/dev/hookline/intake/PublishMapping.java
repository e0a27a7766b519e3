package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Published events (decision 7) as events of the log. What is wrong is said with the path of its field. */
final class PublishMapping {
    static final String SOURCE = "publish";

    private PublishMapping() {}

    /**
     * Maps one event.
     *
     * @param at the path of the event with a dot behind it, as in {@code events[3].}; empty for a request that is one event
     * @param now when it occurred if it does not say so
     */
    static EventData map(String tenant, ObjectNode body, String at, Instant now) throws Problem {
        String type = text(body, at, "event");
        String model = text(body, at, "resource_type");
        String key = key(body, at);
        String payload = Json.write(data(body, at));
        if (payload.length() > Limits.WEBHOOK_BYTES_MAX) {
            throw wrong(at, "data", "has more than " + Limits.WEBHOOK_BYTES_MAX + " characters");
        }
        return new EventData(
                tenant,
                SOURCE,
                model,
                number(key),
                key,
                Operation.MANUAL,
                type,
                priority(body, at),
                EventData.BUSINESS,
                occurredAt(body, at, now),
                null,
                payload,
                null);
    }

    static ObjectNode data(ObjectNode body, String at) throws Problem {
        if (body.get("data") instanceof ObjectNode data) {
            return data;
        }
        throw wrong(at, "data", "is required, and must be an object");
    }

    private static String key(ObjectNode body, String at) throws Problem {
        JsonNode id = body.get("resource_id");
        if (id == null || !id.isIntegralNumber()) {
            return text(body, at, "resource_id");
        }
        String digits = id.asText();
        if (digits.length() > Limits.NAME_CHARS_MAX) {
            throw wrong(at, "resource_id", "has more than " + Limits.NAME_CHARS_MAX + " digits");
        }
        return digits;
    }

    private static String text(ObjectNode body, String at, String field) throws Problem {
        JsonNode value = body.get(field);
        if (value == null || value.isNull()) {
            throw wrong(at, field, "is required");
        }
        if (!value.isTextual()
                || value.textValue().isBlank()
                || value.textValue().length() > Limits.NAME_CHARS_MAX) {
            throw wrong(at, field, "must be a text of 1 to " + Limits.NAME_CHARS_MAX + " characters");
        }
        return value.textValue();
    }

    /** The number that a key writes in the usual way: not {@code 007} or {@code +7}, whose digits are part of the key. */
    private static @Nullable Long number(String key) {
        char first = key.charAt(0);
        if (first != '-' && (first < '0' || first > '9')) {
            return null;
        }
        try {
            long number = Long.parseLong(key);
            return Long.toString(number).equals(key) ? number : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Priority priority(ObjectNode body, String at) throws Problem {
        JsonNode value = body.get("priority");
        if (value == null || value.isNull()) {
            return Priority.MEDIUM;
        }
        for (Priority priority : Priority.values()) {
            if (priority.text().equals(value.asText().toLowerCase(Locale.ROOT))) {
                return priority;
            }
        }
        throw wrong(at, "priority", "must be high, medium or low");
    }

    private static Instant occurredAt(ObjectNode body, String at, Instant now) throws Problem {
        JsonNode value = body.get("occurred_at");
        if (value == null || value.isNull()) {
            return now;
        }
        try {
            OffsetDateTime parsed = OffsetDateTime.parse(value.asText());
            if (parsed.getYear() >= 1 && parsed.getYear() <= 9999) {
                return parsed.toInstant();
            }
        } catch (DateTimeException e) {
            // Said below, together with a year that is out of range.
        }
        throw wrong(at, "occurred_at", "must be a time as 2024-02-14T15:30:45Z, with its zone");
    }

    private static Problem wrong(String at, String field, String message) {
        return Problem.field(at + field, "'" + at + field + "' " + message);
    }
}
