package dev.hookline.delivery;

import dev.hookline.kernel.Time;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Deliveries in memory, for the simulator: the same promises, no disk. Safe for threads. */
final class MemoryDeliveryStore implements DeliveryStore {
    /**
     * A delivery as it stands.
     *
     * @param dueAt when it may be claimed, or has been; null when it does not wait
     * @param holder the node that has it in memory, fresh or claimed
     */
    record Row(
            DeliveryKey key,
            String status,
            int attempts,
            @Nullable Integer lastCode,
            @Nullable String lastError,
            @Nullable Instant dueAt,
            boolean paused,
            @Nullable Long holder) {
        private boolean heldBy(long node) {
            return holder != null && holder == node;
        }

        private boolean isClaimed() {
            return dueAt != null && holder != null;
        }

        private Row waiting(Instant at, boolean until) {
            return new Row(key, status, attempts, lastCode, lastError, at, until, null);
        }

        private Row held(long node) {
            return new Row(key, status, attempts, lastCode, lastError, dueAt, false, node);
        }

        private Row ended(String as, int after, @Nullable Integer code, @Nullable String error) {
            return new Row(key, as, after, code, error, null, false, null);
        }

        private Row cancelled() {
            return ended("cancelled", attempts, lastCode, lastError);
        }
    }

    private record Lease(Instant until, long lowWater) {}

    private static final Comparator<DeliveryKey> KEYS =
            Comparator.comparingLong(DeliveryKey::position).thenComparingLong(DeliveryKey::subscription);

    private final Time time;
    private final LongSupplier head;
    private final Map<Long, Lease> nodes = new TreeMap<>();
    private final Map<Long, Subscription> subscriptions = new TreeMap<>();
    private final Map<DeliveryKey, Row> rows = new TreeMap<>(KEYS);
    private long nodesMade;
    private long subscriptionsMade;
    private long version = 1;
    private long cursor;
    private long fence;
    private @Nullable Long owner;

    /**
     * An empty store.
     *
     * @param head of the log; the cursor starts there, and so does each subscription
     */
    MemoryDeliveryStore(Time time, LongSupplier head) {
        this.time = time;
        this.head = head;
        this.cursor = head.getAsLong();
    }

    /** Makes a subscription to what follows the log's head. */
    synchronized Subscription add(String tenant, URI url, String event, @Nullable String secret) {
        version++;
        Instant now = time.now();
        Subscription made =
                new Subscription(++subscriptionsMade, tenant, url, event, secret, true, head.getAsLong(), now, now);
        subscriptions.put(made.id(), made);
        return made;
    }

    synchronized void pause(long subscription) {
        setActive(subscription, false);
        waiting(subscription).forEach(row -> put(row.waiting(dueAt(row), true)));
    }

    synchronized void resume(long subscription) {
        setActive(subscription, true);
        waiting(subscription).stream().filter(Row::paused).forEach(row -> put(row.waiting(time.now(), false)));
    }

    /** Ends a subscription, and what waits for it. */
    synchronized void delete(long subscription) {
        version++;
        subscriptions.remove(subscription);
        waiting(subscription).forEach(row -> put(row.cancelled()));
    }

    private void setActive(long id, boolean active) {
        version++;
        subscriptions.computeIfPresent(id, (_, old) -> old.withActive(active, time.now()));
    }

    private List<Row> waiting(long subscription) {
        return rows.values().stream()
                .filter(row -> row.key().subscription() == subscription && row.dueAt() != null && row.holder() == null)
                .toList();
    }

    private Instant dueAt(Row row) {
        Instant dueAt = row.dueAt();
        return dueAt == null ? time.now() : dueAt;
    }

    private void put(Row row) {
        rows.put(row.key(), row);
    }

    /** All deliveries there ever were, by position. */
    synchronized List<Row> rows() {
        return List.copyOf(rows.values());
    }

    @Override
    public synchronized long join(Duration lease, boolean alone) {
        if (alone) {
            List.copyOf(nodes.keySet()).forEach(this::leave);
        }
        nodes.put(++nodesMade, new Lease(time.now().plus(lease), cursor));
        return nodesMade;
    }

    @Override
    public synchronized boolean renew(long node, Duration lease, long lowWater) {
        return nodes.computeIfPresent(
                        node, (_, old) -> new Lease(time.now().plus(lease), Math.max(old.lowWater(), lowWater)))
                != null;
    }

