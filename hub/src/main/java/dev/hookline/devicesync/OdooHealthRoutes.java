package dev.hookline.devicesync;

import dev.hookline.eventlog.Committer;
import dev.hookline.http.Api;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;

/**
 * {@code GET /api/v1/odoo-sync/health}. What stands in for Odoo's queue is the log: it is connected while the database answers;
 * pending is what waits to be committed, and the last pull is that of any device from this node since its start. Answered 200
 * in any case, for its clients read {@code status}.
 */
public final class OdooHealthRoutes implements Routes {
    private final PostgresDevices devices;
    private final Committer committer;
    private final Pulls pulls;
    private final Time time;
    private final String version;

    public OdooHealthRoutes(PostgresDevices devices, Committer committer, Pulls pulls, Time time, String version) {
        this.devices = devices;
        this.committer = committer;
        this.pulls = pulls;
        this.time = time;
        this.version = version;
    }

    @Override
    public void mount(Api api) {
        api.open(HttpMethod.GET, OdooSyncRoutes.BASE + "/health", 0, _ -> health());
    }

    private Reply health() {
        boolean answers = devices.answer();
        return Reply.ok(Json.object()
                .put("status", answers ? "healthy" : "unhealthy")
                .put("odoo_connected", answers)
                .put("pending_events", committer.queuedEvents())
                .put("last_pull_time", pulls.lastBegan().map(Instant::toString).orElse(null))
                .put("version", version)
                .put("timestamp", time.now().toString()));
    }
}
