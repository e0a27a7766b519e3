package dev.hookline.delivery;

import dev.hookline.kernel.Time;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
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
     * @param lane of an ordered subscription, the record's
     */
    record Row(
            DeliveryKey key,
            String status,
            int attempts,
            @Nullable Integer lastCode,
            @Nullable String lastError,
            @Nullable Instant dueAt,
            @Nullable Long holder,
            @Nullable Long lane) {
        private boolean heldBy(long node) {
            return holder != null && holder == node;
        }

        private boolean isClaimed() {
            return dueAt != null && holder != null;
        }

        private Row waiting(Instant at) {
            return new Row(key, status, attempts, lastCode, lastError, at, null, lane);
        }

        private Row held(long node) {
            return new Row(key, status, attempts, lastCode, lastError, dueAt, node, lane);
        }

        private Row ended(String as, int after, @Nullable Integer code, @Nullable String error) {
            return new Row(key, as, after, code, error, null, null, lane);
        }

        private Row anew(Instant at) {
            return new Row(key, "pending", 0, lastCode, lastError, at, null, lane);
        }

        boolean blocks() {
            return BLOCKED.equals(dueAt);
        }

        private Row unblocked() {
            return ended("dead", attempts, lastCode, lastError);
        }

        private Row cancelled() {
            return ended("cancelled", attempts, lastCode, lastError);
        }
    }

    /** When a dead delivery is due that keeps back what follows of its record. */
    private static final Instant BLOCKED = Instant.MAX;

    /** Few, so that it takes some calls where more wait. */
    private static final int CANCELLED_MAX = 3;

    private record Lease(Instant until, long lowWater) {}

    private static final Comparator<DeliveryKey> KEYS =
            Comparator.comparingLong(DeliveryKey::position).thenComparingLong(DeliveryKey::subscription);

    private final Time time;
    private final LongSupplier head;
    private final Map<Long, Lease> nodes = new TreeMap<>();
    private final Map<Long, Subscription> subscriptions = new TreeMap<>();
    private final Map<DeliveryKey, Row> rows = new TreeMap<>(KEYS);
    private long changes;
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
    }

    synchronized void resume(long subscription) {
        setActive(subscription, true);
        Instant now = time.now();
        waiting(subscription).stream()
                .filter(row -> !row.blocks() && dueAt(row).isAfter(now))
                .forEach(row -> put(row.waiting(now)));
    }

    /** Ends a subscription; what waits for it is cancelled by {@link #cancelDeleted}. */
    synchronized void delete(long subscription) {
        version++;
        subscriptions.remove(subscription);
    }

    /** Lets go on what waits behind a dead delivery, which stays dead; false when nothing waits behind it. */
    synchronized boolean skip(DeliveryKey key) {
        Row row = rows.get(key);
        if (row == null || !row.blocks()) {
            return false;
        }
        put(row.unblocked());
        return true;
    }

    /** Makes a dead delivery that others wait behind due again, from its first attempt; false when it is none. */
    synchronized boolean replay(DeliveryKey key) {
        Row row = rows.get(key);
        if (row == null || !row.blocks()) {
            return false;
        }
        put(row.anew(time.now()));
        return true;
    }

    /** The owner of the fan-out. */
    synchronized @Nullable Long owner() {
        return owner;
    }

    /** Makes a subscription with settings of its own. */
    synchronized Subscription addWith(DeliverySettings delivery, String tenant, URI url, String event) {
        Subscription made = add(tenant, url, event, "a secret of some length");
        Subscription with = made.with(made.settings().with(delivery));
        subscriptions.put(made.id(), with);
        return with;
    }

    /** Gives a subscription other settings. */
    synchronized void change(long id, DeliverySettings delivery) {
        version++;
        subscriptions.computeIfPresent(id, (_, old) -> old.with(old.settings().with(delivery)));
    }

    private void setActive(long id, boolean active) {
        version++;
        subscriptions.computeIfPresent(id, (_, old) -> old.withActive(active, time.now()));
    }

    private List<Row> waiting(long subscription) {
        return open(subscription).stream().filter(row -> row.holder() == null).toList();
    }

    /** What waits, was claimed, or blocks. */
    private List<Row> open(long subscription) {
        List<Row> open = new ArrayList<>();
        for (Row row : rows.values()) {
            if (row.dueAt() != null && row.key().subscription() == subscription) {
                open.add(row);
            }
        }
        return open;
    }

    private Instant dueAt(Row row) {
        Instant dueAt = row.dueAt();
        return dueAt == null ? time.now() : dueAt;
    }

    private void put(Row row) {
        changes++;
        rows.put(row.key(), row);
    }

    /** Counted up with every change of a row. */
    synchronized long changes() {
        return changes;
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

    /** Makes a delivery wait, unless its subscription is gone. */
    private void requeue(Row row, Instant at) {
        put(subscriptions.containsKey(row.key().subscription()) ? row.waiting(at) : row.cancelled());
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
            Row row = new Row(delivery.key(), "pending", 0, null, null, null, null, delivery.lane());
            put(delivery.held() ? row.held(node) : row.waiting(now.minus(delivery.headStart())));
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
    public synchronized Claim claim(long node, Map<Long, Integer> room) {
        List<Claimed> claimed = new ArrayList<>();
        Map<Long, Integer> seen = new HashMap<>();
        if (!nodes.containsKey(node)) {
            return new Claim(claimed, seen);
        }
        Instant now = time.now();
        room.forEach((subscription, most) -> {
            Subscription asked = subscriptions.get(subscription);
            if (asked == null || !asked.active()) {
                return;
            }
            List<Row> open = open(subscription);
            Map<Long, Long> first = firstOfLanes(open);
            open.stream()
                    .filter(row -> row.holder() == null)
                    .filter(row -> !dueAt(row).isAfter(now))
                    .filter(row -> row.lane() == null
                            || Long.valueOf(row.key().position()).equals(first.get(row.lane())))
                    .sorted(Comparator.comparing(this::dueAt))
                    .limit(most)
                    .forEach(row -> {
                        put(row.held(node));
                        claimed.add(new Claimed(row.key(), row.attempts()));
                        seen.merge(subscription, 1, Integer::sum);
                    });
        });
        return new Claim(claimed, seen);
    }

    /** The lowest position of each lane among these. */
    private static Map<Long, Long> firstOfLanes(List<Row> open) {
        Map<Long, Long> first = new HashMap<>();
        for (Row row : open) {
            if (row.lane() != null) {
                first.merge(row.lane(), row.key().position(), Math::min);
            }
        }
        return first;
    }

    @Override
    public synchronized void disable(Subscription subscription, String reason) {
        Subscription now = subscriptions.get(subscription.id());
        if (now != null && now.revision() == subscription.revision()) {
            pause(subscription.id());
            subscriptions.computeIfPresent(subscription.id(), (_, paused) -> paused.disabled(reason));
        }
    }

    @Override
    public synchronized boolean cancelDeleted() {
        List<Row> waiting = rows.values().stream()
                .filter(row -> row.dueAt() != null && row.holder() == null)
                .filter(row -> !subscriptions.containsKey(row.key().subscription()))
                .limit(CANCELLED_MAX + 1L)
                .toList();
        waiting.stream().limit(CANCELLED_MAX).forEach(row -> put(row.blocks() ? row.unblocked() : row.cancelled()));
        return waiting.size() > CANCELLED_MAX;
    }

    @Override
    public synchronized void unblock(Collection<Long> ids) {
        ids.forEach(id -> waiting(id).stream().filter(row -> row.blocks()).forEach(row -> put(row.unblocked())));
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
            if (row != null && row.heldBy(node) && nodes.containsKey(node) && isOfThisHold(row, outcome)) {
                settle(row, outcome);
                written.add(outcome.key());
            }
        }
        return written;
    }

    /** An attempt that was counted already was one of an earlier hold. */
    private static boolean isOfThisHold(Row row, Outcome outcome) {
        return outcome.attempts() > row.attempts()
                || (outcome.attempts() == row.attempts() && !(outcome instanceof Outcome.Retry));
    }

    private void settle(Row row, Outcome outcome) {
        int attempts = outcome.attempts();
        Instant now = time.now();
        switch (outcome) {
            case Outcome.Delivered delivered -> put(row.ended("delivered", attempts, delivered.code(), null));
            case Outcome.Retry retry ->
                requeue(row.ended("retrying", attempts, retry.code(), retry.error()), now.plus(retry.delay()));
            case Outcome.Dead dead -> {
                Row ended = row.ended("dead", attempts, dead.code(), dead.error());
                boolean blocks = dead.blocks() && row.lane() != null;
                put(blocks && subscriptions.containsKey(row.key().subscription()) ? ended.waiting(BLOCKED) : ended);
            }
            case Outcome.Released _ -> requeue(row.ended("pending", attempts, null, null), now);
            case Outcome.Cancelled _ -> put(row.ended("cancelled", attempts, null, null));
        }
    }
}
