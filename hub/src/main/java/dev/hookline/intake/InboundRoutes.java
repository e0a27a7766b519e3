package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.http.Api;
import dev.hookline.http.Problem;
import dev.hookline.http.Routes;
import dev.hookline.intake.signature.Verdict;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /in/{source}}, and {@code /in/{source}/{secret}} for a secret in the path: webhooks of every source that users
 * set up. Answered 200 when the events are on disk; 401 for a wrong proof; 403 for an address that may not send; 404 where
 * there is no source or it is not active; 400 for no JSON; 413 over 1 MiB; 415 for a compressed body; 422 for a wrong field;
 * 429 and 503 with {@code Retry-After}. The module of Odoo asks with HEAD first whether the path is there.
 */
public final class InboundRoutes implements Routes {
    private final Sources sources;
    private final Reception reception;

    public InboundRoutes(Sources sources, Reception reception) {
        this.sources = sources;
        this.reception = reception;
    }

    private @Nullable LiveSource source(RoutingContext context) {
        return sources.at(String.valueOf(context.pathParam("source")));
    }

    @Override
    public void mount(Api api) {
        for (String path : new String[] {"/in/:source", "/in/:source/:secret"}) {
            api.openAsync(
                    HttpMethod.POST,
                    path,
                    Limits.WEBHOOK_BYTES_MAX,
                    reception.gate(this::source),
                    context -> receive(api, context));
            api.openAsync(HttpMethod.HEAD, path, 0, reception.gate(this::source), InboundRoutes::isThere);
        }
    }

    private static void isThere(RoutingContext context) {
        context.response().putHeader("Content-Type", "application/json").end();
    }

    private void receive(Api api, RoutingContext context) {
        Received received = Received.of(context);
        try {
            Verdict verdict = reception.verify(received);
            if (verdict instanceof Verdict.Greeting(var greeting)) {
                reception.answer(received, greeting);
                return;
            }
            JsonNode body = InboundBody.parse(received);
            LiveSource source = received.source();
            BodyMapping.Events events = source.mapping().map(body, received, received.at());
            if (events.data().isEmpty()) {
                reception.answer(
                        received,
                        Json.object().put("success", true).put("message", "Test received; nothing was stored"));
                return;
            }
            String signed = verdict instanceof Verdict.Verified(var id) ? id : null;
            List<AppendRequest> requests = source.requests(received, body, events, signed, null);
            received.bodyIsPayload = events.bodyIsPayload() && !InboundBody.isForm(received);
            reception.append(api, received, requests);
        } catch (Problem problem) {
            reception.refuse(received, problem);
        }
    }
}
