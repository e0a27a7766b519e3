package dev.hookline.graphql;

import dev.hookline.delivery.history.PostgresDeliveries;
import dev.hookline.delivery.history.StoredDelivery;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.RecordNumbers.Name;
import dev.hookline.graphql.PostgresGraph.WebhookSubscription;
import dev.hookline.records.RecordState;
import graphql.schema.DataFetchingEnvironment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.dataloader.DataLoader;
import org.dataloader.DataLoaderFactory;
import org.dataloader.DataLoaderOptions;
import org.dataloader.DataLoaderRegistry;
import org.jspecify.annotations.Nullable;

/** What belongs to the things of a list, loaded for all of them at once. A registry lives as long as one execution. */
final class Loaders {
    private static final int KEYS_MAX = 1_000;
    private static final long BYTES_MAX = 32L << 20;

    private final EventLog log;
    private final RecordNumbers numbers;
    private final PostgresDeliveries deliveries;
    private final PostgresGraph store;

    Loaders(EventLog log, RecordNumbers numbers, PostgresDeliveries deliveries, PostgresGraph store) {
        this.log = log;
        this.numbers = numbers;
        this.deliveries = deliveries;
        this.store = store;
    }

    DataLoaderRegistry of(String tenant) {
        DataLoaderRegistry registry = new DataLoaderRegistry();
        registry.register("numbers", loader((Set<Event> events) -> numbers(tenant, events)));
        registry.register("records", loader((Set<Name> names) -> store.records(tenant, names)));
        registry.register("deliveries", loader((Set<Long> positions) -> deliveries.ofEvents(tenant, positions)));
        registry.register("subscriptions", loader((Set<Long> ids) -> store.subscriptions(tenant, ids)));
        registry.register("events", loader((Set<Long> positions) -> events(tenant, positions)));
        return registry;
    }

    static CompletableFuture<Long> number(DataFetchingEnvironment env, Event event) {
        return Loaders.<Event, Long>loader(env, "numbers").load(event);
    }

    static CompletableFuture<@Nullable RecordState> record(DataFetchingEnvironment env, Event event) {
        Name name = new Name(event.data().model(), event.data().recordKey());
        return Loaders.<Name, @Nullable RecordState>loader(env, "records").load(name);
    }

    static CompletableFuture<List<StoredDelivery>> deliveries(DataFetchingEnvironment env, Event event) {
        return Loaders.<Long, @Nullable List<StoredDelivery>>loader(env, "deliveries")
                .load(event.position())
                .thenApply(found -> found == null ? List.of() : found);
    }

    static CompletableFuture<@Nullable WebhookSubscription> subscription(DataFetchingEnvironment env, long id) {
        return Loaders.<Long, @Nullable WebhookSubscription>loader(env, "subscriptions")
                .load(id);
    }

    static CompletableFuture<@Nullable Event> event(DataFetchingEnvironment env, long position) {
        return Loaders.<Long, @Nullable Event>loader(env, "events").load(position);
    }

    private static <K, V> DataLoader<K, V> loader(DataFetchingEnvironment env, String name) {
        return Objects.requireNonNull(env.<K, V>getDataLoader(name));
    }

    private static <K, V> DataLoader<K, V> loader(Function<Set<K>, Map<K, V>> load) {
        return DataLoaderFactory.newMappedDataLoader(
                (Set<K> keys) -> CompletableFuture.completedFuture(load.apply(keys)),
                DataLoaderOptions.newOptions().setMaxBatchSize(KEYS_MAX).build());
    }

    private Map<Event, Long> numbers(String tenant, Set<Event> events) {
        Map<Long, Long> byPosition = numbers.of(tenant, List.copyOf(events));
        Map<Event, Long> byEvent = new HashMap<>();
        events.forEach(event -> byEvent.put(event, byPosition.get(event.position())));
        return byEvent;
    }

    /** Of the tenant's own events, those that are kept and not hidden. */
    private Map<Long, Event> events(String tenant, Set<Long> positions) {
        Map<Long, Event> found = new HashMap<>();
        Set<Long> left = new HashSet<>(positions);
        List<Event> page;
        long bytes = 0;
        do {
            page = log.find(left);
            for (Event event : page) {
                left.remove(event.position());
                bytes += event.data().bytes();
                if (bytes > BYTES_MAX) {
                    throw new GraphProblem(422, "limit", "These events are too large for one answer: ask for fewer");
                }
                if (event.tenant().equals(tenant) && event.position() > log.hiddenUpTo(tenant)) {
                    found.put(event.position(), event);
                }
            }
        } while (!page.isEmpty() && !left.isEmpty());
        return found;
    }
}
