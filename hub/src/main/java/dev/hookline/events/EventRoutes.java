package dev.hookline.events;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.PostgresEventDeliveries;
import dev.hookline.delivery.PostgresEventDeliveries.State;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.EventQuery;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.PostgresEventSearch.KnownModel;
import dev.hookline.eventlog.PostgresEventSearch.ModelCount;
import dev.hookline.eventlog.PostgresEventSearch.TooBroad;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Inputs;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/v1/webhooks/events} and {@code …/events/enhanced}, {@code …/check-updates}, {@code …/configs} and {@code
 * …/health} of seed 001, and the old server's paths for them. Lists are by time of arrival, the newest first; {@code since} is
 * a time of arrival too.
 */
public final class EventRoutes implements Routes {
    /** Who may read what the events say. */
    static final Rule READERS = Rule.of(Role.VIEWER, Scope.EVENTS_READ);

    private static final Rule DEVICES =
            new Rule(Role.DEVICE, Set.of(Scope.EVENTS_READ, Scope.SYNC), Rule.Audience.TENANT);
    private static final String BASE = "/api/v1/webhooks";
    private static final int PAGE_MAX = 1_000;
    private static final int MODELS_MAX = 1_000;
    private static final List<String> OPERATIONS = List.of("create", "write", "unlink", "manual");
    private static final List<String> PRIORITIES = List.of("high", "medium", "low");
    private static final List<String> CATEGORIES = List.of("business", "system", "notification", "custom");
    private static final List<String> STATUSES = List.of("pending", "processing", "sent", "failed", "dead");
    private static final String PROCESSING = "processing";

    private final EventLog log;
    private final PostgresEventSearch search;
    private final RecordNumbers numbers;
    private final PostgresEventDeliveries deliveries;
    private final RequestLimits limits;

    public EventRoutes(
            EventLog log,
            PostgresEventSearch search,
            RecordNumbers numbers,
            PostgresEventDeliveries deliveries,
            RequestLimits limits) {
        this.log = log;
        this.search = search;
        this.numbers = numbers;
        this.deliveries = deliveries;
        this.limits = limits;
    }

    @Override
    public void mount(Api api) {
        for (String path : List.of(BASE + "/events", "/api/v1/webhook/events")) {
            api.secured(HttpMethod.GET, path, READERS, 0, limits.perMinute("events", 100, call -> list(call, false)));
        }
        api.secured(
                HttpMethod.GET,
                BASE + "/events/enhanced",
                READERS,
                0,
                limits.perMinute("events/enhanced", 200, call -> list(call, true)));
        for (String path : List.of(BASE + "/check-updates", "/api/v1/check-updates")) {
            api.secured(HttpMethod.GET, path, DEVICES, 0, limits.perMinute("check-updates", 50, this::checkUpdates));
        }
        api.secured(HttpMethod.GET, BASE + "/configs", READERS, 0, limits.perMinute("configs", 30, this::configs));
        api.open(HttpMethod.GET, BASE + "/health", 0, _ -> Reply.ok(health()));
        api.open(
                HttpMethod.GET, "/api/v1/health", 0, _ -> Reply.ok(Json.object().put("status", "ok")));
    }

    private Reply list(Call call, boolean enhanced) throws Problem {
        Inputs query = Inputs.query(call);
        String tenant = call.principal().tenant();
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        int offset = call.query("offset", 0, 0, Integer.MAX_VALUE);
        String status = enhanced ? query.oneOf("status", STATUSES) : null;
        EventQuery wanted = new EventQuery(
                tenant,
                models(query),
                query.number("record_id", Long.MIN_VALUE, Long.MAX_VALUE),
                query.oneOf("event", OPERATIONS),
                enhanced ? query.oneOf("priority", PRIORITIES) : null,
                enhanced ? query.oneOf("category", CATEGORIES) : null,
                after(log, call),
                Long.MAX_VALUE,
                null);
        try {
            List<Event> events =
                    status == null ? search.newest(wanted, offset, limit) : inState(wanted, status, offset, limit);
            return Reply.ok(EventView.page(
                    events,
                    numbers.of(tenant, events),
                    deliveries.of(tenant, events.stream().map(Event::position).toList())));
        } catch (TooBroad e) {
            throw tooBroad();
        }
    }

