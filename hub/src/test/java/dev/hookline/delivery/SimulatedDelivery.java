package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import dev.hookline.simulation.Calls;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Delivery as the simulation drives it: one store, the production steps of its nodes, and the invariants of both. */
public final class SimulatedDelivery {
    /** So narrow that a few deliveries fill it. */
    private static final Dispatcher.Settings NARROW = new Dispatcher.Settings(14, 6, 3, 2);

    private static final DeliveryMetrics METRICS = new DeliveryMetrics(new SimpleMeterRegistry(), "default");

    /** What an attempt comes to. */
    public enum Answer {
        TAKEN,
        REFUSED,
        TIMED_OUT
    }

    /** Where attempts go. */
    public interface Receivers {
        /**
         * An attempt is made.
         *
         * @param done gets the answer, once, later
         */
        void receive(long subscription, long position, Consumer<Answer> done);
    }

    /** What a turn of a thread leaves to wait for. */
    public enum Next {
        AT_ONCE,
        SOON,
        EVENTS,
        A_WHILE
    }

    private final MemoryDeliveryStore store;
    private final DeliveryInvariants invariants;

    public SimulatedDelivery(Time time, EventLog log, List<Event> events) {
        this.store = new MemoryDeliveryStore(time, log::head);
        this.invariants = new DeliveryInvariants(time, store, events);
    }

    /** The steps of one node. */
    public final class Node {
        private final ArrayDeque<DeliveryNode.Settling> outcomes = new ArrayDeque<>();
        private final DeliveryNode node;
        private final Receivers receivers;
        private List<DeliveryNode.Settling> left = List.of();

        private Node(EventLog log, Tail tail, Calls calls, Receivers receivers, Time time) {
            this.receivers = receivers;
            this.node = new DeliveryNode(
                    log,
                    tail,
                    new SimulatedStore(store, calls, invariants),
                    new Network(this),
                    new Dispatcher(NARROW, RetryPolicy.FAST),
                    outcomes,
                    time,
                    METRICS,
                    false);
        }

        public long id() {
            return node.id();
        }

        public void join() {
            node.join();
        }

        public Next fanOut() {
            return switch (node.fanOut()) {
                case WORKED -> Next.AT_ONCE;
                case IDLE -> Next.EVENTS;
                case UNCONFIRMED -> Next.SOON;
                case NOT_OWNER -> Next.A_WHILE;
            };
        }

        public void upkeep(boolean changed) {
            node.upkeep(changed);
        }

        /** Writes a batch of outcomes, of a size of chance. */
        public Next settle(RandomGenerator random) {
            if (left.isEmpty()) {
                List<DeliveryNode.Settling> batch = new ArrayList<>();
                for (int most = 1 + random.nextInt(8); most > 0 && !outcomes.isEmpty(); most--) {
                    batch.add(outcomes.remove());
                }
                left = batch;
            }
            left = node.settle(left);
            return !left.isEmpty() ? Next.A_WHILE : outcomes.isEmpty() ? Next.EVENTS : Next.AT_ONCE;
        }

        public void stop() {
            node.stop();
        }

        public void leave() {
            node.leave();
        }

        /** Whether nothing is in memory or under way. */
        public boolean isEmpty() {
            return node.heldCount() == 0 && node.inFlight() == 0 && outcomes.isEmpty() && left.isEmpty();
        }
    }

    /** Attempts to simulated receivers. */
    private final class Network implements DeliveryNode.Network {
        private final Node node;

        private Network(Node node) {
            this.node = node;
        }

        @Override
        public void send(Subscription subscription, Event event, Consumer<Attempt> done) {
            long id = node.id();
            DeliveryKey key = new DeliveryKey(subscription.id(), event.position());
            invariants.sending(id, key);
            node.receivers.receive(subscription.id(), event.position(), answer -> {
                SendResult result = switch (answer) {
                    case TAKEN -> new SendResult.Answered(200);
                    case REFUSED -> new SendResult.Answered(500);
                    case TIMED_OUT -> new SendResult.Failed("timeout", "No complete answer within 10 s");
                };
                if (node.id() == id) {
                    invariants.answered(id, key, result);
                }
                done.accept(Attempts.of(result));
            });
        }

        @Override
        public void retain(Set<Long> subscriptions) {}
    }

    /** A process that has not joined yet. */
    public Node node(EventLog log, Tail tail, Calls calls, Receivers receivers, Time time) {
        return new Node(log, tail, calls, receivers, time);
    }

    public long subscribe(String tenant, String event) {
        return store.add(tenant, URI.create("https://example.org/hook"), event, "a secret")
                .id();
    }

    public void pause(long subscription) {
        store.pause(subscription);
        invariants.rowsMayHaveChanged("pause");
    }

    public void resume(long subscription) {
        store.resume(subscription);
        invariants.rowsMayHaveChanged("resume");
    }

    public void delete(long subscription) {
        store.delete(subscription);
        invariants.rowsMayHaveChanged("delete");
    }

    /** A receiver has taken an event, whether or not its answer gets through in time. */
    public void taken(long subscription, long position) {
        invariants.taken(new DeliveryKey(subscription, position));
    }

    /** What has not ended though it should have, and what was never made; empty when all is well. */
    public String unfinished() {
        List<MemoryDeliveryStore.Row> open = invariants.unfinished();
        List<DeliveryKey> missing = invariants.missing();
        return (open.isEmpty() ? "" : "not ended: " + open) + (missing.isEmpty() ? "" : " never made: " + missing);
    }

    public long deliveries() {
        return store.rows().size();
    }

    public long sends() {
        return invariants.sends();
    }

    public long repeats() {
        return invariants.repeats();
    }

    public static boolean expected(RuntimeException failure) {
        return failure instanceof DeliveryStore.StoreException;
    }
}
