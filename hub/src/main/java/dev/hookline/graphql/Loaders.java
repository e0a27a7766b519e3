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

    DataLoaderRegistry of(Run run) {
        String tenant = run.caller().tenant();
        DataLoaderRegistry registry = new DataLoaderRegistry();
        registry.register("numbers", loader(run, (Set<Event> events) -> numbers(tenant, events)));
        registry.register("records", loader(run, (Set<Name> names) -> records(run, names)));
        registry.register("deliveries", loader(run, (Set<Long> positions) -> deliveries.ofEvents(tenant, positions)));
        registry.register("subscriptions", loader(run, (Set<Long> ids) -> store.subscriptions(tenant, ids)));
        registry.register("events", loader(run, (Set<Long> positions) -> events(run, positions)));
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

    private static <K, V> DataLoader<K, V> loader(Run run, Function<Set<K>, Map<K, V>> load) {
        return DataLoaderFactory.newMappedDataLoader(
                (Set<K> keys) -> {
                    run.allowance().mayGoOn();
                    return CompletableFuture.completedFuture(load.apply(keys));
                },
                DataLoaderOptions.newOptions().setMaxBatchSize(KEYS_MAX).build());
    }

    private Map<Event, Long> numbers(String tenant, Set<Event> events) {
        Map<Long, Long> byPosition = numbers.of(tenant, List.copyOf(events));
        Map<Event, Long> byEvent = new HashMap<>();
        events.forEach(event -> byEvent.put(event, byPosition.get(event.position())));
        return byEvent;
    }

    /** A few at a time: there is no saying how large they are. */
    private Map<Name, RecordState> records(Run run, Set<Name> names) {
        Map<Name, RecordState> found = new HashMap<>();
        List<Name> left = List.copyOf(names);
        while (!left.isEmpty()) {
            run.allowance().mayGoOn();
            List<Name> next = left.subList(0, Math.min(left.size(), Fields.RECORDS_AT_ONCE));
            left = left.subList(next.size(), left.size());
            Map<Name, RecordState> page = store.records(run.caller().tenant(), next);
            page.values().forEach(record -> run.allowance().read(Fields.bytes(record)));
            found.putAll(page);
        }
        return found;
    }

    /** Of the tenant's own events, those that are kept and not hidden. */
    private Map<Long, Event> events(Run run, Set<Long> positions) {
        String tenant = run.caller().tenant();
        Map<Long, Event> found = new HashMap<>();
        Set<Long> left = new HashSet<>(positions);
        List<Event> page;
        do {
            run.allowance().mayGoOn();
            page = log.find(left);
            for (Event event : page) {
                left.remove(event.position());
                run.allowance().read(event.data().bytes());
                if (event.tenant().equals(tenant) && event.position() > log.hiddenUpTo(tenant)) {
                    found.put(event.position(), event);
                }
            }
        } while (!page.isEmpty() && !left.isEmpty());
        return found;
    }
}
