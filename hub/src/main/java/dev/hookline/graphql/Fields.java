package dev.hookline.graphql;

import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.access.Access;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.delivery.history.DeliveryFilter;
import dev.hookline.delivery.history.PostgresDeliveries;
import dev.hookline.delivery.history.StoredDelivery;
import dev.hookline.devicesync.PostgresDevices;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.EventQuery;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.PostgresEventSearch.TooBroad;
import dev.hookline.kernel.Limits;
import dev.hookline.records.PostgresRecords;
import dev.hookline.records.RecordState;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.TypeRuntimeWiring;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What every field of the schema is answered with. All of it may block. */
final class Fields {
    private static final int PAGE_MAX = 1_000;
    private static final int MODELS_MAX = 100;

    private static final Rule EVENTS = Rule.of(Role.VIEWER, Scope.EVENTS_READ);
    private static final Rule FOLLOW = Rule.of(Role.DEVICE, Scope.EVENTS_READ);
    private static final Rule RECORDS = Rule.of(Role.VIEWER, Scope.RECORDS_READ);
    private static final Rule DELIVERIES = Rule.of(Role.VIEWER, Scope.SUBSCRIPTIONS_READ);
    private static final Rule SOURCES = Rule.of(Role.VIEWER, Scope.SOURCES_READ);
    private static final Rule DEVICES = Rule.of(Role.DEVICE, Scope.SYNC);

    private final Access access;
    private final EventLog log;
    private final PostgresEventSearch search;
    private final PostgresRecords records;
    private final PostgresDeliveries deliveries;
    private final PostgresDevices devices;
    private final PostgresGraph store;

    Fields(
            Access access,
            EventLog log,
            PostgresEventSearch search,
            PostgresRecords records,
            PostgresDeliveries deliveries,
            PostgresDevices devices,
            PostgresGraph store) {
        this.access = access;
        this.log = log;
        this.search = search;
        this.records = records;
        this.deliveries = deliveries;
        this.devices = devices;
        this.store = store;
    }

    RuntimeWiring wiring() {
        return RuntimeWiring.newRuntimeWiring()
                .scalar(Scalars.DATE_TIME)
                .scalar(Scalars.LONG)
                .scalar(Scalars.JSON)
                .type(TypeRuntimeWiring.newTypeWiring("Query")
                        .dataFetcher("webhookEvents", by(EVENTS, this::webhookEvents))
                        .dataFetcher("updatesSummary", by(EVENTS, this::updatesSummary))
                        .dataFetcher("webhookEvent", by(EVENTS, env -> Loaders.event(env, number(env, "position"))))
                        .dataFetcher("records", by(RECORDS, this::records))
                        .dataFetcher("record", by(RECORDS, this::record))
                        .dataFetcher("deliveries", by(DELIVERIES, this::deliveries))
                        .dataFetcher("deadLetters", by(DELIVERIES, this::deadLetters))
                        .dataFetcher(
                                "subscriptions",
                                by(
                                        DELIVERIES,
                                        env -> store.subscriptions(tenant(env), number(env, "after"), limit(env))))
                        .dataFetcher(
                                "sources",
                                by(SOURCES, env -> store.sources(tenant(env), number(env, "after"), limit(env))))
                        .dataFetcher("devices", by(DEVICES, this::devices)))
                .type(TypeRuntimeWiring.newTypeWiring("Mutation")
                        .dataFetcher("resetSyncState", by(DEVICES, this::resetSyncState)))
                .type(TypeRuntimeWiring.newTypeWiring("Subscription")
                        .dataFetcher("webhookEventStream", by(FOLLOW, Fields::webhookEventStream)))
                .type(events())
                .type(deliveryFields())
                .build();
    }

    private static TypeRuntimeWiring.Builder events() {
        return TypeRuntimeWiring.newTypeWiring("WebhookEvent")
                .dataFetcher("id", ofEvent(Event::position))
                .dataFetcher("position", ofEvent(Event::position))
                .dataFetcher("receivedAt", ofEvent(Event::receivedAt))
                .dataFetcher("model", ofEvent(event -> event.data().model()))
                .dataFetcher("event", ofEvent(event -> event.data().operation().text()))
                .dataFetcher("timestamp", ofEvent(event -> event.data().occurredAt()))
                .dataFetcher("recordKey", ofEvent(event -> event.data().recordKey()))
                .dataFetcher("eventType", ofEvent(event -> event.data().eventType()))
                .dataFetcher(
                        "priority", ofEvent(event -> event.data().priority().text()))
                .dataFetcher("category", ofEvent(event -> event.data().category()))
                .dataFetcher("source", ofEvent(event -> event.data().source()))
                .dataFetcher("changedFields", ofEvent(event -> event.data().changedFields()))
                .dataFetcher("data", ofEvent(event -> new RawValue(event.data().payload())))
                .dataFetcher("recordId", env -> Loaders.number(env, source(env)))
                .dataFetcher("record", by(RECORDS, env -> Loaders.record(env, source(env))))
                .dataFetcher("deliveries", by(DELIVERIES, env -> Loaders.deliveries(env, source(env))));
    }

