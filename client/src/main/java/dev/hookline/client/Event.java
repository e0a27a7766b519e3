package dev.hookline.client;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a resource.
 *
 * @param type as in {@code invoice.created}
 * @param resourceType what it happened to, {@code invoice}
 * @param resourceId which one
 * @param data texts, numbers, booleans, nulls, and maps and lists of them
 * @param occurredAt null for the moment it reaches the hub
 * @param priority null for medium
 */
public record Event(
        String type,
        String resourceType,
        String resourceId,
        Map<String, @Nullable Object> data,
        @Nullable Instant occurredAt,
        @Nullable Priority priority) {

    /** How urgent an event is. */
    public enum Priority {
        HIGH,
        MEDIUM,
        LOW
    }

    public Event {
        data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
    }

    /** An event of now. Its resource type is the part of the type before the first dot. */
    public static Event of(String type, String resourceId, Map<String, ? extends @Nullable Object> data) {
        int dot = type.indexOf('.');
        return new Event(
                type, dot < 0 ? type : type.substring(0, dot), resourceId, new LinkedHashMap<>(data), null, null);
    }

    public Event occurredAt(Instant time) {
        return new Event(type, resourceType, resourceId, data, time, priority);
    }

    public Event priority(Priority urgency) {
        return new Event(type, resourceType, resourceId, data, occurredAt, urgency);
    }

    /** As the hub's API takes it. */
    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("event", type);
        json.put("resource_type", resourceType);
        json.put("resource_id", resourceId);
        json.put("data", data);
        if (occurredAt != null) {
            json.put("occurred_at", occurredAt.toString());
        }
        if (priority != null) {
            json.put("priority", priority.name().toLowerCase(java.util.Locale.ROOT));
        }
        return json;
    }

    /** Fields in the order given: names and values in turn. Amounts become texts, so that no digit is lost; null is left out. */
    static Map<String, @Nullable Object> data(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            if (value != null) {
                data.put(
                        String.valueOf(namesAndValues[i]),
                        value instanceof BigDecimal amount ? amount.toPlainString() : value);
            }
        }
        return data;
    }
}
