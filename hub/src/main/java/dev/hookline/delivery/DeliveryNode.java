package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's part in delivery, as steps: what a node does when it fans out, when it looks after its lease and what is due,
 * when an attempt ends, and when outcomes are written. A step waits for the store and the log, and for nothing else; who
 * drives the steps, {@link Deliveries} with threads or the simulation with a scheduler, brings the waiting.
 *
 * <p>{@link #fanOut}, {@link #upkeep} and {@link #settle} have one driver each, and may run beside each other.
 */
final class DeliveryNode {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryNode.class);
    static final Duration LEASE = Duration.ofSeconds(15);

    /** The id of a node that has none: it was buried, and has not joined anew yet. */
    static final long NONE = 0;

    /** How attempts get out. */
    interface Network {
        /**
         * Starts an attempt; never blocks.
         *
         * @param done gets what came of it, once, and not within this call
         */
        void send(Subscription subscription, Event event, Consumer<Attempt> done);

        /** Lets go of what is kept for subscriptions that are no more. */
        void retain(Set<Long> subscriptions);
    }

    /**
     * An outcome of this node, under the id it had when it took the delivery.
     *
     * @param attempt that it came from; null when none was made
     */
    record Settling(long node, Outcome outcome, @Nullable Attempt attempt) {
        Settling(long node, Outcome outcome) {
            this(node, outcome, null);
        }
    }

    private final DeliveryStore store;
    private final Network network;
    private final Time time;
    private final DeliveryMetrics metrics;
    private final FanOut fanOut;
    private final Upkeep upkeep;
    private final boolean alone;

    /** Guards itself, and changes of {@link #node}. */
    private final Dispatcher dispatcher;

    private final Queue<Settling> outcomes;
    private volatile long node = NONE;
    private volatile boolean stopping;

    /** Until then nobody has buried this node. Counted from before the store was asked, so it is never later than there. */
    private volatile long leaseEndNanos;

    private long appliedVersion = -1;

    /** A subscription whose receiver said that it is gone, with what it answered. */
    private record Gone(Subscription subscription, String reason) {}

    /** By the subscription's id, so that the simulation's seeds run the same way in every process. */
    private final Map<Long, Gone> gone = new ConcurrentSkipListMap<>();

    /**
     * A node that has not joined yet.
     *
     * @param outcomes where what is to be written is left, for the driver to bring to {@link #settle}
     * @param alone no other node can be on this store
     */
    DeliveryNode(
            EventLog log,
            Tail tail,
            DeliveryStore store,
            Network network,
            Dispatcher dispatcher,
            Queue<Settling> outcomes,
            Time time,
            DeliveryMetrics metrics,
            boolean alone) {
        this.store = store;
        this.network = network;
        this.dispatcher = dispatcher;
        this.outcomes = outcomes;
        this.time = time;
        this.metrics = metrics;
        this.alone = alone;
        this.fanOut = new FanOut(tail, store, new Hands(), time);
        this.upkeep = new Upkeep(this, log, store, time, metrics);
    }

    /** Joins, under a new id. */
    void join() {
        long from = time.nanos();
        long joined = store.join(LEASE, alone);
        leaseEndNanos = from + LEASE.toNanos();
        node = joined;
    }

    /** Renews the lease; false when this node was buried. What waited for the renewal is sent now. */
    boolean renew() {
        long holder = node;
        long from = time.nanos();
        if (holder == NONE || !store.renew(holder, LEASE, lowWater())) {
            return false;
        }
        leaseEndNanos = from + LEASE.toNanos();
        take(holder, List.of());
        return true;
    }

    /**
     * Whether attempts may start. A node that stood still for longer than its lease may have been buried: what it has in
     * memory others may have delivered meanwhile.
     */
    private boolean maySend() {
        return !stopping && time.nanos() < leaseEndNanos;
    }

    /** Starts no more attempts, and takes nothing more. */
    void stop() {
        stopping = true;
    }

    boolean stopping() {
        return stopping;
    }

    /** Leaves: what it holds is due for others. */
    void leave() {
        long last = node;
        if (last != NONE) {
            store.leave(last);
        }
    }

    /** The id it has now. */
    long id() {
        return node;
    }

    /** Fans out a page, if this node owns the cursor. */
    FanOut.Step fanOut() {
        long holder = node;
        return holder == NONE || stopping ? FanOut.Step.NOT_OWNER : fanOut.step(holder);
    }

    /**
     * Keeps the lease, looks for what is due here and elsewhere, and for changes of subscriptions, each in its time.
     *
     * @param changed a subscription was changed here: look now
     */
    void upkeep(boolean changed) {
        if (!stopping) {
            upkeep.turn(changed);
        }
    }

    /** Writes outcomes. Answers those that could not be written yet; they have to come again, later. */
    List<Settling> settle(List<Settling> batch) {
        Map<Long, List<Settling>> byNode = batch.stream().collect(Collectors.groupingBy(Settling::node));
        List<Settling> left = new ArrayList<>();
        byNode.forEach((holder, ofOne) -> left.addAll(settle(holder, ofOne)));
        return left;
    }

    /** One that the store cannot hold keeps none of the others. */
    private List<Settling> settle(long holder, List<Settling> settling) {
        List<Outcome> batch = settling.stream().map(Settling::outcome).toList();
        if (holder == node) {
            try {
                int written = store.settle(holder, batch, attempts(settling)).size();
                if (written < batch.size()) {
                    LOG.info("{} outcomes were no longer ours to write", batch.size() - written);
                }
            } catch (RuntimeException e) {
                int half = settling.size() / 2;
                if (e instanceof DeliveryStore.StoreException refused && refused.blamesData() && half > 0) {
                    List<Settling> left = new ArrayList<>(settle(holder, settling.subList(0, half)));
                    left.addAll(settle(holder, settling.subList(half, settling.size())));
                    return left;
                }
                LOG.warn("{} outcomes cannot be written yet: {}", settling.size(), e.toString());
                return settling;
            }
        }
        synchronized (dispatcher) {
            if (holder == node) {
                dispatcher.settled(batch, time.nanos());
            }
        }
        return List.of();
    }

    private static Map<DeliveryKey, Attempt> attempts(List<Settling> settling) {
        Map<DeliveryKey, Attempt> attempts = new HashMap<>();
        settling.forEach(one -> {
            if (one.attempt() != null) {
                attempts.put(one.outcome().key(), one.attempt());
            }
        });
        return attempts;
    }

    /** Others have buried this node: forgets everything, and joins anew. */
    void startAnew() {
        synchronized (dispatcher) {
            dispatcher.forget();
            outcomes.clear();
            node = NONE;
        }
        join();
    }

    /** Takes deliveries that were given to this node under an id that it may have lost since. */
    void take(long holder, List<Held> items) {
        List<Dispatcher.Send> sends;
        synchronized (dispatcher) {
            if (holder != node) {
                return;
            }
            long now = time.nanos();
            dispatcher.take(items, now).forEach(back -> outcomes.add(new Settling(holder, back)));
            sends = maySend() ? dispatcher.next(now) : List.of();
        }
        pump(holder, sends);
    }

    /** Starts what may be sent by now and was held back before: by a throttle, or by a receiver that asked for a pause. */
    void sendDue() {
        take(node, List.of());
    }

    /** Disables the subscriptions whose receiver is gone. */
    void disableGone() {
        gone.forEach((id, one) -> {
            store.disable(one.subscription, one.reason);
            gone.remove(id, one);
            LOG.warn("Subscription {} was disabled: {}", id, one.reason);
        });
    }

    /** Leaves an outcome to be written, of a delivery that the store knows held and that is not in memory. */
    void settleLater(long holder, Outcome outcome) {
        synchronized (dispatcher) {
            if (holder == node) {
                dispatcher.settling(outcome);
                outcomes.add(new Settling(holder, outcome));
            }
        }
    }

    /** Gives up what was claimed and whose event is gone: of what type it was is not known any more. */
    void giveUp(long holder, DeliveryStore.Claimed lost) {
        synchronized (dispatcher) {
            if (holder == node) {
                metrics.gaveUp(null, dispatcher.tenant(lost.key().subscription()), 1);
                settleLater(
                        holder,
                        new Outcome.Dead(lost.key(), lost.attempts(), null, "The event is no longer in the log"));
            }
        }
    }

    /** Starts attempts, of deliveries that were taken under the id given. */
    private void pump(long holder, List<Dispatcher.Send> sends) {
        for (Dispatcher.Send send : sends) {
            long from = time.nanos();
            network.send(send.subscription(), send.held().event(), attempt -> sent(send, attempt, holder, from));
        }
    }

    private void sent(Dispatcher.Send send, Attempt attempt, long holder, long from) {
        SendResult result = attempt.result();
        Event event = send.held().event();
        String type = event.data().eventType();
        metrics.attempted(type, event.tenant(), result, time.nanos() - from);
        List<Dispatcher.Send> next;
        synchronized (dispatcher) {
            if (holder != node) {
                return;
            }
            long now = time.nanos();
            dispatcher.sent(send, attempt.exchange(), now).ifPresent(outcome -> {
                metrics.settled(type, event.tenant(), outcome, result);
                outcomes.add(new Settling(holder, outcome, attempt));
            });
            if (Dispatcher.isGone(result)) {
                gone.put(send.subscription().id(), new Gone(send.subscription(), result.error()));
            }
            dispatcher
                    .giveBackShut(send.subscription().id(), now)
                    .forEach(back -> outcomes.add(new Settling(holder, back)));
            next = maySend() ? dispatcher.next(send.subscription().id(), now) : List.of();
        }
        pump(holder, next);
    }

    /** Two drivers load subscriptions; the older answer may come last. */
    void apply(DeliveryStore.Subscriptions loaded) {
        synchronized (dispatcher) {
            if (loaded.version() < appliedVersion) {
                return;
            }
            appliedVersion = loaded.version();
            dispatcher.subscriptions(loaded.all()).forEach(back -> outcomes.add(new Settling(node, back)));
            network.retain(loaded.all().stream().map(Subscription::id).collect(Collectors.toSet()));
        }
    }

    boolean isFull() {
        synchronized (dispatcher) {
            return dispatcher.isFull();
        }
    }

    /** Whether deliveries are known to be due for which there is room: then {@link #upkeep} is not to wait. */
    boolean hasRoomForDue() {
        synchronized (dispatcher) {
            return dispatcher.hasRoomForDue(time.nanos());
        }
    }

    int heldCount() {
        synchronized (dispatcher) {
            return dispatcher.heldCount();
        }
    }

    int inFlight() {
        synchronized (dispatcher) {
            return dispatcher.inFlight();
        }
    }

    /** Those of the keys that are in memory, or on their way from there to the store. */
    Set<DeliveryKey> known(Collection<DeliveryKey> keys) {
        synchronized (dispatcher) {
            return keys.stream().filter(dispatcher::knows).collect(Collectors.toSet());
        }
    }

    Dispatcher.Known known() {
        synchronized (dispatcher) {
            return dispatcher.known();
        }
    }

    /** Below it this node holds nothing from fan-out. */
    private long lowWater() {
        long fannedOut = fanOut.position();
        synchronized (dispatcher) {
            return dispatcher.lowWater(fannedOut);
        }
    }

    /** The lowest position that is not settled here, or that is to be fanned out next; none for a node that has neither. */
    long unsettledFrom() {
        long fannedOut = fanOut.position();
        synchronized (dispatcher) {
            return Math.min(dispatcher.lowWater(Long.MAX_VALUE), fannedOut == 0 ? Long.MAX_VALUE : fannedOut + 1);
        }
    }

    /** How many of which subscriptions to claim; see {@link Dispatcher#roomForDue}. */
    Map<Long, Integer> roomForDue(long nowNanos, boolean all) {
        synchronized (dispatcher) {
            return dispatcher.roomForDue(nowNanos, all);
        }
    }

    /** What a claim looked at, of what it asked for. */
    void claimed(Map<Long, Integer> asked, Map<Long, Integer> seen) {
        synchronized (dispatcher) {
            dispatcher.claimed(asked, seen);
        }
    }

    private final class Hands implements FanOut.Hands {
        @Override
        public int room(long subscription) {
            synchronized (dispatcher) {
                return dispatcher.roomForFresh(subscription, time.nanos());
            }
        }

        @Override
        public void behind(long subscription) {
            synchronized (dispatcher) {
                dispatcher.behind(subscription);
            }
        }

        @Override
        public void take(long holder, List<Held> fresh) {
            DeliveryNode.this.take(holder, fresh);
        }

        @Override
        public void owns(long holder) {
            synchronized (dispatcher) {
                if (holder == node) {
                    dispatcher.ownsFanOut();
                }
            }
        }

        @Override
        public void subscriptions(DeliveryStore.Subscriptions loaded) {
            apply(loaded);
        }
    }
}