    /** A field for whom a rule lets in. */
    private static DataFetcher<@Nullable Object> by(Rule rule, DataFetcher<?> field) {
        return env -> {
            Optional<String> refusal = rule.refusal(caller(env));
            if (refusal.isPresent()) {
                throw new GraphProblem(403, null, refusal.get());
            }
            return field.get(env);
        };
    }

    private static DataFetcher<@Nullable Object> ofEvent(Function<Event, @Nullable Object> value) {
        return env -> value.apply(source(env));
    }

    private static TypeRuntimeWiring.Builder deliveryFields() {
        return TypeRuntimeWiring.newTypeWiring("Delivery")
                .dataFetcher("id", env -> delivery(env).key().text())
                .dataFetcher("position", env -> delivery(env).key().position())
                .dataFetcher("responseCode", env -> delivery(env).lastCode())
                .dataFetcher("nextAttemptAt", env -> delivery(env).dueAt())
                .dataFetcher(
                        "subscription",
                        env -> Loaders.subscription(env, delivery(env).key().subscription()))
                .dataFetcher(
                        "webhookEvent",
                        by(EVENTS, env -> Loaders.event(env, delivery(env).key().position())));
    }

    private List<Event> webhookEvents(DataFetchingEnvironment env) {
        Map<String, Object> filter = Objects.requireNonNullElse(env.getArgument("filter"), Map.of());
        String model = (String) filter.get("model");
        String operation = (String) filter.get("event");
        if (operation != null && !Set.of("create", "write", "unlink", "manual").contains(operation)) {
            throw wrong("filter", "'filter.event' must be create, write, unlink or manual");
        }
        int offset = (int) number(env, "offset");
        if (offset < 0) {
            throw wrong("offset", "'offset' must be from 0");
        }
        EventQuery query = new EventQuery(
                tenant(env),
                model == null ? Set.of() : Set.of(name("filter", model)),
                null,
                operation,
                null,
                null,
                after((Instant) filter.get("since")),
                Long.MAX_VALUE,
                null);
        try {
            return search.newest(query, offset, limit(env));
        } catch (TooBroad e) {
            throw tooBroad();
        }
    }

    private Map<String, @Nullable Object> updatesSummary(DataFetchingEnvironment env) {
        String tenant = tenant(env);
        long after = after(env.getArgument("since"));
        List<Event> last = search.last(tenant, after);
        if (last.isEmpty()) {
            return Map.of("hasUpdates", false, "models", List.of());
        }
        Event newest = last.getFirst();
        try {
            return Map.of(
                    "hasUpdates",
                    true,
                    "lastUpdateAt",
                    newest.receivedAt().toString(),
                    "models",
                    search.countByModel(tenant, after, newest.position()).stream()
                            .map(count -> Map.of("model", count.model(), "count", count.events()))
                            .toList());
        } catch (TooBroad e) {
            throw tooBroad();
        }
    }

    private List<RecordState> records(DataFetchingEnvironment env) {
        return records.list(
                tenant(env),
                text(env, "model"),
                text(env, "after"),
                limit(env),
                Boolean.TRUE.equals(env.getArgument("deleted")));
    }

    private @Nullable RecordState record(DataFetchingEnvironment env) {
        return records.find(tenant(env), text(env, "model"), text(env, "key"), true)
                .orElse(null);
    }

    private Map<String, @Nullable Object> deliveries(DataFetchingEnvironment env) {
        String status = env.getArgument("status");
        if (status != null && !DeliveryFilter.STATUSES.contains(status)) {
            throw wrong("status", "'status' must be one of " + String.join(", ", DeliveryFilter.STATUSES));
        }
        String event = env.getArgument("event");
        return page(env, status, event == null ? null : name("event", event));
    }

    private Map<String, @Nullable Object> deadLetters(DataFetchingEnvironment env) {
        return page(env, "dead", null);
    }

