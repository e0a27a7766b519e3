package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.http.Problem;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /api/webhook/booking} and {@code /api/webhook/inventory} (seed 000): signed, flat JSON with {@code event_type}.
 * Answered 200 when the event is on disk; 401 for a wrong or missing signature while a secret is set; 400 for no JSON; 422
 * for a wrong field or event type; 413 over 1 MiB; 503 with {@code Retry-After} when it could not be stored.
 */
public final class RentalSiteRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(RentalSiteRoutes.class);
    private static final int LOG_LINES_PER_SECOND = 20;
    private static final String TEST = "test";
    private static final String TEST_RECEIVED = "{\"success\":true,\"message\":\"Test received; nothing was stored\"}";

    private final String tenant;
    private final @Nullable HmacSignature signature;
    private final Committer committer;
    private final IntakeMetrics metrics;
    private final Time time;
    private final LogSampler received;
    private final LogSampler refused;

    /**
     * The receivers of one tenant.
     *
     * @param secret of {@code ODOO_WEBHOOK_SECRET}; null accepts unsigned webhooks
     */
    public RentalSiteRoutes(
            String tenant, @Nullable String secret, Committer committer, IntakeMetrics metrics, Time time) {
        this.tenant = tenant;
        this.signature = secret == null ? null : new HmacSignature(secret);
        this.committer = committer;
        this.metrics = metrics;
        this.time = time;
        this.received = new LogSampler(time, LOG_LINES_PER_SECOND);
        this.refused = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    @Override
    public void mount(Api api) {
        for (RentalSiteEvent.Model model : RentalSiteEvent.Model.values()) {
            api.openAsync(
                    HttpMethod.POST, model.path, Limits.WEBHOOK_BYTES_MAX, context -> receive(api, context, model));
        }
    }

    private void receive(Api api, RoutingContext context, RentalSiteEvent.Model model) {
        long from = time.nanos();
        String name = model == RentalSiteEvent.Model.BOOKING ? "booking" : "inventory";
        int skipped = received.skippedOrSilent();
        if (skipped > 0) {
            LOG.info("Received {} webhook ({} more since the last such line)", name, skipped);
        } else if (skipped == 0) {
            LOG.info("Received {} webhook", name);
        }
        try {
            ObjectNode body = verified(context);
            String type = eventType(body);
            if (type.equals(TEST)) {
                answer(context, TEST_RECEIVED);
                return;
            }
            RentalSiteEvent event = RentalSiteEvent.of(type);
            if (event == null || event.model != model) {
                String hint = event == null ? "" : "; send it to " + event.model.path;
                throw Problem.field(
                        "event_type",
                        "'event_type' is '%s'; here it must be one of %s%s".formatted(type, model.eventTypes(), hint));
            }
            EventData data = RentalSiteMapping.map(tenant, event, body, time.now());
            AppendRequest request = new AppendRequest(List.of(data), deduplicationKey(context));
            committer.submit(request, api.home(), result -> {
                metrics.processed(model.text, time.nanos() - from);
                appended(context, data, result);
            });
        } catch (Problem problem) {
            refuse(context, problem);
        }
    }

    private ObjectNode verified(RoutingContext context) throws Problem {
        byte[] body = Api.body(context);
        var headers = context.request().headers();
        if (signature != null
                && !signature.verifies(body, headers.get("X-Webhook-Signature"), headers.get("X-Signature"))) {
            throw Problem.of(401, "Invalid signature");
        }
        try {
            return Json.parseObject(body);
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }

    private static String eventType(ObjectNode body) throws Problem {
        JsonNode type = body.get("event_type");
        if (type == null || type.isNull()) {
            throw Problem.field("event_type", "'event_type' is required");
        }
        if (!type.isTextual() || type.textValue().length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    "event_type", "'event_type' must be a text of at most " + Limits.NAME_CHARS_MAX + " characters");
        }
        return type.textValue();
    }

    private static @Nullable String deduplicationKey(RoutingContext context) throws Problem {
        var headers = context.request().headers();
        String id = headers.get("webhook-id");
        return IdempotencyKey.of(id == null ? headers.get("Idempotency-Key") : id);
    }

    private void appended(RoutingContext context, EventData data, AppendResult result) {
        switch (result) {
            case AppendResult.Appended(long position, int _) -> {
                metrics.received(data);
                answer(context, stored(position, data, ""));
            }
            case AppendResult.Duplicate(long position, int _) ->
                answer(context, stored(position, data, ",\"duplicate\":true"));
            case AppendResult.Refused(String reason) ->
                refuse(context, Problem.of(422, "This cannot be stored: " + reason));
            case AppendResult.Unavailable(String reason) -> refuse(context, Problem.of(503, reason));
        }
    }

    /** The event types are our own and need no escaping. */
    private static String stored(long position, EventData data, String more) {
        return "{\"success\":true,\"message\":\"Webhook received\",\"event_id\":" + position + ",\"event_type\":\""
                + data.eventType() + "\"" + more + "}";
    }

    private static void answer(RoutingContext context, String json) {
        if (!context.response().closed()) {
            context.response().putHeader("Content-Type", "application/json").end(json);
        }
    }

    private void refuse(RoutingContext context, Problem problem) {
        metrics.refused(problem.status());
        if (refused.skippedOrSilent() >= 0) {
            LOG.warn("Refused {}: {} {}", context.request().path(), problem.status(), problem.text());
        }
        Errors.send(context, problem.status(), problem.text(), problem.field());
    }
}
