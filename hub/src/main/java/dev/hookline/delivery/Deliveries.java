package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives delivery on one node, on three threads that may block: one fans out, one writes outcomes in batches, and one keeps
 * the lease, claims what is due and buries dead nodes. All decisions are in {@link FanOut} and {@link Dispatcher}; attempts
 * run on the event loops. No transaction is open during an attempt.
 */
public final class Deliveries implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(3);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration OUTCOMES_WAIT = Duration.ofMillis(10);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);
    private static final int OUTCOMES_MAX = 1_000;

    /** An outcome of this node, under the id it had when it took the delivery. */
    private record Settling(long node, Outcome outcome) {}

    private final EventLog log;
    private final DeliveryStore store;
    private final Sender sender;
    private final Time time;
    private final DeliveryMetrics metrics;
    private final FanOut fanOut;
    private final boolean alone;

    /** Guards itself. */
    private final Dispatcher dispatcher;

    private final BlockingQueue<Settling> outcomes = new LinkedBlockingQueue<>();
    private final Semaphore newEvents = new Semaphore(0);
    private final Semaphore lookNow = new Semaphore(0);
    private final List<Thread> threads = new ArrayList<>();
    private volatile long node;
    private volatile boolean stopping;
    private volatile boolean stopped;
    private long knownVersion = -1;
    private long appliedVersion = -1;

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
        this.log = log;
        this.time = time;
        this.alone = alone;
        this.store = store;
        this.dispatcher = new Dispatcher(Dispatcher.Settings.DEFAULT, RetryPolicy.FAST);
        this.sender = new Sender(vertx, rules, new JdkHostNames(), time, Dispatcher.Settings.DEFAULT.atOnceMax());
        this.metrics = new DeliveryMetrics(registry, tenant);
        this.fanOut = new FanOut(tail, store, new Hands());
        tail.onAppend(newEvents::release);
        Gauge.builder("webhook.deliveries.held", this, Deliveries::held)
                .description("Deliveries in this node's memory")
                .register(registry);
        Gauge.builder("webhook.deliveries.in.flight", this, Deliveries::inFlight)
                .description("Attempts under way")
                .register(registry);
    }

    private boolean full() {
        synchronized (dispatcher) {
            return dispatcher.isFull();
        }
    }

    private double held() {
        synchronized (dispatcher) {
            return dispatcher.heldCount();
        }
    }

    private double inFlight() {
        synchronized (dispatcher) {
            return dispatcher.inFlight();
        }
    }

    /** Joins as a node and starts. */
    public void start() {
        node = store.join(LEASE, alone);
        threads.add(Thread.ofPlatform().name("fan-out").start(() -> keepOn("fan-out", this::fanOutOnce)));
        threads.add(Thread.ofPlatform().name("deliveries").start(new Upkeep()));
        threads.add(Thread.ofPlatform().name("outcomes").start(() -> keepOn("outcomes", this::settleOnce)));
    }

    /** Says that a subscription was changed here, so that it takes effect at once. */
    void subscriptionsChanged() {
        lookNow.release();
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
                if (!pause(LOOK_EVERY)) {
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
        if (stopping) {
            time.sleep(TICK);
            return;
        }
        switch (fanOut.step(node)) {
            case WORKED -> {}
            case IDLE -> {
                newEvents.tryAcquire(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                newEvents.drainPermits();
            }
            case NOT_OWNER -> time.sleep(LOOK_EVERY);
        }
    }

    private void settleOnce() throws InterruptedException {
        Settling first = outcomes.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        List<Settling> batch = new ArrayList<>(List.of(first));
        long until = time.nanos() + OUTCOMES_WAIT.toNanos();
        while (batch.size() < OUTCOMES_MAX) {
            Settling next = outcomes.poll(until - time.nanos(), TimeUnit.NANOSECONDS);
            if (next == null) {
                break;
            }
            batch.add(next);
        }
        settle(batch);
    }

    private void settle(List<Settling> batch) throws InterruptedException {
        Map<Long, List<Outcome>> byNode = batch.stream()
                .collect(Collectors.groupingBy(
                        Settling::node, Collectors.mapping(Settling::outcome, Collectors.toList())));
        for (Map.Entry<Long, List<Outcome>> entry : byNode.entrySet()) {
            settle(entry.getKey(), entry.getValue());
        }
    }

    private void settle(long holder, List<Outcome> batch) throws InterruptedException {
        while (holder == node) {
            try {
                int written = store.settle(holder, batch).size();
                if (written < batch.size()) {
                    LOG.info("{} outcomes were no longer ours to write", batch.size() - written);
                }
                break;
            } catch (DeliveryStore.StoreException e) {
                LOG.warn("Outcomes cannot be written yet: {}", e.getMessage());
                if (stopped) {
                    return;
                }
                time.sleep(LOOK_EVERY);
            }
        }
        synchronized (dispatcher) {
            if (holder == node) {
                dispatcher.settled(batch, time.nanos());
            }
        }
    }

    /** Starts attempts, of deliveries that were taken under the id given. */
    private void pump(long holder, List<Dispatcher.Send> sends) {
        for (Dispatcher.Send send : sends) {
            long from = time.nanos();
            sender.send(send.subscription(), send.held().event(), result -> sent(send, result, holder, from));
        }
    }

    private void sent(Dispatcher.Send send, SendResult result, long holder, long from) {
        Event event = send.held().event();
        String type = event.data().eventType();
        metrics.attempted(type, event.tenant(), result, time.nanos() - from);
        List<Dispatcher.Send> next;
        synchronized (dispatcher) {
            if (holder != node) {
                return;
            }
            dispatcher.sent(send.held().key(), result).ifPresent(outcome -> {
                metrics.settled(type, event.tenant(), outcome, result);
                outcomes.add(new Settling(holder, outcome));
            });
            next = stopping ? List.of() : dispatcher.next(send.subscription().id());
        }
        pump(holder, next);
    }

    /** Takes deliveries that were given to this node under an id that it may have lost since. */
    private void take(long holder, List<Held> items) {
        List<Dispatcher.Send> sends;
        synchronized (dispatcher) {
            if (holder != node) {
                return;
            }
            dispatcher.take(items).forEach(back -> outcomes.add(new Settling(node, back)));
            sends = stopping ? List.of() : dispatcher.next();
        }
        pump(holder, sends);
    }

    /** Two threads load subscriptions; the older answer may come last. */
    private void apply(DeliveryStore.Subscriptions loaded) {
        synchronized (dispatcher) {
            if (loaded.version() < appliedVersion) {
                return;
            }
            appliedVersion = loaded.version();
            dispatcher.subscriptions(loaded.all()).forEach(back -> outcomes.add(new Settling(node, back)));
            sender.retain(loaded.all().stream().map(Subscription::id).collect(Collectors.toSet()));
        }
    }

    private final class Hands implements FanOut.Hands {
        @Override
        public int room(long subscription) {
            synchronized (dispatcher) {
                return dispatcher.roomForFresh(subscription);
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
            Deliveries.this.take(holder, fresh);
        }

        @Override
        public void subscriptions(DeliveryStore.Subscriptions loaded) {
            apply(loaded);
        }
    }

    /** Keeps the lease, looks for what is due here and elsewhere, and for changes of subscriptions. */
    private final class Upkeep implements Runnable {
        private long renewAt = time.nanos();
        private long lookAt = time.nanos();
        private boolean claimUnsure;

        @Override
        public void run() {
            keepOn("delivery upkeep", this::turn);
        }

        private void turn() throws InterruptedException {
            boolean changed = lookNow.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS);
            if (stopping) {
                return;
            }
            long now = time.nanos();
            if (now >= renewAt) {
                renewAt = now + RENEW_EVERY.toNanos();
                renew();
            }
            boolean look = changed || now >= lookAt;
            if (look) {
                lookNow.drainPermits();
                lookAt = now + LOOK_EVERY.toNanos();
                refresh();
            }
            claim(now, look);
        }

        private void renew() {
            long fannedOut = fanOut.position();
            long lowWater;
            synchronized (dispatcher) {
                lowWater = dispatcher.lowWater(fannedOut);
            }
            if (!store.renew(node, LEASE, lowWater)) {
                LOG.warn("This node's lease ended and others have its deliveries; starting anew");
                synchronized (dispatcher) {
                    dispatcher.forget();
                    outcomes.clear();
                    node = store.join(LEASE, alone);
                }
            }
            int buried = store.buryDead();
            if (buried > 0) {
                LOG.warn("{} nodes ended without a word; their deliveries are due again", buried);
            }
        }

        private void refresh() {
            if (store.subscriptionsVersion() != knownVersion) {
                DeliveryStore.Subscriptions loaded = store.subscriptions();
                apply(loaded);
                knownVersion = loaded.version();
            }
        }

        private void claim(long now, boolean all) {
            long holder = node;
            if (claimUnsure) {
                takeUnknown(holder);
                claimUnsure = false;
            }
            Map<Long, Integer> room;
            synchronized (dispatcher) {
                room = dispatcher.roomForDue(now, all);
            }
            if (room.isEmpty()) {
                return;
            }
            claimUnsure = true;
            long from = time.nanos();
            List<DeliveryStore.Claimed> claimed = store.claim(holder, room);
            metrics.claimed(time.nanos() - from);
            Map<Long, Integer> got = new HashMap<>();
            claimed.forEach(one -> got.merge(one.key().subscription(), 1, Integer::sum));
            synchronized (dispatcher) {
                dispatcher.claimed(room, got);
            }
            load(holder, claimed);
            claimUnsure = false;
        }

        /**
         * Takes what an earlier claim took in the store and did not get here. What is settled in between was known before the
         * question, so it is not taken again.
         */
        private void takeUnknown(long holder) {
            Set<DeliveryKey> known;
            synchronized (dispatcher) {
                known = dispatcher.heldKeys();
            }
            load(
                    holder,
                    store.claimed(holder).stream()
                            .filter(one -> !known.contains(one.key()))
                            .toList());
        }

        private void load(long holder, List<DeliveryStore.Claimed> claimed) {
            if (claimed.isEmpty()) {
                return;
            }
            TreeMap<Long, List<DeliveryStore.Claimed>> open = new TreeMap<>();
            claimed.forEach(one -> open.computeIfAbsent(one.key().position(), _ -> new ArrayList<>())
                    .add(one));
            while (!open.isEmpty()) {
                if (full()) {
                    open.values()
                            .forEach(all -> all.forEach(one -> outcomes.add(
                                    new Settling(holder, new Outcome.Released(one.key(), one.attempts())))));
                    return;
                }
                List<Event> events = log.find(open.keySet());
                List<Held> items = new ArrayList<>();
                for (Event event : events) {
                    open.getOrDefault(event.position(), List.of())
                            .forEach(one -> items.add(new Held(one.key(), event, one.attempts(), false)));
                    open.remove(event.position());
                }
                var gone =
                        events.isEmpty() ? open : open.headMap(events.getLast().position());
                gone.values()
                        .forEach(all -> all.forEach(one -> outcomes.add(new Settling(
                                holder,
                                new Outcome.Dead(
                                        one.key(), one.attempts(), null, "The event is no longer in the log")))));
                gone.clear();
                take(holder, items);
            }
        }
    }

    /** Lets attempts under way end, writes what became of them, and leaves: the rest is due for other nodes. */
    @Override
    public void close() {
        stopping = true;
        long until = time.nanos() + STOP_WAIT.toNanos();
        while ((inFlight() > 0 || !outcomes.isEmpty()) && time.nanos() < until && pause(OUTCOMES_WAIT)) {}
        stopped = true;
        try {
            for (Thread thread : threads) {
                thread.join(STOP_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            store.leave(node);
        } catch (DeliveryStore.StoreException e) {
            LOG.warn("This node could not sign off; what it held is due when its lease ends: {}", e.getMessage());
        }
    }
}
