package dev.hookline.graphql;

import dev.hookline.access.Access;
import dev.hookline.access.Actor;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.delivery.SubscriptionSwitch;
import dev.hookline.delivery.history.DeliveryChanges;
import dev.hookline.delivery.history.StoredDelivery;
import dev.hookline.devicesync.PostgresDevices;
import dev.hookline.http.Problem;
import dev.hookline.http.RequestLimits;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.idl.TypeRuntimeWiring;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What every field of the type {@code Mutation} does: each as the route of REST that does the same. */
final class Mutations {
    private static final Rule DEVICES = Rule.of(Role.DEVICE, Scope.SYNC);
    private static final Rule DELIVERIES = Rule.of(Role.MEMBER, Scope.SUBSCRIPTIONS_WRITE);
    private static final int IDS_MAX = 1_000;

    private final Access access;
    private final PostgresDevices devices;
    private final DeliveryChanges deliveries;
    private final SubscriptionSwitch subscriptions;
    private final PostgresGraph store;
    private final RequestLimits limits;

    Mutations(
            Access access,
            PostgresDevices devices,
            DeliveryChanges deliveries,
            SubscriptionSwitch subscriptions,
            PostgresGraph store,
            RequestLimits limits) {
        this.access = access;
        this.devices = devices;
        this.deliveries = deliveries;
        this.subscriptions = subscriptions;
        this.store = store;
        this.limits = limits;
    }

    TypeRuntimeWiring.Builder wiring() {
        return TypeRuntimeWiring.newTypeWiring("Mutation")
                .dataFetcher("resetSyncState", by(DEVICES, this::resetSyncState))
                .dataFetcher("retryDelivery", by(DELIVERIES, this::retryDelivery))
                .dataFetcher("retryDeliveries", by(DELIVERIES, this::retryDeliveries))
                .dataFetcher("cancelDelivery", by(DELIVERIES, this::cancelDelivery))
                .dataFetcher("pauseSubscription", by(DELIVERIES, (env, actor) -> turn(env, actor, false)))
                .dataFetcher("resumeSubscription", by(DELIVERIES, (env, actor) -> turn(env, actor, true)));
    }

    /** Something that is done for somebody. */
    private interface Change {
        Object make(DataFetchingEnvironment env, Actor actor) throws Problem;
    }

    private static DataFetcher<@Nullable Object> by(Rule rule, Change change) {
        return Fields.by(rule, env -> {
            Actor actor = Fields.run(env).actor();
            if (actor == null) {
                throw new GraphProblem(400, null, "Mutations need POST");
            }
            return change.make(env, actor);
        });
    }

    private boolean resetSyncState(DataFetchingEnvironment env, Actor actor) {
        long user = Fields.number(env, "userId");
        Fields.requireUser(access, Fields.caller(env), user);
        String device = Fields.text(env, "deviceId");
        if (device.isEmpty()) {
            throw Fields.wrong("deviceId", "'deviceId' must not be empty");
        }
        Fields.count(env, limits::countInHour, "sync/reset", 10);
        return devices.reset(actor.tenant(), user, device);
    }

    private StoredDelivery retryDelivery(DataFetchingEnvironment env, Actor actor) {
        return named("id", () -> deliveries.retry(actor, key(env)));
    }

    private DeliveryChanges.Cancelled cancelDelivery(DataFetchingEnvironment env, Actor actor) {
        return named("id", () -> deliveries.cancel(actor, key(env)));
    }

    private Map<String, Object> retryDeliveries(DataFetchingEnvironment env, Actor actor) {
        List<String> ids = Objects.requireNonNull(env.getArgument("ids"));
        if (ids.isEmpty() || ids.size() > IDS_MAX) {
            throw Fields.wrong("ids", "'ids' must be 1 to " + IDS_MAX + " ids of deliveries");
        }
        Set<DeliveryKey> keys = new LinkedHashSet<>();
        ids.forEach(id -> keys.add(key("ids", id)));
        Set<DeliveryKey> done = deliveries.retry(actor, keys);
        return Map.of(
                "retried",
                keys.stream().filter(done::contains).map(DeliveryKey::text).toList(),
                "skipped",
                keys.stream()
                        .filter(key -> !done.contains(key))
                        .map(DeliveryKey::text)
                        .toList());
    }

    private PostgresGraph.WebhookSubscription turn(DataFetchingEnvironment env, Actor actor, boolean on) {
        long id = Fields.number(env, "id");
        return named("id", () -> {
            subscriptions.turn(actor, id, on);
            PostgresGraph.WebhookSubscription turned =
                    store.subscriptions(actor.tenant(), List.of(id)).get(id);
            if (turned == null) {
                throw Problem.of(404, "There is no subscription with this id");
            }
            return turned;
        });
    }

    private static DeliveryKey key(DataFetchingEnvironment env) {
        return key("id", Objects.requireNonNull(env.getArgument("id")));
    }

    private static DeliveryKey key(String argument, String id) {
        return DeliveryKey.of(id)
                .orElseThrow(() -> Fields.wrong(argument, "'" + argument + "' is not the id of a delivery"));
    }

    private interface Act<T> {
        T done() throws Problem;
    }

    /** What cannot be done to a thing is said of the argument that names it. */
    private static <T> T named(String argument, Act<T> act) {
        try {
            return act.done();
        } catch (Problem e) {
            throw new GraphProblem(e.status(), argument, e.text());
        }
    }
}
