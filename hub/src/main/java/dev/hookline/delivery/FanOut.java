package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Priority;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import java.time.Duration;
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
 * crash changes nothing, since a subscription never gets events from before it was made. For the same reason it is enough to
 * ask now and then whether the subscriptions have changed meanwhile, and to match again from the last time that they had not.
 */
final class FanOut {
    private static final int PAGE_EVENTS = 1_000;
    private static final int DELIVERIES_MAX = 5_000;
    private static final long UNSAVED_MAX = 50_000;
    static final Duration CONFIRM_EVERY = Duration.ofMillis(20);

    /** By so much a priority comes before the next lower one where both wait: an old low one before a new high one. */
    private static final Duration HEAD_START = Duration.ofSeconds(30);

    /** What {@link #step} did. */
    enum Step {
        WORKED,
        IDLE,
        /** Idle, but what matched nothing is still to be confirmed: come back within {@link #CONFIRM_EVERY}. */
        UNCONFIRMED,
        NOT_OWNER
    }

    /** Where the deliveries of a fan-out go that this node takes into its memory. */
    interface Hands {
        /** How many more of a subscription there is room for. */
        int room(long subscription);

        /** Some were left due in the store for want of room. */
        void behind(long subscription);

        void take(long holder, List<Held> fresh);

        /** This node is the owner, for as long as it has this id. */
        void owns(long holder);

        void subscriptions(DeliveryStore.Subscriptions loaded);
    }

    private record Batch(List<DeliveryStore.NewDelivery> deliveries, List<Held> held, Set<Long> behind, long upTo) {}

    private final Tail tail;
    private final DeliveryStore store;
    private final Hands hands;
    private final Time time;

    private long owner = -1;
    private DeliveryStore.@Nullable Ownership saved;
    private @Nullable Batch unsure;

    /** Up to where events were matched against subscriptions that may have changed since. */
    private long matched;

    private volatile long confirmed;
    private long confirmedAtNanos;
    private long version = -1;
    private Matcher matcher = new Matcher(List.of(), null);

    FanOut(Tail tail, DeliveryStore store, Hands hands, Time time) {
        this.tail = tail;
        this.store = store;
        this.hands = hands;
        this.time = time;
    }

    /** Up to where events have been fanned out, as far as this node knows; 0 while it is not the owner. */
    long position() {
        return confirmed;
    }

    /** Fans out one page for a node. Under a new id a node owns nothing, and of what it did under the old one nothing stands. */
    Step step(long node) {
        if (node != owner) {
            owner = node;
            saved = null;
            unsure = null;
            confirmed = 0;
        }
        DeliveryStore.Ownership from = saved;
        if (from == null) {
            Optional<DeliveryStore.Ownership> owned = store.own(node);
            if (owned.isEmpty()) {
                return Step.NOT_OWNER;
            }
            from = owned.get();
            hands.owns(node);
            settleUnsure(node, from);
            saved = from;
            standAt(from.position());
        }
        if (version < 0) {
            loadSubscriptions();
        }
        Map<Long, FilterFailure> failures = matcher.takeFailures();
        if (!failures.isEmpty()) {
            store.filtersFailed(failures);
        }
        Tail.Page page = tail.read(null, matched, PAGE_EVENTS);
        if (page.upTo() <= matched) {
            return matched == confirmed ? Step.IDLE : confirmInTime();
        }
        Batch batch = match(page);
        if (batch.deliveries().isEmpty() && batch.upTo() - from.position() < UNSAVED_MAX) {
            matched = batch.upTo();
            confirmInTime();
            return Step.WORKED;
        }
        return write(node, from, batch);
    }

    private void standAt(long position) {
        matched = position;
        confirmed = position;
        confirmedAtNanos = time.nanos();
    }

    /**
     * Asks now and then whether the subscriptions are still those that events were matched against. One that is being made
     * counts from the head as it is now, so from events that were matched without it maybe: these are matched again.
     */
    private Step confirmInTime() {
        if (time.nanos() - confirmedAtNanos < CONFIRM_EVERY.toNanos()) {
            return Step.UNCONFIRMED;
        }
        if (store.settledSubscriptionsVersion() == version) {
            standAt(matched);
        } else {
            matched = confirmed;
            loadSubscriptions();
        }
        return Step.WORKED;
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
                standAt(batch.upTo());
                yield Step.WORKED;
            }
            case SUBSCRIPTIONS_CHANGED -> {
                saved = from;
                matched = confirmed;
                loadSubscriptions();
                yield Step.WORKED;
            }
            case NOT_OWNER -> {
                confirmed = 0;
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
        // Whether something earlier of its record is still to be sent, only the store knows.
        Long lane = subscription.settings().delivery().ordered() ? (Long) RecordLane.of(event.data()) : null;
        boolean take = left > 0 && subscription.active() && lane == null;
        if (take) {
            room.put(subscription.id(), left - 1);
            batch.held().add(new Held(key, event, 0, true));
        } else if (subscription.active()) {
            batch.behind().add(subscription.id());
        }
        batch.deliveries()
                .add(new DeliveryStore.NewDelivery(
                        key, take, lane, headStart(event.data().priority())));
    }

    private static Duration headStart(Priority priority) {
        return switch (priority) {
            case HIGH -> HEAD_START.multipliedBy(2);
            case MEDIUM -> HEAD_START;
            case LOW -> Duration.ZERO;
        };
    }
}
