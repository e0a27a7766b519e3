package dev.hookline.events;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.PostgresEventDeliveries;
import dev.hookline.delivery.PostgresEventDeliveries.State;
import dev.hookline.delivery.PostgresEventDeliveries.Told;
import dev.hookline.delivery.PostgresEventDeliveries.Undelivered;
import dev.hookline.delivery.history.PostgresDeliveryActions;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Inputs;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Set;

/**
 * {@code POST /api/v1/webhooks/retry} and {@code …/retry/bulk}: what is undelivered of an event is tried at once, dead letters
 * too, with or without {@code force}; what was delivered is never sent again.
 */
public final class RetryRoutes implements Routes {
    private static final Rule SENDERS = Rule.of(Role.MEMBER, Scope.SUBSCRIPTIONS_WRITE);
    private static final int BODY_BYTES_MAX = 64 << 10;
    private static final int AT_ONCE_MAX = 100;

    private final EventLog log;
    private final PostgresEventDeliveries deliveries;
    private final PostgresDeliveryActions actions;
    private final Runnable lookNow;
    private final RequestLimits limits;

    /**
     * Of one log.
     *
     * @param lookNow has the deliveries that are due claimed without delay
     */
    public RetryRoutes(
            EventLog log,
            PostgresEventDeliveries deliveries,
            PostgresDeliveryActions actions,
            Runnable lookNow,
            RequestLimits limits) {
        this.log = log;
        this.deliveries = deliveries;
        this.actions = actions;
        this.lookNow = lookNow;
        this.limits = limits;
    }

    @Override
    public void mount(Api api) {
        api.secured(
                HttpMethod.POST,
                "/api/v1/webhooks/retry",
                SENDERS,
                BODY_BYTES_MAX,
                limits.perMinute("retry", 50, this::retryOne));
        api.secured(
                HttpMethod.POST,
                "/api/v1/webhooks/retry/bulk",
                SENDERS,
                BODY_BYTES_MAX,
                limits.perMinute("retry/bulk", 10, this::retryMany));
    }

    private Reply retryOne(Call call) throws Problem {
        Inputs body = Inputs.body(call);
        long id = body.required("event_id", Long.MIN_VALUE, Long.MAX_VALUE);
        body.flag("force", false);
        String tenant = call.principal().tenant();
        if (!exists(tenant, id)) {
            throw Problem.of(404, "There is no event " + id);
        }
        return Reply.ok(retry(call, id));
    }

    private Reply retryMany(Call call) throws Problem {
        Inputs body = Inputs.body(call);
        List<Long> ids = body.numbers("event_ids", 0, Integer.MAX_VALUE);
        if (body.value("event_ids") == null) {
            throw Problem.field("event_ids", "'event_ids' is required");
        }
        if (ids.size() > AT_ONCE_MAX) {
            throw Problem.of(400, "Maximum " + AT_ONCE_MAX + " events can be retried at once");
        }
        body.flag("force", false);
        String tenant = call.principal().tenant();
        ArrayNode answers = Json.object().putArray("answers");
        for (long id : ids) {
            answers.add(exists(tenant, id) ? retry(call, id) : answer(id, false, "There is no event " + id, "unknown"));
        }
        return Reply.ok(answers);
    }

    private boolean exists(String tenant, long id) {
        List<Event> found = log.find(Set.of(id));
        return !found.isEmpty() && found.getFirst().tenant().equals(tenant) && id > log.hiddenUpTo(tenant);
    }

    private ObjectNode retry(Call call, long id) {
        String tenant = call.principal().tenant();
        Undelivered undelivered = deliveries.undelivered(tenant, id);
        int again = undelivered.open().isEmpty()
                ? 0
                : actions.retry(tenant, undelivered.open()).size();
        int underWay = undelivered.open().size() - again;
        if (again > 0) {
            call.audit("event.retry", "event/" + id, null, Json.object().put("deliveries", again));
            lookNow.run();
        }
        Told told = deliveries.of(tenant, List.of(id)).get(id);
        String status = (told == null ? State.SENT : told.state()).text();
        if (again > 0) {
            return answer(id, true, "Event queued for retry: " + again + " deliveries", status);
        }
        if (underWay > 0) {
            return answer(id, true, "Nothing to retry: " + underWay + " deliveries are under way", status);
        }
        return answer(
                id,
                false,
                undelivered.settled() > 0
                        ? "Nothing to retry: every delivery of the event has succeeded"
                        : "Nothing to retry: the event has no deliveries",
                status);
    }

    private static ObjectNode answer(long id, boolean success, String message, String status) {
        return Json.object()
                .put("success", success)
                .put("event_id", id)
                .put("message", message)
                .put("new_status", status);
    }
}
