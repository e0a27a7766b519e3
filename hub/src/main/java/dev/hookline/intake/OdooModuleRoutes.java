package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.http.Api;
import dev.hookline.http.Problem;
import dev.hookline.http.Routes;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.Verdict;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/webhooks/receive} (seed 001): what Odoo sends, by the module auto_webhook or by its own action, as the
 * mapping {@code odoo} reads it. Answered 200 when the events are on disk, and for the module's tests, of which nothing is
 * stored; 401 without a token or a key; 422 naming a wrong field; 503 with {@code Retry-After}. The module asks with HEAD
 * first whether the path is there.
 */
public final class OdooModuleRoutes implements Routes {
    static final String SOURCE = "odoo";
    static final String PATH = "/api/v1/webhooks/receive";

    private static final Rule RECEIVE = Rule.of(Role.MEMBER, Scope.EVENTS_WRITE);
    private static final String UNKNOWN = "Authentication required. Provide Bearer Token or X-API-Key header.";

    private final String tenant;
    private final boolean keyed;
    private final Sources sources;
    private final Reception reception;
    private final Time time;
    private final Mapping mapping = Mapping.template("odoo");

    /**
     * The receiver.
     *
     * @param tenant whose events they are that come with the key; tokens and API keys of users say it themselves
     * @param apiKey of {@code WEBHOOK_PUSH_API_KEY}; null accepts only tokens and API keys of users
     */
    public OdooModuleRoutes(String tenant, @Nullable String apiKey, Sources sources, Reception reception, Time time) {
        this.tenant = tenant;
        this.keyed = apiKey != null;
        this.sources = sources;
        this.reception = reception;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.openAsync(
                HttpMethod.POST,
                PATH,
                Limits.WEBHOOK_BYTES_MAX,
                reception.gate(_ -> sources.builtIn(SOURCE)),
                context -> receive(api, Received.of(context)));
        api.openAsync(
                HttpMethod.HEAD,
                PATH,
                0,
                context -> context.response()
                        .putHeader("Content-Type", "application/json")
                        .end());
    }

    private void receive(Api api, Received call) {
        if (keyed && call.source().verifier().verify(call, call.at()) instanceof Verdict.Verified) {
            receive(api, call, Optional.of(tenant));
            return;
        }
        api.identify(
                call.context(),
                caller -> {
                    Optional<String> refusal = caller.flatMap(RECEIVE::refusal);
                    if (refusal.isPresent()) {
                        reception.refuse(call, Problem.of(403, refusal.get()));
                    } else {
                        receive(api, call, caller.map(Principal::tenant));
                    }
                },
                problem -> reception.refuse(call, problem));
    }

    /**
     * From a sender that has shown what it has.
     *
     * @param owner whose events they are; empty for who may not send
     */
    private void receive(Api api, Received call, Optional<String> owner) {
        try {
            Verdict verdict =
                    owner.isPresent() ? new Verdict.Verified(null) : new Verdict.Refused("Neither a token nor a key");
            String of = owner.orElse(tenant);
            call.tenant = of;
            reception.judge(call, verdict, UNKNOWN);
            JsonNode body = InboundBody.parse(call);
            if (!body.isObject()) {
                throw Problem.of(400, "The body must be a JSON object");
            }
            BodyMapping.Events events = new MappedBody(of, SOURCE, mapping).map(body, call, call.at());
            if (events.all().isEmpty()) {
                reception.answer(
                        call, Json.object().put("success", true).put("message", "Test received; nothing was stored"));
                return;
            }
            call.bodyIsPayload = events.bodyIsPayload();
            List<AppendRequest> requests = call.source().requests(call, body, events, null, null);
            reception.append(
                    api,
                    call,
                    requests,
                    (position, count, repeated) ->
                            reception.answer(call, Reception.counted(stored(position), count, repeated)));
        } catch (Problem problem) {
            reception.refuse(call, problem);
        }
    }

    private ObjectNode stored(long position) {
        return Json.object()
                .put("success", true)
                .put("message", "Webhook received and processed")
                .put("event_id", position)
                .put("processed_at", time.now().toString());
    }
}
