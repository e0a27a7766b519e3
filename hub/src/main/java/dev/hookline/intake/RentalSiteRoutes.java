package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Api;
import dev.hookline.http.Problem;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /api/webhook/booking} and {@code /api/webhook/inventory} (seed 000): signed, flat JSON with {@code event_type}.
 * Answered 200 when the event is on disk; 401 for a wrong or missing signature while a secret is set; 403 for an address
 * that may not send; 400 for no JSON; 422 for a wrong field or event type; 413 over 1 MiB; 429 beyond 100 calls a minute of
 * one address that prove nothing; 503 with {@code Retry-After} when it could not be stored.
 */
public final class RentalSiteRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(RentalSiteRoutes.class);
    private static final int LOG_LINES_PER_SECOND = 20;

    private final String tenant;
    private final Sources sources;
    private final Reception reception;
    private final LogSampler received;

    /** The receivers of one tenant. */
    public RentalSiteRoutes(String tenant, Sources sources, Reception reception, Time time) {
        this.tenant = tenant;
        this.sources = sources;
        this.reception = reception;
        this.received = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    @Override
    public void mount(Api api) {
        for (RentalSiteEvent.Model model : RentalSiteEvent.Model.values()) {
            api.openAsync(
                    HttpMethod.POST,
                    model.path,
                    Limits.WEBHOOK_BYTES_MAX,
                    reception.gate(_ -> sources.builtIn(BuiltInSource.RENTAL_SITE)),
                    context -> receive(api, context, model));
        }
    }

    private void receive(Api api, RoutingContext context, RentalSiteEvent.Model model) {
        logReceipt(model == RentalSiteEvent.Model.BOOKING ? "booking" : "inventory");
        Received call = Received.of(context);
        try {
            reception.verify(call);
            ObjectNode body = parse(call);
            String type = RentalSiteMapping.eventType(body);
            if (type.equals(RentalSiteMapping.TEST)) {
                reception.answer(
                        call, Json.object().put("success", true).put("message", "Test received; nothing was stored"));
                return;
            }
            RentalSiteEvent event = RentalSiteEvent.of(type);
            if (event == null || event.model != model) {
                String hint = event == null ? "" : "; send it to " + event.model.path;
                throw Problem.field(
                        "event_type",
                        "'event_type' is '%s'; here it must be one of %s%s".formatted(type, model.eventTypes(), hint));
            }
            EventData data = RentalSiteMapping.map(tenant, event, body, call.at());
            call.bodyIsPayload = true;
            reception.append(api, call, List.of(new AppendRequest(List.of(data), IdempotencyKey.in(call))));
        } catch (Problem problem) {
            reception.refuse(call, problem);
        }
    }

    private void logReceipt(String name) {
        int skipped = received.skippedOrSilent();
        if (skipped > 0) {
            LOG.info("Received {} webhook ({} more since the last such line)", name, skipped);
        } else if (skipped == 0) {
            LOG.info("Received {} webhook", name);
        }
    }

    private static ObjectNode parse(Received call) throws Problem {
        try {
            return Json.parseObject(call.body());
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }
}
