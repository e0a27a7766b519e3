package dev.hookline.delivery;

import dev.hookline.delivery.DeliveryNode.Settling;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives delivery on one node, on three threads that may block: one fans out, one writes outcomes in batches, and one keeps
 * the lease, claims what is due and buries dead nodes. All decisions are steps of {@link DeliveryNode}; here are the threads
 * and what they wait for. Attempts run on the event loops. No transaction is open during an attempt.
 */
public final class Deliveries implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
    private static final Duration IDLE_WAIT = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration OUTCOMES_WAIT = Duration.ofMillis(10);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);
    private static final int OUTCOMES_MAX = 1_000;

    private final DeliveryNode node;
    private final DeliveryMetrics metrics;
    private final Time time;
    private final BlockingQueue<Settling> outcomes = new LinkedBlockingQueue<>();
    private final Semaphore newEvents = new Semaphore(0);
    private final Semaphore lookNow = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();
    private volatile List<Settling> unwritten = List.of();
    private long unwrittenAtNanos;
    private volatile boolean changed;
    private volatile boolean stopped;

    /**
     * Delivery on PostgreSQL.
     *
     * @param direct connections outside the pool, on which no plan scans a table
     * @param alone no other node can be on this database
     */
    public Deliveries(
            Vertx vertx,
            EventLog log,
            Tail tail,
            DataSource direct,
            PostgresSubscriptions subscriptions,
            AddressRules rules,
            Time time,
            MeterRegistry registry,
            String tenant,
            boolean alone) {
        this(vertx, log, tail, new PostgresDeliveryStore(direct, subscriptions), rules, time, registry, tenant, alone);
    }

    Deliveries(
            Vertx vertx,
            EventLog log,
            Tail tail,
            DeliveryStore store,
            AddressRules rules,
            Time time,
            MeterRegistry registry,
            String tenant,
            boolean alone) {
        this.time = time;
        this.metrics = new DeliveryMetrics(registry, tenant);
        this.node = new DeliveryNode(
                log,
                tail,
                store,
                new Sender(vertx, rules, new JdkHostNames(), time, Dispatcher.Settings.DEFAULT.atOnceMax()),
                new Dispatcher(Dispatcher.Settings.DEFAULT, Ids::chance),
                outcomes,
                time,
                metrics,
                alone);
        tail.onAppend(newEvents::release);
        Gauge.builder("webhook.deliveries.held", node, DeliveryNode::heldCount)
                .description("Deliveries in this node's memory")
                .register(registry);
        Gauge.builder("webhook.deliveries.in.flight", node, DeliveryNode::inFlight)
                .description("Attempts under way")
                .register(registry);
    }

    /** Joins as a node and starts. */
    public void start() {
        node.join();
        threads.add(Thread.ofPlatform().name("fan-out").start(() -> keepOn("fan-out", this::fanOutOnce)));
        threads.add(Thread.ofPlatform().name("deliveries").start(() -> keepOn("delivery upkeep", this::upkeepOnce)));
        threads.add(Thread.ofPlatform().name("outcomes").start(() -> keepOn("outcomes", this::settleOnce)));
    }

    /** Says that a subscription was changed here, so that it takes effect at once. */
    void subscriptionsChanged() {
        lookNow();
    }

    /** From this position on events are not fanned out, or not settled by this node; above the head where all are. */
    public long unsettledFrom() {
        return node.unsettledFrom();
    }

    /** Says that deliveries were made due by another way than an attempt, so that they are looked for at once. */
    public void lookNow() {
        changed = true;
        lookNow.release();
    }

    /** Counts deliveries that retention gave up; null for an event that is not known any more. */
    public void gaveUp(@Nullable String event, @Nullable String eventTenant, long count) {
        metrics.gaveUp(event, eventTenant, count);
    }

    private interface Turn {
        void run() throws InterruptedException;
    }

    /** Runs turns until the end; one that fails is said, and tried again. */
    private void keepOn(String name, Turn turn) {
        while (!stopped) {
            try {
                turn.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn("{} failed and is tried again: {}", name, e.toString());
                if (!pause(IDLE_WAIT)) {
                    return;
                }
            }
        }
    }

    private boolean pause(Duration duration) {
        try {
            time.sleep(duration);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void fanOutOnce() throws InterruptedException {
        if (node.stopping()) {
            time.sleep(TICK);
            return;
        }
        switch (node.fanOut()) {
            case WORKED -> lookIfDue();
            case IDLE -> awaitEvents(IDLE_WAIT);
            case UNCONFIRMED -> awaitEvents(FanOut.CONFIRM_EVERY);
            case NOT_OWNER -> time.sleep(IDLE_WAIT);
        }
    }

    private void awaitEvents(Duration atMost) throws InterruptedException {
        newEvents.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
        newEvents.drainPermits();
    }

    private void upkeepOnce() throws InterruptedException {
        if (lookNow.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
            lookNow.drainPermits();
        }
        boolean look = changed;
        changed = false;
        node.upkeep(look);
    }

    /** What could not be written comes again after a while, beside what is new. */
    private void settleOnce() throws InterruptedException {
        List<Settling> batch = gather();
        List<Settling> failed = node.settle(batch);
        boolean none = !batch.isEmpty() && failed.size() == batch.size();
        if (!unwritten.isEmpty() && time.nanos() - unwrittenAtNanos > IDLE_WAIT.toNanos()) {
            List<Settling> again = unwritten.subList(0, Math.min(OUTCOMES_MAX, unwritten.size()));
            failed = Stream.concat(failed.stream(), node.settle(again).stream()).toList();
            unwritten = unwritten.subList(again.size(), unwritten.size());
        }
        if (!failed.isEmpty()) {
            unwritten = Stream.concat(unwritten.stream(), failed.stream()).toList();
            unwrittenAtNanos = time.nanos();
            if (none) {
                time.sleep(IDLE_WAIT);
            }
        }
        lookIfDue();
    }

    private void lookIfDue() {
        if (node.hasRoomForDue()) {
            lookNow.release();
        }
    }

    /** What is to be written, as many as come within a short wait after the first. */
    private List<Settling> gather() throws InterruptedException {
        List<Settling> batch = new ArrayList<>();
        Settling next = outcomes.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
        long until = time.nanos() + OUTCOMES_WAIT.toNanos();
        while (next != null) {
            batch.add(next);
            next = batch.size() < OUTCOMES_MAX ? outcomes.poll(until - time.nanos(), TimeUnit.NANOSECONDS) : null;
        }
        return batch;
    }

    /** Lets attempts under way end, writes what became of them, and leaves: the rest is due for other nodes. */
    @Override
    public void close() {
        node.stop();
        long until = time.nanos() + STOP_WAIT.toNanos();
        while ((node.inFlight() > 0 || !outcomes.isEmpty() || !unwritten.isEmpty())
                && time.nanos() < until
                && pause(OUTCOMES_WAIT)) {}
        stopped = true;
        try {
            for (Thread thread : threads) {
                thread.join(STOP_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            node.leave();
        } catch (DeliveryStore.StoreException e) {
            LOG.warn("This node could not sign off; what it held is due when its lease ends: {}", e.getMessage());
        }
    }
}
