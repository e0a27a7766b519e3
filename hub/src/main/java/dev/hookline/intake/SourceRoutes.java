package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.intake.signature.SchemeDefinition;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/sources}: senders as data, the built-in ones beside the user's. A secret is shown when it is made here,
 * once, and by its last four characters from then on.
 */
public final class SourceRoutes implements Routes {
    private static final String SOURCES = "/api/v1/sources";
    private static final Rule READ = Rule.of(Role.VIEWER, Scope.SOURCES_READ);
    private static final Rule WRITE = Rule.of(Role.ADMIN, Scope.SOURCES_WRITE);
    private static final int BODY_BYTES_MAX = 256 << 10;
    private static final int OVERLAP_SECONDS = 86_400;
    private static final int OVERLAP_SECONDS_MAX = 30 * 86_400;

    private final PostgresSources store;
    private final Sources sources;
    private final String readable;
    private final Time time;

    /**
     * Over a store and its cache.
     *
     * @param readable the tenant whose sources have their names as paths
     */
    public SourceRoutes(PostgresSources store, Sources sources, String readable, Time time) {
        this.store = store;
        this.sources = sources;
        this.readable = readable;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, SOURCES, WRITE, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, SOURCES, READ, 0, this::list);
        api.secured(HttpMethod.GET, SOURCES + "/:id", READ, 0, call -> Reply.ok(json(find(call))));
        api.secured(HttpMethod.PATCH, SOURCES + "/:id", WRITE, BODY_BYTES_MAX, this::change);
        api.secured(HttpMethod.DELETE, SOURCES + "/:id", WRITE, 0, this::delete);
        api.secured(HttpMethod.POST, SOURCES + "/:id/rotate", WRITE, BODY_BYTES_MAX, this::rotate);
        api.secured(HttpMethod.POST, SOURCES + "/:id/test", WRITE, Limits.WEBHOOK_BYTES_MAX, this::test);
    }

    private Reply create(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        String tenant = call.principal().tenant();
        Source wanted = SourceForm.create(tenant, tenant.equals(readable), body);
        Source made = store.create(wanted).orElseThrow(SourceRoutes::taken);
        sources.refresh();
        call.audit("source.create", subject(made), null, shown(made));
        ObjectNode answer = json(made);
        if (!body.has("secret") && made.secret() != null) {
            answer.put("secret", made.secret());
        }
        return Reply.of(201, answer);
    }

    private Reply list(Call call) {
        List<Source> all = store.list(call.principal().tenant());
        ObjectNode answer = Json.object().put("count", all.size());
        ArrayNode data = answer.putArray("data");
        all.forEach(source -> data.add(json(source)));
        return Reply.ok(answer);
    }

    private Reply change(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        Source source = find(call);
        BuiltInSource builtIn = sources.builtIn(source);
        if (source.isBuiltIn() && (builtIn == null || !builtIn.adjustable())) {
            throw Problem.of(409, "This built-in source asks for users' tokens, and has no settings");
        }
        Source changed = SourceForm.change(source, body);
        if (!store.update(changed)) {
            throw taken();
        }
        sources.refresh();
        Source after = find(call);
        call.audit("source.change", subject(source), shown(source), shown(after));
        ObjectNode answer = json(after);
        boolean made = source.secret() == null && changed.secret() != null && !body.has("secret");
        return Reply.ok(made ? answer.put("secret", changed.secret()) : answer);
    }

    private Reply delete(Call call) throws Problem {
        Source source = find(call);
        if (source.isBuiltIn()) {
            throw Problem.of(409, "A built-in source cannot be deleted");
        }
        store.delete(call.principal().tenant(), id(call));
        sources.refresh();
        call.audit("source.delete", subject(source), shown(source), null);
        return Reply.of(204, MissingNode.getInstance());
    }

    private Reply rotate(Call call) throws Problem {
        ObjectNode body = call.body().length() == 0 ? Json.object() : call.jsonObject();
        Source source = find(call);
        BuiltInSource builtIn = sources.builtIn(source);
        if (source.isBuiltIn() && (builtIn == null || builtIn.secret() == null)) {
            throw Problem.of(409, unset(builtIn));
        }
        SchemeDefinition scheme = builtIn == null ? SchemeDefinition.parse(source.scheme()) : builtIn.scheme();
        if (!scheme.proves()) {
            throw Problem.of(409, "This source has no secret");
        }
        JsonNode overlap = body.get("overlap_seconds");
        if (overlap != null
                && (!overlap.canConvertToInt() || overlap.asInt() < 0 || overlap.asInt() > OVERLAP_SECONDS_MAX)) {
            throw Problem.field("overlap_seconds", "'overlap_seconds' must be from 0 to " + OVERLAP_SECONDS_MAX);
        }
        JsonNode given = body.get("secret");
        if (given != null && !given.isTextual()) {
            throw Problem.field("secret", "'secret' must be a text");
        }
        String secret = given == null ? SourceForm.made(scheme) : given.textValue();
        scheme.check(secret);
        scheme.under(secret);
        Duration both = Duration.ofSeconds(overlap == null ? OVERLAP_SECONDS : overlap.asInt());
        if (builtIn == null) {
            store.rotate(source.tenant(), source.id(), secret, both);
        } else {
            String present = SecretsInForce.of(source, builtIn).current();
            store.rotateBuiltIn(source, secret, present, builtIn.secret(), both);
        }
        sources.refresh();
        Source after = find(call);
        call.audit("source.rotate", subject(source), shown(source), shown(after));
        ObjectNode answer = json(after);
        return Reply.ok(given == null ? answer.put("secret", secret) : answer);
    }

    private static String unset(@Nullable BuiltInSource builtIn) {
        String variable = builtIn == null ? null : builtIn.variable();
        return variable == null
                ? "This built-in source asks for users' tokens, and has no secret"
                : "There is no secret to rotate: set %s, and start the hub again".formatted(variable);
    }

    private Reply test(Call call) throws Problem {
        Source source = find(call);
        BuiltInSource builtIn = sources.builtIn(source);
        if (source.isBuiltIn() && (builtIn == null || !builtIn.adjustable())) {
            throw Problem.of(409, "This built-in source asks for users' tokens; its test is a call");
        }
        LiveSource live = builtIn == null ? LiveSource.of(source) : LiveSource.of(source, builtIn);
        return Reply.ok(SourceTrial.run(live, paths(source).getFirst(), call.jsonObject(), time.now()));
    }

    private Source find(Call call) throws Problem {
        return store.find(call.principal().tenant(), id(call)).orElseThrow(SourceRoutes::noSuch);
    }

    private static long id(Call call) throws Problem {
        try {
            return Long.parseLong(call.path("id"));
        } catch (NumberFormatException e) {
            throw noSuch();
        }
    }

    private static String subject(Source source) {
        return "source/" + source.id();
    }

    /** For the audit trail: without the paths, of which one may be a secret. */
    private ObjectNode shown(Source source) {
        ObjectNode json = json(source);
        json.remove("paths");
        return json;
    }

    private static Problem noSuch() {
        return Problem.of(404, "There is no source with this id");
    }

    private static Problem taken() {
        return Problem.of(409, "There is a source of this name, or at its path, already");
    }

    private List<String> paths(Source source) {
        BuiltInSource builtIn = sources.builtIn(source);
        String path = source.path();
        return path != null ? List.of("/in/" + path) : builtIn == null ? List.of("") : builtIn.paths();
    }

    private ObjectNode json(Source source) {
        BuiltInSource builtIn = sources.builtIn(source);
        ObjectNode json = Json.object()
                .put("id", source.id())
                .put("name", source.name())
                .put("kind", source.kind())
                .put("built_in", source.isBuiltIn());
        ArrayNode paths = json.putArray("paths");
        paths(source).forEach(paths::add);
        json.set("scheme", builtIn == null ? source.scheme() : builtIn.scheme().json());
        SecretsInForce secrets = builtIn == null ? SecretsInForce.of(source) : SecretsInForce.of(source, builtIn);
        json.put("secret_hint", hint(secrets.current()));
        json.put("secret_variable", builtIn == null ? null : builtIn.variable());
        if (builtIn != null && builtIn.secret() != null) {
            json.put("secret_variable_outdated", !builtIn.secret().equals(secrets.current()));
        }
        Instant until = secrets.previousUntil();
        boolean overlaps = secrets.previous() != null && until != null && until.isAfter(time.now());
        json.put("previous_secret_hint", overlaps ? hint(secrets.previous()) : null);
        json.put("previous_secret_until", overlaps ? String.valueOf(until) : null);
        json.set("mapping", source.mapping());
        json.set("deduplication", source.deduplication());
        ArrayNode addresses = json.putArray("allowed_addresses");
        source.allowedAddresses().forEach(addresses::add);
        return json.put("rate_per_minute", source.ratePerMinute())
                .put("address_rate_per_minute", source.addressRatePerMinute())
                .put("log_calls", source.logCalls())
                .put("active", source.active())
                .put("created_at", source.createdAt().toString())
                .put("updated_at", source.updatedAt().toString());
    }

    /** The last four characters, for people to tell secrets apart. */
    private static @Nullable String hint(@Nullable String secret) {
        if (secret == null) {
            return null;
        }
        return secret.length() < 8 ? "…" : "…" + secret.substring(secret.length() - 4);
    }
}