    private List<Event> inState(EventQuery wanted, String status, int offset, int limit) throws Problem, TooBroad {
        if (status.equals(PROCESSING)) {
            return List.of();
        }
        State state = State.valueOf(status.toUpperCase(Locale.ROOT));
        if (state == State.SENT) {
            return new SentEvents(search, deliveries).newest(wanted, offset, limit);
        }
        List<Long> positions =
                deliveries.in(wanted.tenant(), state, wanted.after()).orElseThrow(EventRoutes::tooBroad);
        return positions.isEmpty() ? List.of() : search.newest(wanted.at(positions), offset, limit);
    }

    static Problem tooBroad() {
        return Problem.field("since", "That takes too long to find: narrow it by 'since' or by 'model_name'");
    }

    /** {@code model_name}, or {@code model} as the seed's own curl has it. */
    static Set<String> models(Inputs query) throws Problem {
        String name = query.text("model_name", 0, Limits.NAME_CHARS_MAX);
        String model = query.text("model", 0, Limits.NAME_CHARS_MAX);
        if (name != null && model != null && !name.equals(model)) {
            throw Problem.field("model", "'model' and 'model_name' are two names of one filter; give one");
        }
        String wanted = name == null ? model : name;
        return wanted == null || wanted.isEmpty() ? Set.of() : Set.of(wanted);
    }

    /** The position that {@code since} stands for; 0 without it. */
    static long after(EventLog log, Call call) throws Problem {
        Instant since = call.time("since");
        return since == null ? 0 : log.firstSince(since) - 1;
    }

    private Reply checkUpdates(Call call) throws Problem {
        int limit = call.query("limit", 200, 1, PAGE_MAX);
        String tenant = call.principal().tenant();
        long after = after(log, call);
        List<Event> last = search.last(tenant, after);
        if (last.isEmpty()) {
            ObjectNode none = Json.object().put("has_update", false).putNull("last_update_at");
            none.putArray("summary");
            return Reply.ok(none);
        }
        Event newest = last.getFirst();
        List<ModelCount> counts;
        try {
            counts = search.countByModel(tenant, after, newest.position());
        } catch (TooBroad e) {
            throw tooBroad();
        }
        ObjectNode answer = Json.object()
                .put("has_update", true)
                .put("last_update_at", newest.receivedAt().toString());
        ArrayNode summary = answer.putArray("summary");
        counts.stream().limit(limit).forEach(count -> addCount(summary, count.model(), count.events()));
        return Reply.ok(answer);
    }

    static void addCount(ArrayNode list, String model, long count) {
        list.addObject().put("model", model).put("count", count);
    }

    /** The hub takes every event of every model; each model that there are events of is shown as a configuration of its own. */
    private Reply configs(Call call) throws Problem {
        List<KnownModel> models;
        try {
            models = search.models(call.principal().tenant(), MODELS_MAX);
        } catch (TooBroad e) {
            throw tooBroad();
        }
        ArrayNode configs = Json.object().putArray("configs");
        for (KnownModel known : models) {
            ObjectNode config = configs.addObject()
                    .put("id", known.first())
                    .put("name", known.model() + " Webhook Config")
                    .put("model_name", known.model())
                    .put("enabled", true)
                    .put("priority", "medium")
                    .put("category", "business");
            ArrayNode events = config.putArray("events");
            List.of("create", "write", "unlink").forEach(events::add);
            config.put("batch_enabled", false).put("batch_size", (@Nullable Integer) null);
        }
        return Reply.ok(configs);
    }

    private static ObjectNode health() {
        ObjectNode health =
                Json.object().put("status", "healthy").put("service", "webhook").put("version", "2.0.0");
        ArrayNode features = health.putArray("features");
        List.of("enhanced_filtering", "retry_mechanism", "dead_letter_queue", "statistics", "priority_support")
                .forEach(features::add);
        return health;
    }
}
