package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Tail;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cursor that turns events into deliveries. It has one owner among the nodes. A step reads what follows the cursor,
 * matches it, and writes the deliveries and the cursor's new position in one transaction, so that each event is fanned out
 * exactly once, whatever dies.
 *
 * <p>Events that match nothing move the cursor in memory only, and in the store now and then: to read them again after a
 * crash changes nothing, since a subscription never gets events from before it was made.
 */
final class FanOut {
    private static final int PAGE_EVENTS = 1_000;
    private static final int DELIVERIES_MAX = 5_000;
    private static final long UNSAVED_MAX = 50_000;

    /** What {@link #step} did. */
    enum Step {
        WORKED,
        IDLE,
        NOT_OWNER
    }

    /** Where the deliveries of a fan-out go that this node takes into its memory. */
    interface Hands {
        /** How many more of a subscription there is room for. */
        int room(long subscription);

        /** Some were left due in the store for want of room. */
        void behind(long subscription);

        void take(long holder, List<Held> fresh);

        void subscriptions(DeliveryStore.Subscriptions loaded);
    }

    private record Batch(List<DeliveryStore.NewDelivery> deliveries, List<Held> held, Set<Long> behind, long upTo) {}

    private final Tail tail;
    private final DeliveryStore store;
    private final Hands hands;

    private long owner = -1;
    private DeliveryStore.@Nullable Ownership saved;
    private @Nullable Batch unsure;
    private volatile long position;
    private long version = -1;
    private Matcher matcher = new Matcher(List.of(), null);

    FanOut(Tail tail, DeliveryStore store, Hands hands) {
        this.tail = tail;
        this.store = store;
        this.hands = hands;
    }

    /** Up to where events have been fanned out, as far as this node knows; 0 while it is not the owner. */
    long position() {
        return position;
    }

    /** Fans out one page for a node. Under a new id a node owns nothing, and of what it did under the old one nothing stands. */
    Step step(long node) {
        if (node != owner) {
            owner = node;
            saved = null;
            unsure = null;
            position = 0;
        }
        DeliveryStore.Ownership from = saved;
        if (from == null) {
            Optional<DeliveryStore.Ownership> owned = store.own(node);
            if (owned.isEmpty()) {
                return Step.NOT_OWNER;
            }
            from = owned.get();
            settleUnsure(node, from);
            saved = from;
            position = from.position();
        }
        if (version < 0) {
            loadSubscriptions();
        }
        Map<Long, FilterFailure> failures = matcher.takeFailures();
        if (!failures.isEmpty()) {
            store.filtersFailed(failures);
        }
        Tail.Page page = tail.read(null, position, PAGE_EVENTS);
        if (page.upTo() <= position) {
            return Step.IDLE;
        }
        Batch batch = match(page);
        if (batch.deliveries().isEmpty() && batch.upTo() - from.position() < UNSAVED_MAX) {
            // One that is being made counts from the head as it is now, so from events of this page maybe.
            if (store.settledSubscriptionsVersion() != version) {
                loadSubscriptions();
                return Step.WORKED;
            }
            position = batch.upTo();
            return Step.WORKED;
        }
        return write(node, from, batch);
    }

    private Step write(long node, DeliveryStore.Ownership from, Batch batch) {
        unsure = batch;
        saved = null;
        DeliveryStore.FanOutResult result = store.fanOut(node, from, batch.upTo(), version, batch.deliveries());
        unsure = null;
        return switch (result) {
            case DONE -> {
                hand(node, batch);
                saved = new DeliveryStore.Ownership(batch.upTo(), from.fence());
                position = batch.upTo();
                yield Step.WORKED;
            }
            case SUBSCRIPTIONS_CHANGED -> {
                saved = from;
                loadSubscriptions();
                yield Step.WORKED;
            }
            case NOT_OWNER -> {
                position = 0;
                yield Step.NOT_OWNER;
            }
        };
    }

    /** The last write's answer was lost: if the cursor stands where it would have put it, it went through. */
    private void settleUnsure(long node, DeliveryStore.Ownership now) {
        Batch batch = unsure;
        unsure = null;
        if (batch != null && batch.upTo() == now.position()) {
            hand(node, batch);
        }
    }

    private void hand(long node, Batch batch) {
        batch.behind().forEach(hands::behind);
        hands.take(node, batch.held());
    }

    private void loadSubscriptions() {
        DeliveryStore.Subscriptions loaded = store.subscriptions();
        matcher = new Matcher(loaded.all(), matcher);
        version = loaded.version();
        hands.subscriptions(loaded);
    }

    private Batch match(Tail.Page page) {
        Batch batch = new Batch(new ArrayList<>(), new ArrayList<>(), new HashSet<>(), page.upTo());
        Map<Long, Integer> room = new HashMap<>();
        for (Event event : page.events()) {
            if (batch.deliveries().size() >= DELIVERIES_MAX) {
                return new Batch(batch.deliveries(), batch.held(), batch.behind(), event.position() - 1);
            }
            matcher.match(event, subscription -> add(event, subscription, batch, room));
        }
        return batch;
    }

    private void add(Event event, Subscription subscription, Batch batch, Map<Long, Integer> room) {
        DeliveryKey key = new DeliveryKey(subscription.id(), event.position());
        int left = room.computeIfAbsent(subscription.id(), hands::room);
        boolean take = left > 0 && subscription.active();
        if (take) {
            room.put(subscription.id(), left - 1);
            batch.held().add(new Held(key, event, 0, true));
        } else if (subscription.active()) {
            batch.behind().add(subscription.id());
        }
        batch.deliveries().add(new DeliveryStore.NewDelivery(key, take, !subscription.active()));
    }
}
