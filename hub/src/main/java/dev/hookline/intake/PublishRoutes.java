package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/tenant/webhooks/events} (decision 7): one event {@code {event, resource_type, resource_id, data,
 * occurred_at?, priority?}}, or up to 1,000 as {@code {"events":[…]}}; all are stored or none. With an {@code
 * Idempotency-Key} the same request is stored once. 202 with the ids, after the commit.
 */
public final class PublishRoutes implements Routes {
    private static final String SOURCE = "publish";
    private static final int EVENTS_MAX = 1_000;

    private final Appends appends;
    private final Time time;

    public PublishRoutes(Appends appends, Time time) {
        this.appends = appends;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, "/api/v1/tenant/webhooks/events", Limits.PUBLISH_BYTES_MAX, this::publish);
    }

    private Reply publish(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        String tenant = call.principal().tenant();
        List<EventData> events = new ArrayList<>();
        JsonNode many = body.get("events");
        if (many == null) {
            events.add(event(tenant, body, ""));
        } else {
            if (!(many instanceof ArrayNode array) || array.isEmpty() || array.size() > EVENTS_MAX) {
                throw Problem.field("events", "'events' must be a list of 1 to " + EVENTS_MAX + " events");
            }
            for (int i = 0; i < array.size(); i++) {
                String at = "events[" + i + "]";
                if (!(array.get(i) instanceof ObjectNode one)) {
                    throw Problem.field(at, "'" + at + "' must be an object");
                }
                events.add(event(tenant, one, at + "."));
            }
        }
        return answer(appends.append(new AppendRequest(events, IdempotencyKey.of(call.header("Idempotency-Key")))));
    }

    private EventData event(String tenant, ObjectNode body, String at) throws Problem {
        String type = text(body, at, "event");
        String resourceType = text(body, at, "resource_type");
        JsonNode id = body.get("resource_id");
        String key = id != null && id.isIntegralNumber() ? id.asText() : text(body, at, "resource_id");
        JsonNode data = body.get("data");
        if (!(data instanceof ObjectNode)) {
            throw Problem.field(at + "data", "'" + at + "data' is required, and must be an object");
        }
        String payload = Json.write(data);
        if (payload.length() > Limits.WEBHOOK_BYTES_MAX) {
            throw Problem.field(
                    at + "data", "'" + at + "data' has more than " + Limits.WEBHOOK_BYTES_MAX + " characters");
        }
        return new EventData(
                tenant,
                SOURCE,
                resourceType,
                number(key),
                key,
                Operation.MANUAL,
                type,
                priority(body, at),
                EventData.BUSINESS,
                occurredAt(body, at),
                null,
                payload,
                null);
    }

    private static String text(ObjectNode body, String at, String field) throws Problem {
        JsonNode value = body.get(field);
        if (value == null || value.isNull()) {
            throw Problem.field(at + field, "'" + at + field + "' is required");
        }
        if (!value.isTextual()
                || value.textValue().isBlank()
                || value.textValue().length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    at + field, "'" + at + field + "' must be a text of 1 to " + Limits.NAME_CHARS_MAX + " characters");
        }
        return value.textValue();
    }

    private static @Nullable Long number(String key) {
        try {
            return Long.valueOf(key);
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
        throw Problem.field(at + "priority", "'" + at + "priority' must be high, medium or low");
    }

    private Instant occurredAt(ObjectNode body, String at) throws Problem {
        JsonNode value = body.get("occurred_at");
        if (value == null || value.isNull()) {
            return time.now();
        }
        try {
            OffsetDateTime parsed = OffsetDateTime.parse(value.asText());
            if (parsed.getYear() >= 1 && parsed.getYear() <= 9999) {
                return parsed.toInstant();
            }
        } catch (DateTimeException e) {
            // Said below, together with a year that is out of range.
        }
        throw Problem.field(
                at + "occurred_at", "'" + at + "occurred_at' must be a time as 2024-02-14T15:30:45Z, with its zone");
    }

    private static Reply answer(AppendResult result) throws Problem {
        return switch (result) {
            case AppendResult.Appended(long first, int count) -> Reply.of(202, ids(first, count));
            case AppendResult.Duplicate(long first, int count) ->
                Reply.of(202, ids(first, count).put("duplicate", true));
            case AppendResult.Refused(String reason) -> throw Problem.of(422, "This cannot be stored: " + reason);
            case AppendResult.Unavailable(String reason) -> throw Problem.of(503, reason);
        };
    }

    private static ObjectNode ids(long first, int count) {
        ObjectNode answer = Json.object().put("success", true).put("count", count);
        ArrayNode ids = answer.putArray("ids");
        for (long id = first; id < first + count; id++) {
            ids.add(id);
        }
        return answer;
    }
}
