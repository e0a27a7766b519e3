package dev.hookline.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.delivery.PostgresEventDeliveries.State;
import dev.hookline.delivery.PostgresEventDeliveries.Told;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An event with every key of seed 001's list; what is not known of its deliveries is null. */
final class EventView {
    private static final int RETRIES_MAX = 5;

    private EventView() {}

    static ObjectNode page(List<Event> events, Map<Long, Long> recordNumbers, Map<Long, Told> told) {
        ObjectNode answer = Json.object().put("status", "success").put("count", events.size());
        ArrayNode data = answer.putArray("data");
        for (Event event : events) {
            data.add(json(
                    event, Objects.requireNonNull(recordNumbers.get(event.position())), told.get(event.position())));
        }
        return answer;
    }

    private static ObjectNode json(Event event, long recordNumber, @Nullable Told told) {
        EventData data = event.data();
        ObjectNode json = Json.object()
                .put("id", event.position())
                .put("model", data.model())
                .put("record_id", recordNumber)
                .put("event", data.operation().text())
                .put("occurred_at", data.occurredAt().toString())
                .put("priority", data.priority().text())
                .put("category", data.category())
                .put("status", (told == null ? State.SENT : told.state()).text())
                .put("retry_count", told == null ? 0 : told.retries())
                .put("max_retries", told == null ? RETRIES_MAX : told.retriesMax())
                .put("next_retry_at", told == null ? null : text(told.nextRetryAt()));
        String error = told == null ? null : told.error();
        Integer code = told == null ? null : told.code();
        json.put("error_message", error)
                .put("error_type", error == null ? null : code == null ? "connection_error" : "http_error")
                .put("error_code", error == null ? null : code);
        json.set("changed_fields", changedFields(data));
        json.putRawValue("payload", new RawValue(data.sentPayload()))
                .put("subscriber_id", told == null ? null : (Long) told.subscription())
                .putNull("template_id")
                .putNull("config_id")
                .put("sent_at", told == null || told.state() != State.SENT ? null : text(told.settledAt()))
                .put("response_code", code)
                .put(
                        "processing_time",
                        told == null ? null : (Double) (told.took().toNanos() / 1e6));
        return json.put("is_archived", false)
                .put("record_key", data.recordKey())
                .put("event_type", data.eventType())
                .put("received_at", event.receivedAt().toString());
    }

    private static @Nullable JsonNode changedFields(EventData data) {
        List<String> fields = data.changedFields();
        return fields == null ? null : Json.read(Json.write(fields));
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