    @Override
    public synchronized void leave(long node) {
        Lease lease = nodes.remove(node);
        if (lease == null) {
            return;
        }
        List<Row> held = rows.values().stream()
                .filter(row -> row.heldBy(node))
                .filter(row -> row.isClaimed() || row.key().position() >= lease.lowWater())
                .toList();
        held.forEach(row -> requeue(row, dueAt(row)));
    }

    /** Makes a delivery wait, as its subscription stands. */
    private void requeue(Row row, Instant at) {
        Subscription subscription = subscriptions.get(row.key().subscription());
        put(subscription == null ? row.cancelled() : row.waiting(at, !subscription.active()));
    }

    @Override
    public synchronized int buryDead() {
        Instant now = time.now();
        List<Long> dead = nodes.entrySet().stream()
                .filter(node -> node.getValue().until().isBefore(now))
                .map(Map.Entry::getKey)
                .toList();
        dead.forEach(this::leave);
        return dead.size();
    }

    @Override
    public synchronized Optional<Ownership> own(long node) {
        boolean free = owner == null || owner == node || !nodes.containsKey(owner);
        if (!free || !nodes.containsKey(node)) {
            return Optional.empty();
        }
        owner = node;
        return Optional.of(new Ownership(cursor, ++fence));
    }

    @Override
    public synchronized FanOutResult fanOut(
            long node, Ownership from, long upTo, long subscriptionsVersion, List<NewDelivery> deliveries) {
        if (version != subscriptionsVersion) {
            return FanOutResult.SUBSCRIPTIONS_CHANGED;
        }
        boolean ours = nodes.containsKey(node) && owner != null && owner == node;
        if (!ours || from.fence() != fence || from.position() != cursor) {
            return FanOutResult.NOT_OWNER;
        }
        deliveries.forEach(delivery -> {
            if (rows.containsKey(delivery.key())) {
                throw new StoreException(new IllegalStateException(delivery.key() + " is there already"));
            }
        });
        Instant now = time.now();
        for (NewDelivery delivery : deliveries) {
            Row row = new Row(delivery.key(), "pending", 0, null, null, null, false, null);
            put(delivery.held() ? row.held(node) : row.waiting(now, delivery.paused()));
        }
        cursor = upTo;
        return FanOutResult.DONE;
    }

    @Override
    public synchronized long subscriptionsVersion() {
        return version;
    }

    @Override
    public long settledSubscriptionsVersion() {
        return subscriptionsVersion();
    }

    @Override
    public synchronized Subscriptions subscriptions() {
        return new Subscriptions(version, List.copyOf(subscriptions.values()));
    }

    @Override
    public synchronized List<Claimed> claim(long node, Map<Long, Integer> room) {
        if (!nodes.containsKey(node)) {
            return List.of();
        }
        Instant now = time.now();
        List<Claimed> claimed = new ArrayList<>();
        room.forEach((subscription, most) -> waiting(subscription).stream()
                .filter(row -> !row.paused() && !dueAt(row).isAfter(now))
                .sorted(Comparator.comparing(this::dueAt))
                .limit(most)
                .forEach(row -> {
                    put(row.held(node));
                    claimed.add(new Claimed(row.key(), row.attempts()));
                }));
        return claimed;
    }

    @Override
    public synchronized List<Claimed> claimed(long node) {
        return rows.values().stream()
                .filter(row -> row.isClaimed() && row.heldBy(node))
                .map(row -> new Claimed(row.key(), row.attempts()))
                .toList();
    }

    @Override
    public synchronized List<DeliveryKey> settle(long node, List<Outcome> outcomes) {
        List<DeliveryKey> written = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            Row row = rows.get(outcome.key());
            if (row != null && row.heldBy(node) && nodes.containsKey(node)) {
                settle(row, outcome);
                written.add(outcome.key());
            }
        }
        return written;
    }

    private void settle(Row row, Outcome outcome) {
        int attempts = outcome.attempts();
        Instant now = time.now();
        switch (outcome) {
            case Outcome.Delivered delivered -> put(row.ended("delivered", attempts, delivered.code(), null));
            case Outcome.Retry retry ->
                requeue(row.ended("retrying", attempts, retry.code(), retry.error()), now.plus(retry.delay()));
            case Outcome.Dead dead -> put(row.ended("dead", attempts, dead.code(), dead.error()));
            case Outcome.Released _ -> requeue(row.ended("pending", attempts, null, null), now);
            case Outcome.Cancelled _ -> put(row.ended("cancelled", attempts, null, null));
        }
    }
}
