package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.http.Problem;
import dev.hookline.http.Routes;
import dev.hookline.intake.mapping.Mapped;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/webhooks/receive} (seed 001): what Odoo sends, by the module auto_webhook or by its own action, as the
 * mapping {@code odoo} reads it. Answered 200 when the events are on disk, and for the module's tests, of which nothing is
 * stored; 401 without a token or the key; 422 naming a wrong field; 503 with {@code Retry-After}. The module asks with HEAD
 * first whether the path is there.
 */
public final class OdooModuleRoutes implements Routes {
    static final String SOURCE = "odoo";
    private static final String PATH = "/api/v1/webhooks/receive";

    private final String tenant;
    private final byte @Nullable [] apiKey;
    private final Committer committer;
    private final IntakeMetrics metrics;
    private final Time time;
    private final Mapping mapping;

    /**
     * The receiver.
     *
     * @param tenant whose events they are that come with the key; a token says it itself
     * @param apiKey of {@code WEBHOOK_PUSH_API_KEY}; null accepts tokens only
     */
    public OdooModuleRoutes(
            String tenant, @Nullable String apiKey, Committer committer, IntakeMetrics metrics, Time time) {
        this.tenant = tenant;
        this.apiKey = apiKey == null ? null : apiKey.getBytes(StandardCharsets.UTF_8);
        this.committer = committer;
        this.metrics = metrics;
        this.time = time;
        this.mapping = Mapping.template("odoo");
    }

    @Override
    public void mount(Api api) {
        api.openAsync(HttpMethod.POST, PATH, Limits.WEBHOOK_BYTES_MAX, context -> receive(api, context));
        api.openAsync(
                HttpMethod.HEAD,
                PATH,
                0,
                context -> context.response()
                        .putHeader("Content-Type", "application/json")
                        .end());
    }

    private void receive(Api api, RoutingContext context) {
        long from = time.nanos();
        HttpServerRequest request = context.request();
        try {
            String owner = tenant(api, context);
            List<Mapped> events = mapping.mapAll(parse(context), request::getHeader, request::getParam);
            if (events.isEmpty()) {
                answer(context, Json.object().put("success", true).put("message", "Test received; nothing was stored"));
                return;
            }
            MappedAppend append = new MappedAppend(events, owner, SOURCE, IdempotencyKey.in(request), time.now());
            append.submit(committer, api.home(), result -> {
                metrics.processed(events.getFirst().model(), time.nanos() - from);
                appended(context, events, result);
            });
        } catch (Problem problem) {
            refuse(context, problem);
        }
    }

    private String tenant(Api api, RoutingContext context) throws Problem {
        String key = context.request().getHeader("X-API-Key");
        if (key != null && apiKey != null && MessageDigest.isEqual(apiKey, key.getBytes(StandardCharsets.UTF_8))) {
            return tenant;
        }
        Optional<Principal> caller = api.caller(context);
        if (caller.isEmpty()) {
            throw Problem.of(401, "Authentication required. Provide Bearer Token or X-API-Key header.");
        }
        return caller.get().tenant();
    }

    private static JsonNode parse(RoutingContext context) throws Problem {
        try {
            return Json.parseObject(Api.body(context));
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }

    private void appended(RoutingContext context, List<Mapped> events, AppendResult result) {
        switch (result) {
            case AppendResult.Appended(long position, int count) -> {
                events.forEach(event -> metrics.received(event.model(), event.operation()));
                answer(context, stored(position, count));
            }
            case AppendResult.Duplicate(long position, int count) ->
                answer(context, stored(position, count).put("duplicate", true));
            case AppendResult.Refused(String reason) ->
                refuse(context, Problem.of(422, "This cannot be stored: " + reason));
            case AppendResult.Unavailable(String reason) -> refuse(context, Problem.of(503, reason));
        }
    }

    private ObjectNode stored(long position, int count) {
        ObjectNode answer = Json.object()
                .put("success", true)
                .put("message", "Webhook received and processed")
                .put("event_id", position)
                .put("processed_at", time.now().toString());
        return count == 1 ? answer : answer.put("count", count);
    }

    private static void answer(RoutingContext context, ObjectNode body) {
        if (!context.response().closed()) {
            context.response().putHeader("Content-Type", "application/json").end(Json.write(body));
        }
    }

    private void refuse(RoutingContext context, Problem problem) {
        metrics.refused(problem.status());
        Errors.send(context, problem.status(), problem.text(), problem.field());
    }
}
