package dev.hookline.eventlog;

import dev.hookline.kernel.Json;
import java.time.Instant;

/**
 * The canonical event as JSON: {@code id} (the position), {@code event_type}, {@code model}, {@code record_id} (a number or
 * null), {@code record_key}, {@code operation}, {@code priority}, {@code category}, {@code source}, {@code occurred_at} and
 * {@code received_at} (ISO 8601 with Z), {@code changed_fields} (or null) and {@code data} (the payload).
 */
public final class EventJson {
    private EventJson() {}

    public static String canonical(Event event) {
        EventData data = event.data();
        StringBuilder json = new StringBuilder(300 + data.payload().length());
        json.append("{\"id\":").append(event.position());
        text(json, "event_type", data.eventType());
        text(json, "model", data.model());
        json.append(",\"record_id\":").append(data.recordId());
        text(json, "record_key", data.recordKey());
        text(json, "operation", data.operation().text());
        text(json, "priority", data.priority().text());
        text(json, "category", data.category());
        text(json, "source", data.source());
        time(json, "occurred_at", data.occurredAt());
        time(json, "received_at", event.receivedAt());
        json.append(",\"changed_fields\":").append(Json.write(data.changedFields()));
        return json.append(",\"data\":").append(data.payload()).append('}').toString();
    }

    private static void text(StringBuilder json, String name, String value) {
        json.append(",\"").append(name).append("\":").append(Json.quote(value));
    }

    private static void time(StringBuilder json, String name, Instant value) {
        json.append(",\"").append(name).append("\":\"").append(value).append('"');
    }
}
