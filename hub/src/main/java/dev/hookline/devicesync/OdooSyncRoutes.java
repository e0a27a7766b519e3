package dev.hookline.devicesync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tail;
import dev.hookline.eventlog.TxException;
import dev.hookline.http.Answer;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Inputs;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/v1/odoo-sync}: the API that stood before Odoo's module, over the log. {@code pull} reads from the position that
 * the caller gives, and says {@code success: false} where the log cannot be read; {@code smart-pull} from the device's cursor.
 * {@code ack} says how many of the events there are, and changes nothing: what one device has read is never hidden from another.
 */
public final class OdooSyncRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(OdooSyncRoutes.class);
    static final String BASE = "/api/v1/odoo-sync";
    private static final int BODY_BYTES_MAX = 64 << 10;
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 1_000;
    private static final int ACKNOWLEDGED_MAX = 1_000;
    private static final int DEVICE_CHARS_MIN = 3;
    private static final int VERSION_CHARS_MAX = 50;
    private static final int INFO_CHARS_MAX = 10_000;
    private static final List<String> PRIORITIES = List.of("high", "medium", "low");

    private final Pulls pulls;
    private final PostgresDevices devices;
    private final EventLog log;
    private final Tail tail;
    private final RecordNumbers numbers;
    private final RequestLimits limits;
    private final Time time;

    public OdooSyncRoutes(
            Pulls pulls,
            PostgresDevices devices,
            EventLog log,
            Tail tail,
            RecordNumbers numbers,
            RequestLimits limits,
            Time time) {
        this.pulls = pulls;
        this.devices = devices;
        this.log = log;
        this.tail = tail;
        this.numbers = numbers;
        this.limits = limits;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(
                HttpMethod.POST,
                BASE + "/pull",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.perMinute("odoo-sync/pull", 60, call -> pull(call, Inputs.body(call))));
        api.secured(
                HttpMethod.GET,
                BASE + "/pull",
                SyncInputs.DEVICES,
                0,
                limits.perMinute("odoo-sync/pull", 60, call -> pull(call, Inputs.query(call))));
        api.secured(
                HttpMethod.POST,
                BASE + "/ack",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.perMinute("odoo-sync/ack", 60, this::ack));
        api.secured(
                HttpMethod.POST,
                BASE + "/sync-state",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.perMinute("odoo-sync/sync-state", 30, this::register));
        api.secured(
                HttpMethod.POST,
                BASE + "/sync-state/update",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.perMinute("odoo-sync/sync-state/update", 60, this::update));
        api.secured(
                HttpMethod.GET,
                BASE + "/sync-state/stats",
                SyncInputs.DEVICES,
                0,
                limits.perMinute("odoo-sync/sync-state/stats", 30, this::statistics));
        api.securedDeferred(
                HttpMethod.POST,
                BASE + "/smart-pull",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.deferredPerMinute("odoo-sync/smart-pull", 30, this::smartPull));
    }

    private Reply pull(Call call, Inputs inputs) throws Problem {
        long after = inputs.number("last_event_id", 0, 0, Long.MAX_VALUE);
        int limit = (int) inputs.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        String priority = inputs.oneOf("priority", PRIORITIES);
        String appType = inputs.oneOf("app_type", AppTypes.OF_ODOO);
        if (inputs.value("user_id") != null) {
            SyncInputs.user(call, inputs);
        }
        inputs.text("device_id", 0, SyncInputs.NAME_CHARS_MAX);
        AppTypes.Models models =
                AppTypes.models(appType == null ? AppTypes.OTHER : appType, SyncInputs.models(inputs, "models"));
        pulls.began(appType == null ? AppTypes.OTHER : appType);
        try {
            return Reply.ok(pull(call.principal().tenant(), models, priority, after, limit));
        } catch (TxException e) {
            LOG.warn("A pull from position {} fails: {}", after, e.getMessage());
            return Reply.ok(pulled(Json.object().put("success", false), Map.of(), List.of(), after, false));
        }
    }

    private ObjectNode pull(String tenant, AppTypes.Models models, @Nullable String priority, long after, int limit) {
        Batch batch = new LogReading(tail).readOfPriority(tenant, models, priority, after, limit);
        List<Event> events = batch.events();
        return pulled(
                Json.object().put("success", true),
                numbers.of(tenant, events),
                events,
                priority == null ? batch.lastEventId(after) : batch.upTo(),
                batch.more());
    }

    private ObjectNode pulled(
            ObjectNode answer, Map<Long, Long> recordNumbers, List<Event> events, long last, boolean more) {
        addEvents(answer, events, recordNumbers);
        return answer.put("last_id", last)
                .put("has_more", more)
                .put("count", events.size())
                .put("timestamp", time.now().toString());
    }

    private static void addEvents(ObjectNode answer, List<Event> events, Map<Long, Long> recordNumbers) {
        ArrayNode list = answer.putArray("events");
        for (Event event : events) {
            JsonNode payload = Json.read(event.data().sentPayload());
            ObjectNode one = list.addObject()
                    .put("id", event.position())
                    .put("model", event.data().model())
                    .put("record_id", recordNumbers.get(event.position()))
                    .put("event", event.data().operation().text())
                    .put("timestamp", event.data().occurredAt().toString());
            one.set("payload", payload);
            one.put("priority", event.data().priority().text())
                    .put("category", event.data().category())
                    .put("record_key", event.data().recordKey());
            one.set("user_id", integer(payload.get("_user_id")));
            one.set("user_name", text(payload.get("_user_name")));
        }
    }

    private static @Nullable JsonNode integer(@Nullable JsonNode value) {
        return value != null && value.isIntegralNumber() ? value : null;
    }

    private static @Nullable JsonNode text(@Nullable JsonNode value) {
        return value != null && value.isTextual() ? value : null;
    }

    private Reply ack(Call call) throws Problem {
        List<Long> ids = Inputs.body(call).numbers("event_ids", 1, ACKNOWLEDGED_MAX);
        String tenant = call.principal().tenant();
        long known = 0;
        List<Long> left = new HashSet<>(ids).stream().sorted().toList();
        while (!left.isEmpty()) {
            List<Event> found = log.find(new HashSet<>(left));
            if (found.isEmpty()) {
                break;
            }
            known += found.stream()
                    .filter(event -> event.tenant().equals(tenant) && event.position() > log.hiddenUpTo(tenant))
                    .count();
            long last = found.getLast().position();
            left = left.stream().filter(id -> id > last).toList();
        }
        return Reply.ok(Json.object()
                .put("success", true)
                .put("processed_count", known)
                .put("message", known + " event(s) marked as processed")
                .put("timestamp", time.now().toString()));
    }

    private Reply register(Call call) throws Problem {
        Inputs body = Inputs.body(call);
        Device device = SyncInputs.device(call, body, DEVICE_CHARS_MIN);
        String appType = body.oneOf("app_type", AppTypes.OF_ODOO);
        JsonNode info = body.value("device_info");
        String written = info == null ? null : Json.write(info);
        if (written != null && written.length() > INFO_CHARS_MAX) {
            throw Problem.field("device_info", "'device_info' must have " + INFO_CHARS_MAX + " characters at most");
        }
        String appVersion = body.text("app_version", 0, VERSION_CHARS_MAX);
        String app = appType == null ? AppTypes.MOBILE : appType;
        pulls.settle(device);
        devices.register(device, new PostgresDevices.Registration(app, written, appVersion));
        return Reply.ok(syncState(device, app).orElseThrow(OdooSyncRoutes::unknown));
    }

    private Reply update(Call call) throws Problem {
        Inputs body = Inputs.body(call);
        Device device = SyncInputs.device(call, body, DEVICE_CHARS_MIN);
        long last = body.required("last_event_id", 0, Long.MAX_VALUE);
        long given = body.number("events_synced", 0, 0, Integer.MAX_VALUE);
        pulls.settle(device);
        String app = devices.state(device).orElseThrow(OdooSyncRoutes::unknown).appType();
        tail.catchUpTo(last);
        if (last > tail.head()) {
            throw Problem.field("last_event_id", "'last_event_id' is beyond the log, which ends at " + tail.head());
        }
        Cursor cursor = devices.open(new CursorKey(device, app, List.of()));
        devices.acknowledge(
                List.of(new Acknowledgement(cursor.id(), cursor.epoch(), last, last, 1, given, time.now())));
        return Reply.ok(syncState(device, app).orElseThrow(OdooSyncRoutes::unknown));
    }

    private Optional<ObjectNode> syncState(Device device, String appType) {
        return devices.state(device, appType).map(state -> {
            ObjectNode answer = Json.object().put("success", true);
            answer.set("sync_state", json(device, state));
            return answer.put("timestamp", time.now().toString());
        });
    }

    private ObjectNode json(Device device, PostgresDevices.State state) {
        Instant synced = state.syncedAt();
        ObjectNode json = Json.object()
                .put("id", state.id())
                .put("user_id", device.userId())
                .put("device_id", device.deviceId())
                .put("app_type", state.appType())
                .put("last_event_id", state.lastEventId())
                .put("last_sync_time", synced == null ? null : synced.toString())
                .put("sync_count", state.syncCount())
                .put("total_events_synced", state.eventsSynced())
                .put("is_active", SyncInputs.isActive(state, devices.activeFor(), time.now()));
        json.set("device_info", state.deviceInfo() == null ? null : Json.read(state.deviceInfo()));
        return json.put("app_version", state.appVersion());
    }

    private static Problem unknown() {
        return Problem.of(404, "Sync state not found");
    }

    private Reply statistics(Call call) throws Problem {
        Inputs query = Inputs.query(call);
        long user = SyncInputs.user(call, query);
        PostgresDevices.Statistics all = devices.statistics(
                call.principal().tenant(),
                user,
                query.text("device_id", DEVICE_CHARS_MIN, SyncInputs.NAME_CHARS_MAX),
                query.oneOf("app_type", AppTypes.OF_ODOO));
        ObjectNode answer = Json.object().put("success", true);
        Instant last = all.lastSync();
        answer.putObject("stats")
                .put("total_devices", all.devices())
                .put("active_devices", all.active())
                .put("total_syncs", all.syncs())
                .put("total_events_synced", all.events())
                .put("last_sync_time", last == null ? null : last.toString());
        return Reply.ok(answer.put("timestamp", time.now().toString()));
    }

    private void smartPull(Call call, Answer answer) throws Problem {
        Inputs query = Inputs.query(call);
        Device device = SyncInputs.device(call, query, DEVICE_CHARS_MIN);
        String asked = query.oneOf("app_type", AppTypes.OF_ODOO);
        String appType = asked == null ? AppTypes.MOBILE : asked;
        int limit = (int) query.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        boolean acknowledging = query.flag("auto_ack", true);
        PullRequest request =
                new PullRequest(new CursorKey(device, appType, List.of()), limit, null, false, acknowledging);
        pulls.answer(request, pulled -> smartPulled(device, appType, pulled), answer);
    }

    private ObjectNode smartPulled(Device device, String appType, Pulls.Pulled pulled) {
        List<Event> events = pulled.batch().events();
        ObjectNode answer = Json.object().put("success", true);
        addEvents(answer, events, pulled.recordNumbers());
        answer.put("count", events.size())
                .put("has_more", pulls.hasMore(pulled))
                .put("last_id", pulled.nextToken());
        answer.set(
                "sync_state",
                devices.state(device, appType)
                        .map(state -> json(device, state.and(pulled.acknowledgement(true))))
                        .orElse(null));
        return answer;
    }
}
