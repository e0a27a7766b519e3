package dev.hookline.devicesync;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.eventlog.Event;
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
import java.util.List;

/**
 * {@code /api/v2/sync}: {@code POST /pull} answers what is new to a device, {@code GET /state} how far it is, and {@code POST
 * /reset} sends it back to the log's beginning. A user syncs as itself; an administrator as anybody.
 */
public final class SmartSyncRoutes implements Routes {
    private static final String BASE = "/api/v2/sync";
    private static final int BODY_BYTES_MAX = 64 << 10;
    private static final int LIMIT_DEFAULT = 100;
    private static final int LIMIT_MAX = 500;

    private final Pulls pulls;
    private final PostgresDevices devices;
    private final RequestLimits limits;
    private final Time time;

    public SmartSyncRoutes(Pulls pulls, PostgresDevices devices, RequestLimits limits, Time time) {
        this.pulls = pulls;
        this.devices = devices;
        this.limits = limits;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.securedDeferred(
                HttpMethod.POST,
                BASE + "/pull",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.deferredPerMinute("sync/pull", 200, this::pull));
        api.secured(
                HttpMethod.GET,
                BASE + "/state",
                SyncInputs.DEVICES,
                0,
                limits.perMinute("sync/state", 100, this::state));
        api.secured(
                HttpMethod.POST,
                BASE + "/reset",
                SyncInputs.DEVICES,
                BODY_BYTES_MAX,
                limits.perHour("sync/reset", 10, this::reset));
        api.open(HttpMethod.GET, BASE + "/health", 0, _ -> Reply.ok(health()));
    }

    private void pull(Call call, Answer answer) throws Problem {
        Inputs body = Inputs.body(call);
        Device device = SyncInputs.device(call, body, 1);
        String appType = body.required("app_type", 1, SyncInputs.NAME_CHARS_MAX);
        List<String> filter = SyncInputs.models(body, "models_filter");
        int limit = (int) body.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX);
        Long token = body.number("sync_token", 0, Long.MAX_VALUE);
        PullRequest request = new PullRequest(
                new CursorKey(device, appType, filter), limit, token, body.flag("latest_only", false), true);
        pulls.answer(request, SmartSyncRoutes::json, answer);
    }

    private static ObjectNode json(Pulls.Pulled pulled) {
        List<Event> events = pulled.batch().events();
        ObjectNode answer = Json.object()
                .put("status", "success")
                .put("has_updates", !events.isEmpty())
                .put("new_events_count", events.size());
        ArrayNode list = answer.putArray("events");
        for (Event event : events) {
            list.addObject()
                    .put("id", event.position())
                    .put("model", event.data().model())
                    .put("record_id", pulled.recordNumbers().get(event.position()))
                    .put("event", event.data().operation().text())
                    .put("timestamp", event.data().occurredAt().toString())
                    .put("record_key", event.data().recordKey())
                    .put("event_type", event.data().eventType())
                    .put("priority", event.data().priority().text())
                    .putRawValue("payload", new RawValue(event.data().sentPayload()));
        }
        return answer.put("next_sync_token", Long.toString(pulled.nextToken()))
                .put("last_sync_time", pulled.lastSync().toString());
    }

    private Reply state(Call call) throws Problem {
        Device device = SyncInputs.device(call, Inputs.query(call), 1);
        pulls.settle(device);
        PostgresDevices.State state = devices.state(device).orElseThrow(SmartSyncRoutes::unknown);
        Instant synced = state.syncedAt();
        boolean active = SyncInputs.isActive(state, devices.activeFor(), time.now());
        return Reply.ok(Json.object()
                .put("user_id", device.userId())
                .put("device_id", device.deviceId())
                .put("last_event_id", state.lastEventId())
                .put("last_sync_time", (synced == null ? state.createdAt() : synced).toString())
                .put("sync_count", state.syncCount())
                .put("is_active", active));
    }

    private Reply reset(Call call) throws Problem {
        if (!devices.reset(SyncInputs.device(call, Inputs.query(call), 1))) {
            throw unknown();
        }
        return Reply.ok(Json.object().put("status", "success").put("message", "Sync state reset successfully"));
    }

    private static Problem unknown() {
        return Problem.of(404, "Sync state not found");
    }

    private static ObjectNode health() {
        ObjectNode health = Json.object()
                .put("status", "healthy")
                .put("service", "smart-sync")
                .put("version", "2.0.0");
        List.of("multi-user sync", "per-device tracking", "app-type filtering", "incremental sync")
                .forEach(health.putArray("features")::add);
        return health;
    }
}
