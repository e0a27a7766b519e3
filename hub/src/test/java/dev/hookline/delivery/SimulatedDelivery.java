package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import dev.hookline.simulation.Calls;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Delivery as the simulation drives it: one store, the production steps of its nodes, and the invariants of both. */
public final class SimulatedDelivery {
    /** So narrow that a few deliveries fill it. */
    static final Dispatcher.Settings NARROW =
            new Dispatcher.Settings(14, 6, 3, new Pace.Breaker(2, Duration.ofMillis(500), Duration.ofSeconds(2)));

    private static final DeliveryMetrics METRICS = new DeliveryMetrics(new SimpleMeterRegistry(), "default");

    /** What an attempt comes to. */
    public enum Answer {
        TAKEN,
        REFUSED,
        TIMED_OUT,
        /** 429, with a {@code Retry-After} of {@link #BUSY_FOR}. */
        BUSY,
        /** 410. */
        GONE
    }

    /** What a subscription asks for. */
    public record Wishes(
            boolean ordered,
            boolean continues,
            @Nullable Integer concurrency,
            @Nullable Integer perSecond) {
        public static final Wishes NONE = new Wishes(false, false, null, null);

        DeliverySettings settings() {
            return new DeliverySettings(
                    RetryPolicy.FAST,
                    null,
                    ordered,
                    continues ? DeliverySettings.OnDead.CONTINUE : DeliverySettings.OnDead.BLOCK,
                    concurrency,
                    perSecond);
        }
    }

    private static final Duration BUSY_FOR = Duration.ofSeconds(3);

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

        private Node(EventLog log, Tail tail, Calls calls, Receivers receivers, Time time, RandomGenerator random) {
            this.receivers = receivers;
            this.node = new DeliveryNode(
                    log,
                    tail,
                    new SimulatedStore(store, calls, invariants),
                    new Network(this),
                    new Dispatcher(NARROW, random::nextDouble),
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
            invariants.sending(id, subscription, key);
            node.receivers.receive(subscription.id(), event.position(), answer -> {
                Exchange exchange = exchange(answer);
                if (node.id() == id) {
                    invariants.answered(id, subscription, key, exchange);
                }
                done.accept(new Attempt(Instant.EPOCH, Map.of(), Buffer.buffer(), exchange));
            });
        }

        private static Exchange exchange(Answer answer) {
            return switch (answer) {
                case TAKEN -> answered(200, null);
                case REFUSED -> answered(500, null);
                case TIMED_OUT -> Exchange.failed(SendResult.TIMEOUT, "No complete answer within 10 s");
                case BUSY -> answered(429, BUSY_FOR);
                case GONE -> answered(410, null);
            };
        }

        private static Exchange answered(int code, @Nullable Duration retryAfter) {
            return new Exchange(
                    new SendResult.Answered(code),
                    new Exchange.Answer(code, "HTTP/1.1", Buffer.buffer(), retryAfter),
                    Exchange.Timing.NONE);
        }

        @Override
        public void retain(Set<Long> subscriptions) {}
    }

    /** A process that has not joined yet. */
    public Node node(EventLog log, Tail tail, Calls calls, Receivers receivers, Time time, RandomGenerator random) {
        return new Node(log, tail, calls, receivers, time, random);
    }

    public long subscribe(String tenant, String event, Wishes wishes) {
        return store.addWith(wishes.settings(), tenant, URI.create("https://example.org/hook"), event)
                .id();
    }

    /** Lets go on what waits behind dead deliveries. */
    public void skipDead() {
        for (MemoryDeliveryStore.Row row : store.rows()) {
            if (row.blocks()) {
                store.skip(row.key());
                invariants.skipped(row.key());
            }
        }
        invariants.rowsMayHaveChanged("skip");
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

    /** Whether everything has come to its end; {@link #unfinished} says what has not. */
    public boolean isFinished() {
        return invariants.unfinished().isEmpty() && invariants.missing().isEmpty();
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
