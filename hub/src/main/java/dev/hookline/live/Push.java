package dev.hookline.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.kernel.Json;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One way to tell a WebSocket client of an event. Each message has {@code id} (the position), {@code event} (the operation),
 * {@code event_type} and {@code record_id}, which is a number whatever the record's key is: beside {@code type}, or in the object {@code event} where the message has one.
 */
sealed interface Push {
    String LIVE_TRACKING = "live_tracking";
    String CRITICAL_EVENTS = "critical_events";
    String URGENT_UPDATES = "urgent_updates";
    String SYNC_EVENTS = "sync_events";

    /** Those that something is heard on, beside {@code model:…}. */
    Set<String> CHANNELS = Set.of(
            LIVE_TRACKING,
            CRITICAL_EVENTS,
            URGENT_UPDATES,
            SYNC_EVENTS,
            Notification.SYSTEM_STATUS,
            Notification.OPERATIONS);

    /**
     * The message.
     *
     * @param recordNumber of the event's record, 0 where there is none
     */
    ObjectNode json(Event event, long recordNumber);

    /** Tells this push from others of the same event; null when there may be too many of the kind to keep them rendered. */
    default @Nullable String kind() {
        return toString();
    }

    /** {@code webhook_event}, of any priority. */
    record OfModel(String channel) implements Push {
        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object().put("type", "webhook_event").put("channel", channel);
            identity(json, event, recordNumber)
                    .put("priority", event.data().priority().text());
            return payload(json, event).put("timestamp", timestamp(event));
        }
    }

    /** {@code model_update}, for those who follow single records. */
    record OfRecord(String system) implements Push {
        @Override
        public @Nullable String kind() {
            return null;
        }

        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object().put("type", "model_update").put("system_id", system);
            identity(json, event, recordNumber)
                    .put("operation", event.data().operation().text());
            return payload(json, event).put("timestamp", timestamp(event));
        }
    }

    /** {@code critical_event}. */
    record Critical() implements Push {
        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object()
                    .put("type", "critical_event")
                    .put("channel", CRITICAL_EVENTS)
                    .put("priority", event.data().priority().text());
            json.set("event", inner(event, recordNumber));
            return json;
        }
    }

    /** {@code urgent_update}. */
    record Urgent() implements Push {
        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object().put("type", "urgent_update").put("channel", URGENT_UPDATES);
            json.set("event", inner(event, recordNumber));
            return json;
        }
    }

    /** {@code sync_event}: there is something to pull. Carries no payload. */
    record Sync(@Nullable String appType) implements Push {
        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object().put("type", "sync_event").put("channel", SYNC_EVENTS);
            identity(json.putObject("event"), event, recordNumber)
                    .put("app_type", appType)
                    .put("timestamp", timestamp(event));
            return json.put("action", "trigger_sync");
        }
    }

    /** {@code notification}, of events that are about no business. */
    record Notification(String channel) implements Push {
        static final String SYSTEM_STATUS = "system_status";
        static final String OPERATIONS = "operations";

        /** Where events of a category are told as notifications; null for those that are not. */
        static @Nullable String channelOf(String category) {
            return switch (category) {
                case "system" -> SYSTEM_STATUS;
                case "notification" -> OPERATIONS;
                default -> null;
            };
        }

        @Override
        public ObjectNode json(Event event, long recordNumber) {
            ObjectNode json = Json.object().put("type", "notification").put("channel", channel);
            json.set("data", inner(event, recordNumber));
            return json;
        }
    }

    private static ObjectNode inner(Event event, long recordNumber) {
        ObjectNode json = identity(Json.object(), event, recordNumber);
        return payload(json, event).put("timestamp", timestamp(event));
    }

    private static ObjectNode identity(ObjectNode json, Event event, long recordNumber) {
        EventData data = event.data();
        return json.put("id", event.position())
                .put("event", data.operation().text())
                .put("event_type", data.eventType())
                .put("model", data.model())
                .put("record_id", recordNumber)
                .put("record_key", data.recordKey());
    }

    /** The payload is JSON already. */
    private static ObjectNode payload(ObjectNode json, Event event) {
        return json.putRawValue("data", new RawValue(event.data().payload()));
    }

    private static String timestamp(Event event) {
        return event.data().occurredAt().toString();
    }
}
