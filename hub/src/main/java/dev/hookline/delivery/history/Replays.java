package dev.hookline.delivery.history;

import dev.hookline.delivery.Deliveries;
import dev.hookline.delivery.EventChoice;
import dev.hookline.delivery.PostgresSubscriptions;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves replays on, each by one node at a time: a step queues as many as the replay's rate gives for a second at most, and
 * the next comes when their time is over. What a node that ended had begun, another goes on with when its lease is over.
 */
public final class Replays {
    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

    /** How often {@link #step} is to be called. */
    public static final Duration STEP_EVERY = Duration.ofMillis(200);

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration EMPTY_STEPS_MAX = Duration.ofMillis(100);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);
    private static final Duration FORGET_EVERY = Duration.ofHours(1);
    private static final Duration ENDED_KEPT = Duration.ofDays(30);
    private static final int STEP_MAX = 500;
    private static final int PAGE_EVENTS = 500;
    private static final int COUNTED_EVENTS_MAX = 20_000;

    private final PostgresReplays store;
    private final EventLog log;
    private final PostgresSubscriptions subscriptions;
    private final Deliveries deliveries;
    private final Time time;
    private final String owner = Ids.requestId();
    private final Map<Long, Long> nextAt = new HashMap<>();
    private volatile long lookAt;
    private long forgetAt;

    /**
     * Of one node.
     *
     * @param alone no other node can be on this database: what runs is taken at once
     */
    public Replays(
            PostgresReplays store,
            EventLog log,
            PostgresSubscriptions subscriptions,
            Deliveries deliveries,
            Time time,
            boolean alone) {
        this.store = store;
        this.log = log;
        this.subscriptions = subscriptions;
        this.deliveries = deliveries;
        this.time = time;
        this.lookAt = time.nanos();
        this.forgetAt = lookAt;
        if (alone) {
            store.endLeases();
        }
    }

    /** Says that one was made here, so that it begins at once. */
    void lookNow() {
        lookAt = time.nanos();
    }

    /** Moves on what its time has come for. For one thread. */
    public void step() {
        long now = time.nanos();
        if (now >= lookAt) {
            lookAt = now + LOOK_EVERY.toNanos();
            List<Long> mine = store.take(owner, LEASE);
            nextAt.keySet().retainAll(Set.copyOf(mine));
            mine.forEach(id -> nextAt.putIfAbsent(id, now));
        }
        if (now >= forgetAt) {
            forgetAt = now + FORGET_EVERY.toNanos();
            store.forget(ENDED_KEPT);
        }
        nextAt.replaceAll((id, at) -> at <= now ? now + moveOn(id).toNanos() : at);
    }

    /** Answers how long the next step is to wait. */
    private Duration moveOn(long id) {
        long until = time.nanos() + EMPTY_STEPS_MAX.toNanos();
        try {
            while (true) {
                Replay replay = store.mine(owner, id).orElse(null);
                if (replay == null) {
                    return LOOK_EVERY;
                }
                int rate = replay.order().rate();
                Optional<PostgresReplays.Step> step = stepped(replay, Math.min(rate, STEP_MAX));
                int queued = step.map(PostgresReplays.Step::queued).orElse(0);
                boolean done = step.map(PostgresReplays.Step::done).orElse(true);
                if (queued > 0) {
                    deliveries.lookNow();
                }
                if (done) {
                    return LOOK_EVERY;
                }
                if (queued > 0 || time.nanos() >= until) {
                    return Duration.ofSeconds(queued).dividedBy(rate);
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("A step of replay {} failed: {}", id, e.getMessage());
            store.failed(owner, id, String.valueOf(e.getMessage()), false);
            return AFTER_FAILURE;
        }
    }

    private Optional<PostgresReplays.Step> stepped(Replay replay, int limit) {
        Long subscription = replay.order().filter().subscription();
        if (subscription == null) {
            return store.stepDeliveries(owner, replay.id(), limit, LEASE);
        }
        EventChoice choice = subscriptions.choice(replay.tenant(), subscription).orElse(null);
        if (choice == null) {
            store.failed(owner, replay.id(), "Its subscription is deleted", true);
            return Optional.empty();
        }
        if (replay.order().source() != Replay.Source.EVENTS) {
            return store.stepDeliveries(owner, replay.id(), limit, LEASE);
        }
        DeliveryFilter filter = replay.order().filter();
        Chosen chosen = choose(replay.tenant(), filter, choice, replay.at().position(), limit);
        return store.stepEvents(owner, replay, chosen.positions(), chosen.upTo(), chosen.end(), LEASE);
    }

    /**
     * Events that are to be replayed.
     *
     * @param upTo where the log was read up to
     * @param end there are no more
     */
    private record Chosen(List<Long> positions, long upTo, boolean end) {}

    private Chosen choose(String tenant, DeliveryFilter filter, EventChoice choice, long after, int limit) {
        List<Event> page = log.read(tenant, after, PAGE_EVENTS);
        List<Long> positions = new ArrayList<>();
        long upTo = after;
        for (Event event : page) {
            if (event.position() > filter.upTo() || positions.size() == limit) {
                break;
            }
            upTo = event.position();
            if (filter.passes(event) && choice.takes(event)) {
                positions.add(event.position());
            }
        }
        boolean end = page.isEmpty()
                || upTo >= filter.upTo()
                || (positions.size() < limit && page.getLast().position() > filter.upTo());
        return new Chosen(positions, upTo, end);
    }

    /** How many there are to queue now; of events it counts among the first 20,000. */
    Replay.Count count(String tenant, Replay.Order order) {
        Long subscription = order.filter().subscription();
        if (order.source() != Replay.Source.EVENTS || subscription == null) {
            return store.count(tenant, order);
        }
        EventChoice choice = subscriptions.choice(tenant, subscription).orElseThrow();
        long count = 0;
        long after = order.filter().after();
        for (int pages = 0; pages < COUNTED_EVENTS_MAX / PAGE_EVENTS; pages++) {
            Chosen chosen = choose(tenant, order.filter(), choice, after, PAGE_EVENTS);
            count += store.countEvents(subscription, chosen.positions(), order.statuses());
            after = chosen.upTo();
            if (chosen.end()) {
                return new Replay.Count(count, false);
            }
        }
        return new Replay.Count(count, true);
    }
}