    private Map<String, @Nullable Object> page(
            DataFetchingEnvironment env, @Nullable String status, @Nullable String event) {
        String before = env.getArgument("before");
        DeliveryKey below = before == null
                ? new DeliveryKey(Long.MAX_VALUE, Long.MAX_VALUE)
                : DeliveryKey.of(before).orElseThrow(() -> wrong("before", "'before' must be the id of a delivery"));
        DeliveryFilter filter = new DeliveryFilter(
                env.getArgument("subscriptionId"),
                status,
                event,
                null,
                null,
                log.hiddenUpTo(tenant(env)),
                Long.MAX_VALUE);
        PostgresDeliveries.Page page = deliveries.list(tenant(env), filter, below, limit(env));
        DeliveryKey next = page.next();
        return next == null ? Map.of("items", page.rows()) : Map.of("items", page.rows(), "next", next.text());
    }

    private List<PostgresGraph.SyncDevice> devices(DataFetchingEnvironment env) {
        Long user = env.getArgument("userId");
        Principal caller = caller(env);
        long wanted = user == null ? caller.userId() : user;
        requireUser(caller, wanted);
        return store.devices(caller.tenant(), wanted, limit(env));
    }

    private boolean resetSyncState(DataFetchingEnvironment env) {
        if (!run(env).mayChange()) {
            throw new GraphProblem(400, null, "Mutations need POST");
        }
        long user = number(env, "userId");
        requireUser(caller(env), user);
        String device = text(env, "deviceId");
        if (device.isEmpty()) {
            throw wrong("deviceId", "'deviceId' must not be empty");
        }
        return devices.reset(tenant(env), user, device);
    }

    private void requireUser(Principal caller, long user) {
        if (user < 0) {
            throw wrong("userId", "'userId' must be from 0");
        }
        if (!caller.mayActFor(user)) {
            throw new GraphProblem(403, "userId", "'userId' must be your own, " + caller.userId());
        }
        if (user != caller.userId() && !access.hasUser(caller.tenant(), user)) {
            throw new GraphProblem(404, "userId", "There is no user with this id");
        }
    }

    /**
     * A subscription is executed once to learn what it asks for, and once for each event. Without either it came where there
     * are no subscriptions.
     */
    private static @Nullable Event webhookEventStream(DataFetchingEnvironment env) {
        Run run = run(env);
        Event event = run.event();
        if (event != null) {
            return event;
        }
        if (!run.mayFollow()) {
            throw new GraphProblem(400, null, "Subscriptions need a WebSocket with the protocol graphql-transport-ws");
        }
        List<String> models = Objects.requireNonNullElse(env.getArgument("models"), List.of());
        if (models.size() > MODELS_MAX) {
            throw wrong("models", "'models' may have " + MODELS_MAX + " names");
        }
        Long after = env.getArgument("after");
        if (after != null && after < 0) {
            throw wrong("after", "'after' must be a position, from 0");
        }
        models.forEach(model -> name("models", model));
        run.follow(new Feed(new HashSet<>(models), after));
        return null;
    }

    private long after(@Nullable Instant since) {
        return since == null ? 0 : log.firstSince(since) - 1;
    }

    private static int limit(DataFetchingEnvironment env) {
        int limit = (int) number(env, "limit");
        if (limit < 1 || limit > PAGE_MAX) {
            throw wrong("limit", "'limit' must be from 1 to " + PAGE_MAX);
        }
        return limit;
    }

    /** A text that the schema requires, or has a default for. */
    private static String text(DataFetchingEnvironment env, String name) {
        return name(name, Objects.requireNonNull(env.<String>getArgument(name)));
    }

    private static String name(String argument, String value) {
        if (value.length() > Limits.NAME_CHARS_MAX || value.indexOf('\0') >= 0) {
            throw wrong(
                    argument,
                    "'" + argument + "' is longer than " + Limits.NAME_CHARS_MAX + " characters, or holds \\u0000");
        }
        return value;
    }

    /** A number that the schema requires, or has a default for. */
    private static long number(DataFetchingEnvironment env, String name) {
        return Objects.requireNonNull(env.<Number>getArgument(name)).longValue();
    }

    private static GraphProblem wrong(String argument, String message) {
        return new GraphProblem(422, argument, message);
    }

    private static GraphProblem tooBroad() {
        return wrong("since", "That takes too long to find: narrow it by 'since' or by 'model'");
    }

    private static Principal caller(DataFetchingEnvironment env) {
        return run(env).caller();
    }

    private static Run run(DataFetchingEnvironment env) {
        return Objects.requireNonNull(env.getGraphQlContext().<Run>get(Run.class));
    }

    private static String tenant(DataFetchingEnvironment env) {
        return caller(env).tenant();
    }

    private static Event source(DataFetchingEnvironment env) {
        return Objects.requireNonNull(env.getSource());
    }

    private static StoredDelivery delivery(DataFetchingEnvironment env) {
        return Objects.requireNonNull(env.getSource());
    }
}
