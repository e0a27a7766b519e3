package dev.hookline.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.intake.calls.CallLog;
import dev.hookline.intake.calls.CallRecord;
import dev.hookline.intake.calls.PostgresCalls;
import dev.hookline.intake.calls.StoredCall;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/calls}: the log of calls, the newest first, and one of them run again. A replay gives the stored body to
 * the source's mapping of now; two replays of one call store it once.
 */
public final class CallRoutes implements Routes {
    private static final Rule READ = Rule.of(Role.MEMBER, Scope.CALLS_READ);
    private static final Rule WRITE = Rule.of(Role.MEMBER, Scope.CALLS_WRITE);
    private static final String CALLS = "/api/v1/calls";
    private static final int BODY_BYTES_MAX = 1 << 10;
    private static final int PAGE_MAX = 500;
    private static final Pattern STATUS = Pattern.compile("[1-5]\\d\\d");
    private static final Set<Integer> UNPROVED = Set.of(401, 403, 429);

    private final PostgresCalls store;
    private final CallLog log;
    private final Sources sources;
    private final EventLog events;
    private final Appends appends;
    private final Time time;

    public CallRoutes(PostgresCalls store, CallLog log, Sources sources, EventLog events, Appends appends, Time time) {
        this.store = store;
        this.log = log;
        this.sources = sources;
        this.events = events;
        this.appends = appends;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, CALLS, READ, 0, this::list);
        api.secured(HttpMethod.GET, CALLS + "/:id", READ, 0, this::show);
        api.secured(HttpMethod.POST, CALLS + "/:id/replay", WRITE, BODY_BYTES_MAX, this::replay);
    }

    private Reply list(Call call) throws Problem {
        int limit = call.query("limit", 50, 1, PAGE_MAX);
        String before = call.query("before");
        String status = call.query("status");
        int min = 0;
        int max = Integer.MAX_VALUE;
        if (status != null) {
            if (!status.equals("accepted")
                    && !status.equals("refused")
                    && !STATUS.matcher(status).matches()) {
                throw Problem.field("status", "'status' must be accepted, refused, or a status such as 401");
            }
            min = status.equals("accepted") ? 0 : status.equals("refused") ? 400 : Integer.parseInt(status);
            max = status.equals("accepted") ? 399 : status.equals("refused") ? max : min;
        }
        List<StoredCall> page = store.list(
                call.principal().tenant(),
                call.query("source"),
                min,
                max,
                before == null ? Long.MAX_VALUE : number(before),
                limit);
        ObjectNode answer = Json.object().put("count", page.size());
        ArrayNode data = answer.putArray("data");
        page.forEach(one -> data.add(json(one)));
        answer.put("next", page.size() == limit ? Long.toString(page.getLast().id()) : null);
        return Reply.ok(answer);
    }

    private static long number(String before) throws Problem {
        try {
            return Long.parseLong(before);
        } catch (NumberFormatException e) {
            throw Problem.field("before", "'before' is not an id");
        }
    }

    private Reply show(Call call) throws Problem {
        StoredCall one = find(call);
        ObjectNode json = json(one);
        json.set("headers", one.headers());
        return Reply.ok(json.put("body", body(call.principal().tenant(), one))
                .put("body_base64", one.bodyBase64())
                .put("body_cut", one.bodyCut())
                .put("body_masked", one.bodyMasked()));
    }

    private StoredCall find(Call call) throws Problem {
        Problem noSuch = Problem.of(404, "There is no call with this id");
        try {
            return store.find(call.principal().tenant(), Long.parseLong(call.path("id")))
                    .orElseThrow(() -> noSuch);
        } catch (NumberFormatException e) {
            throw noSuch;
        }
    }

    /** The body, from the event where it is the event's payload; null when neither is kept. */
    private @Nullable String body(String tenant, StoredCall call) {
        Long position = call.position();
        if (call.body() != null || position == null) {
            return call.body();
        }
        return events.find(Set.of(position)).stream()
                .filter(event -> event.tenant().equals(tenant))
                .map(Event::data)
                .map(EventData::sentPayload)
                .findFirst()
                .orElse(null);
    }

    private static ObjectNode json(StoredCall call) {
        return Json.object()
                .put("id", call.id())
                .put("at", call.at().toString())
                .put("source", call.source())
                .put("request_id", call.requestId())
                .put("method", call.method())
                .put("path", call.path())
                .put("status", call.status())
                .put("reason", call.reason())
                .put("duration_us", call.durationMicros())
                .put("size_bytes", call.sizeBytes())
                .put("address", call.address())
                .put("event_id", call.position())
                .put("events", call.events())
                .put("duplicate", call.duplicate())
                .put("replay_of", call.replayOf());
    }

    private Reply replay(Call call) throws Problem {
        long from = time.nanos();
        ObjectNode options = call.body().length() == 0 ? Json.object() : call.jsonObject();
        StoredCall stored = find(call);
        if (unproved(stored) && !options.path("unproved").asBoolean()) {
            throw Problem.of(
                    409,
                    "This call was refused with %d: nobody has proved who sent it. Send {\"unproved\": true} to store it all the same"
                            .formatted(stored.status()));
        }
        String tenant = call.principal().tenant();
        LiveSource source = sources.named(tenant, stored.source());
        if (source == null) {
            throw Problem.of(409, "The source '" + stored.source() + "' is gone, or cannot be used");
        }
        TriedCall again = again(tenant, stored, options.path("masked").asBoolean());
        Instant now = time.now();
        JsonNode body = InboundBody.parse(again);
        BodyMapping.Events mapped = source.mapping().map(body, again, now);
        if (mapped.data().isEmpty()) {
            throw Problem.of(422, "The mapping takes this body for a test; there is nothing to store");
        }
        String once = "\u0001call:" + stored.id();
        List<AppendRequest> requests = stored.position() == null
                ? source.requests(again, body, mapped, unproved(stored) ? null : source.signedId(again), once)
                : List.of(new AppendRequest(mapped.data(), once));
        ObjectNode answer = answer(stored, appends.append(requests));
        answer.put("event_type", mapped.data().getFirst().eventType());
        // Rules may have given it another one.
        events.find(Set.of(answer.path("event_id").asLong()))
                .forEach(event -> answer.put("event_type", event.data().eventType()));
        call.audit("call.replay", "call/" + stored.id(), null, answer);
        record(call, stored, again, answer, now, time.nanos() - from);
        return Reply.ok(answer);
    }

    private static boolean unproved(StoredCall call) {
        return UNPROVED.contains(call.status());
    }

    private TriedCall again(String tenant, StoredCall stored, boolean masked) throws Problem {
        String text = body(tenant, stored);
        if (text == null) {
            throw Problem.of(409, "The body of this call is not kept any more");
        }
        if (stored.bodyCut()) {
            throw Problem.of(409, "The log has this call's body only in part; have it sent again");
        }
        if (stored.bodyMasked() && !masked) {
            throw Problem.of(
                    409,
                    "The log has this call's body without its secrets. Have it sent again, or send {\"masked\": true} to store it with *** in their places");
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        stored.headers()
                .properties()
                .forEach(
                        header -> headers.put(header.getKey(), header.getValue().asText()));
        Map<String, String> query = new HashMap<>();
        new QueryStringDecoder(stored.path(), UTF_8)
                .parameters()
                .forEach((name, values) -> query.put(name, values.getFirst()));
        byte[] body = stored.bodyBase64() ? Base64.getDecoder().decode(text) : text.getBytes(UTF_8);
        return new TriedCall(body, headers, query, null);
    }

    private static ObjectNode answer(StoredCall call, AllAppends.Total total) throws Problem {
        ObjectNode answer = Json.object().put("success", true).put("replay_of", call.id());
        return switch (total.result()) {
            case AppendResult.Appended(long first, int count) ->
                answer.put("event_id", first)
                        .put("count", count)
                        .put("duplicate", false)
                        .put("duplicates", total.repeated());
            case AppendResult.Duplicate(long first, int count) ->
                answer.put("event_id", first)
                        .put("count", count)
                        .put("duplicate", true)
                        .put("duplicates", count);
            case AppendResult.Refused(String reason) -> throw Problem.of(422, "This cannot be stored: " + reason);
            case AppendResult.Unavailable(String reason) -> throw Problem.of(503, reason);
        };
    }

    private void record(Call call, StoredCall stored, TriedCall again, ObjectNode answer, Instant now, long nanos) {
        if (log.hasRoom(false)) {
            log.offer(new CallRecord(
                    now,
                    call.principal().tenant(),
                    stored.source(),
                    Optional.ofNullable(call.header("X-Request-ID")).orElse(stored.requestId()),
                    "REPLAY",
                    stored.path(),
                    200,
                    null,
                    nanos,
                    stored.sizeBytes(),
                    stored.address(),
                    Map.<String, String>of().entrySet(),
                    CallRecord.Body.of(again.body()),
                    Set.of(),
                    answer.path("event_id").asLong(),
                    answer.path("count").asInt(),
                    answer.path("duplicate").asBoolean(),
                    stored.id()));
        }
    }
}
