package dev.hookline.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code DELETE /api/v1/webhooks/cleanup?before=}, and the old server's {@code /api/v1/cleanup}: hides the tenant's events that were received then or earlier from every
 * view of the tenant, for good, and answers how many that were. For administrators. Deliveries of them go on, and their space
 * comes back with whole partitions, which hold the events of all tenants.
 */
public final class CleanupRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(CleanupRoutes.class);

    private final EventLog log;
    private final RequestLimits limits;
    private final Time time;

    public CleanupRoutes(EventLog log, RequestLimits limits, Time time) {
        this.log = log;
        this.limits = limits;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        Rule administrators = Rule.of(Role.ADMIN, Scope.ADMIN);
        api.secured(
                HttpMethod.DELETE,
                "/api/v1/webhooks/cleanup",
                administrators,
                0,
                limits.perHour("cleanup", 10, call -> {
                    long deleted = cleanup(call);
                    return Reply.ok(said(deleted).put("message", "Successfully deleted " + deleted + " events"));
                }));
        api.secured(
                HttpMethod.DELETE,
                "/api/v1/cleanup",
                administrators,
                0,
                limits.perHour("cleanup", 10, call -> Reply.ok(said(cleanup(call)))));
    }

    private static ObjectNode said(long deleted) {
        return Json.object().put("ok", true).put("deleted", deleted);
    }

    private long cleanup(Call call) throws Problem {
        Principal principal = call.principal();
        Instant before = call.time("before");
        if (before == null) {
            throw Problem.query("before", "'before' is required: events received then or earlier are deleted");
        }
        if (before.isAfter(time.now())) {
            throw Problem.query("before", "'before' must not lie in the future");
        }
        long upTo = log.firstSince(before.truncatedTo(ChronoUnit.MICROS).plus(1, ChronoUnit.MICROS)) - 1;
        long deleted = log.hide(principal.tenant(), upTo);
        LOG.info(
                "{} of tenant {} deleted {} events up to position {}, received by {}",
                principal.username(),
                principal.tenant(),
                deleted,
                upTo,
                before);
        call.audit(
                "events.delete",
                "events",
                null,
                Json.object().put("up_to", upTo).put("deleted", deleted));
        return deleted;
    }
}
