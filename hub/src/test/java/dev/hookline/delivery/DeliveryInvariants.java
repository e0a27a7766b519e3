package dev.hookline.delivery;

import static dev.hookline.simulation.Violation.require;

import dev.hookline.delivery.DeliveryStore.Claimed;
import dev.hookline.delivery.DeliveryStore.FanOutResult;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.delivery.DeliveryStore.Ownership;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Time;
import dev.hookline.simulation.Violation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What delivery promises, checked against a record of its own of what every call did. */
final class DeliveryInvariants {
    static final String ONCE = "3 fan-out exactly once";
    static final String STALE = "4 no outcome is overwritten";
    static final String AGAIN = "5 what was delivered is not sent again";
    static final String OLDEST = "6 the oldest due first";
    static final String PACE = "9 receivers are sent no more than they bear";
    static final String ORDER = "10 one at a time for each record, in order";
    static final String LIVENESS = "8 everything moves on";

    private static final Set<String> FINAL = Set.of("delivered", "dead", "cancelled");
    private static final int ATTEMPTS_MAX = RetryPolicy.FAST.delays().size() + 1;

    private record Taken(long node, DeliveryKey key) {}

    private record Fresh(long node, long subscription, Priority priority) {}

    private final Time time;
    private final MemoryDeliveryStore store;
    private final List<Event> events;
    private final Map<DeliveryKey, MemoryDeliveryStore.Row> last = new HashMap<>();
    private final Map<Fresh, Long> firstAttempts = new HashMap<>();
    private final Set<Taken> inFlight = new HashSet<>();
    private final Set<Taken> succeeded = new HashSet<>();
    private final Set<DeliveryKey> accepted = new HashSet<>();
    private final Set<DeliveryKey> skipped = new HashSet<>();

    /** How often a receiver said 410 to it; the last attempt counts as none then. */
    private final Map<DeliveryKey, Integer> gone = new HashMap<>();

    private final PaceInvariants pace;
    private Map<DeliveryKey, MemoryDeliveryStore.Row> before = Map.of();
    private Map<DeliveryKey, MemoryDeliveryStore.Row> rows = Map.of();
    private long rowsAt;
    private long checkedAt;
    private final Map<DeliveryKey, MemoryDeliveryStore.Row> left = new HashMap<>();
    private long leaver;
    private long cursor;
    private long sends;
    private long repeats;
    private long burials;

    DeliveryInvariants(Time time, MemoryDeliveryStore store, List<Event> events) {
        this.time = time;
        this.store = store;
        this.events = events;
        this.pace = new PaceInvariants(time);
    }

    /** What waits behind a dead delivery may go on. */
    void skipped(DeliveryKey key) {
        skipped.add(key);
    }

    /** Attempts so far. */
    long sends() {
        return sends;
    }

    /** Attempts of what a receiver had taken already, whose outcome was not in the store when its node was lost. */
    long repeats() {
        return repeats;
    }

    long burials() {
        return burials;
    }

    void buried() {
        burials++;
    }

    private static boolean matches(Subscription subscription, Event event) {
        return event.tenant().equals(subscription.tenant())
                && subscription.settings().events().contains(event.data().eventType())
                && event.position() > subscription.fromPosition();
    }

    void fanningOut(Ownership from, long upTo, List<NewDelivery> deliveries) {
        require(upTo >= from.position(), ONCE, "the cursor goes back from " + from + " to " + upTo);
        Set<DeliveryKey> keys = new HashSet<>();
        deliveries.forEach(
                delivery -> require(keys.add(delivery.key()), ONCE, delivery.key() + " is in one fan-out twice"));
    }

    Violation fannedOutTwice(RuntimeException cause) {
        return new Violation(ONCE, String.valueOf(cause.getMessage()));
    }

    /** As the subscriptions are now: what has to be in this fan-out is, and nothing else. */
    void fannedOut(long node, Ownership from, long upTo, List<NewDelivery> deliveries, FanOutResult result) {
        if (result != FanOutResult.DONE) {
            return;
        }
        require(
                from.position() == cursor,
                ONCE,
                "a fan-out by " + node + " from " + from + ", the cursor is at " + cursor);
        require(upTo <= events.size(), ONCE, "the cursor is at " + upTo + ", the log ends at " + events.size());
        Map<DeliveryKey, NewDelivery> given = new HashMap<>();
        deliveries.forEach(delivery -> given.put(delivery.key(), delivery));
        List<Subscription> subscriptions = store.subscriptions().all();
        for (Event event : events.subList((int) cursor, (int) upTo)) {
            for (Subscription subscription : subscriptions) {
                if (!matches(subscription, event)) {
                    continue;
                }
                NewDelivery delivery = given.remove(new DeliveryKey(subscription.id(), event.position()));
                require(delivery != null, ONCE, () -> event.position() + " was not fanned out to " + subscription);
                require(
                        subscription.active() || !delivery.held(),
                        ONCE,
                        () -> delivery + " does not fit " + subscription);
            }
        }
        require(given.isEmpty(), ONCE, "fanned out to no subscription of this kind: " + given.keySet());
        cursor = upTo;
        leftBehind(node, deliveries);
    }

    /** While a node knows of some that it left due, it takes none that are newer. */
    private void leftBehind(long node, List<NewDelivery> deliveries) {
        if (node != leaver) {
            left.clear();
            leaver = node;
        }
        Map<DeliveryKey, MemoryDeliveryStore.Row> now = rows();
        left.values().removeIf(row -> !row.equals(now.get(row.key())));
        Set<Long> behind = new HashSet<>();
        left.keySet().forEach(key -> behind.add(key.subscription()));
        for (NewDelivery delivery : deliveries) {
            DeliveryKey key = delivery.key();
            require(
                    !(delivery.held() && behind.contains(key.subscription())),
                    OLDEST,
                    () -> node + " takes " + key + " before what it left due");
            if (!delivery.held() && isActive(key.subscription())) {
                behind.add(key.subscription());
                left.put(key, now.get(key));
            }
        }
    }

    private boolean isActive(long subscription) {
        return store.subscriptions().all().stream().anyMatch(one -> one.id() == subscription && one.active());
    }

    void claiming(Map<Long, Integer> room) {
        before = rows();
        room.forEach((id, most) -> require(most > 0, OLDEST, "a claim without room"));
    }

    /** What was left is due later than what was taken. */
    void claimed(long node, List<Claimed> claimed) {
        Instant now = time.now();
        Map<Long, Instant> latest = new HashMap<>();
        Set<DeliveryKey> taken = new HashSet<>();
        // The clock was set back since they were left: to this claim they are not due yet.
        left.values().removeIf(row -> row.dueAt().isAfter(now));
        if (claimed.isEmpty()) {
            return;
        }
        for (Claimed one : claimed) {
            MemoryDeliveryStore.Row row = before.get(one.key());
            require(row.holder() == null && !FINAL.contains(row.status()), STALE, () -> node + " claims " + row);
            require(
                    isActive(row.key().subscription()) && !row.dueAt().isAfter(now),
                    OLDEST,
                    node + " claims what waits: " + row);
            latest.merge(one.key().subscription(), row.dueAt(), (a, b) -> a.isAfter(b) ? a : b);
            taken.add(one.key());
        }
        before.values().forEach(row -> {
            Instant newest = latest.get(row.key().subscription());
            boolean older = newest != null && row.dueAt() != null && row.dueAt().isBefore(newest);
            boolean left = row.holder() == null && !taken.contains(row.key());
            require(
                    !(older && left) || hasEarlier(row),
                    OLDEST,
                    () -> "a claim left " + row + ", and took one due at " + newest);
        });
    }

    /** Whether something of its lane came before it, and waited or was held. */
    private boolean hasEarlier(MemoryDeliveryStore.Row row) {
        return row.lane() != null
                && before.values().stream()
                        .anyMatch(other -> row.lane().equals(other.lane())
                                && other.dueAt() != null
                                && other.key().subscription() == row.key().subscription()
                                && other.key().position() < row.key().position());
    }

    void settling(long node, List<Outcome> outcomes) {
        before = rows();
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Delivered) {
                require(accepted.contains(outcome.key()), STALE, "no receiver took " + outcome);
            }
            if (outcome instanceof Outcome.Dead dead) {
                require(dead.attempts() >= ATTEMPTS_MAX, STALE, "given up early: " + dead);
            }
        }
        require(node != DeliveryNode.NONE, STALE, "outcomes of no node");
    }

    void settled(long node, List<DeliveryKey> written) {
        for (DeliveryKey key : written) {
            Long holder = before.get(key).holder();
            require(holder != null && holder == node, STALE, () -> node + " wrote the outcome of " + before.get(key));
        }
    }

    /** As they are now, by position; made anew when one changed. */
    private Map<DeliveryKey, MemoryDeliveryStore.Row> rows() {
        long changes = store.changes();
        if (changes != rowsAt) {
            Map<DeliveryKey, MemoryDeliveryStore.Row> now = new LinkedHashMap<>();
            store.rows().forEach(row -> now.put(row.key(), row));
            rows = now;
            rowsAt = changes;
        }
        return rows;
    }

    void rowsMayHaveChanged(String call) {
        if (checkedAt == store.changes()) {
            return;
        }
        checkedAt = store.changes();
        for (MemoryDeliveryStore.Row row : rows().values()) {
            MemoryDeliveryStore.Row old = last.get(row.key());
            if (row.equals(old)) {
                continue;
            }
            last.put(row.key(), row);
            if (old == null) {
                require(row.status().equals("pending") && row.attempts() == 0, ONCE, "made as " + row);
                require(row.key().position() <= cursor, ONCE, "made without a fan-out: " + row);
                continue;
            }
            // A dead one may still keep others back, or cease to.
            boolean stays = old.status().equals("dead") && row.status().equals("dead");
            require(stays || !FINAL.contains(old.status()), STALE, call + " made " + row + " of " + old);
            require(row.attempts() >= old.attempts(), STALE, "attempts fell: " + call + " made " + row + " of " + old);
            require(
                    row.attempts() <= ATTEMPTS_MAX + gone.getOrDefault(row.key(), 0),
                    STALE,
                    "too many attempts: " + row);
        }
    }

    /** An attempt starts. */
    void sending(long node, Subscription subscription, DeliveryKey key) {
        sends++;
        pace.sending(node, subscription);
        DeliverySettings settings = subscription.settings().delivery();
        require(
                !settings.byOneNode() || Long.valueOf(node).equals(store.owner()),
                PACE,
                node + " sends " + key + ", which one node sends alone: " + store.owner());
        if (settings.ordered()) {
            inOrder(node, key, settings.blocks());
        }
        MemoryDeliveryStore.Row row = last.get(key);
        require(row != null, AGAIN, node + " sends what is not in the store: " + key);
        require(!FINAL.contains(row.status()), AGAIN, () -> node + " sends " + row);
        require(
                row.holder() != null && row.holder() == node,
                AGAIN,
                () -> node + " sends what it does not hold: " + row);
        Taken taken = new Taken(node, key);
        require(inFlight.add(taken), AGAIN, node + " sends " + key + " twice at once");
        require(!succeeded.contains(taken), AGAIN, node + " sends " + key + ", which it knows to be delivered");
        if (accepted.contains(key)) {
            repeats++;
        }
        if (row.attempts() == 0 && row.dueAt() == null) {
            Priority priority = events.get((int) key.position() - 1).data().priority();
            Long before = firstAttempts.put(new Fresh(node, key.subscription(), priority), key.position());
            require(
                    before == null || before < key.position(),
                    OLDEST,
                    node + " sends " + key + " after " + before + ", both fresh");
        }
    }

    /** Everything earlier of its record is through. */
    private void inOrder(long node, DeliveryKey key, boolean blocks) {
        Event event = events.get((int) key.position() - 1);
        for (MemoryDeliveryStore.Row row : last.values()) {
            DeliveryKey other = row.key();
            if (other.subscription() == key.subscription()
                    && other.position() < key.position()
                    && sameRecord(events.get((int) other.position() - 1), event)) {
                boolean through = FINAL.contains(row.status())
                        && !(blocks && row.status().equals("dead") && !skipped.contains(other));
                require(through, ORDER, () -> node + " sends " + key + " before " + row);
            }
        }
    }

    private static boolean sameRecord(Event one, Event other) {
        return one.data().model().equals(other.data().model())
                && one.data().recordKey().equals(other.data().recordKey());
    }

    /** A receiver took it; its node may never know. */
    void taken(DeliveryKey key) {
        accepted.add(key);
    }

    /** The node was told what became of its attempt. */
    void answered(long node, Subscription subscription, DeliveryKey key, Exchange exchange) {
        inFlight.remove(new Taken(node, key));
        pace.answered(node, subscription, exchange);
        if (Dispatcher.isGone(exchange.result())) {
            gone.merge(key, 1, Integer::sum);
        }
        if (exchange.result().delivered()) {
            succeeded.add(new Taken(node, key));
        }
    }

    /** A record of a subscription. */
    private record Lane(long subscription, String model, String key) {}

    private Lane lane(MemoryDeliveryStore.Row row) {
        EventData data = events.get((int) row.key().position() - 1).data();
        return new Lane(row.key().subscription(), data.model(), data.recordKey());
    }

    /** Those that have not ended, though nothing keeps them. */
    List<MemoryDeliveryStore.Row> unfinished() {
        List<MemoryDeliveryStore.Row> open = new ArrayList<>();
        for (MemoryDeliveryStore.Row row : rows().values()) {
            if (!FINAL.contains(row.status())) {
                open.add(row);
            }
        }
        if (open.isEmpty()) {
            return open;
        }
        Set<Long> paused = new HashSet<>();
        store.subscriptions().all().stream()
                .filter(subscription -> !subscription.active())
                .forEach(subscription -> paused.add(subscription.id()));
        Map<Lane, Long> blockedFrom = new HashMap<>();
        rows().values().stream()
                .filter(MemoryDeliveryStore.Row::blocks)
                .forEach(row -> blockedFrom.merge(lane(row), row.key().position(), Math::min));
        open.removeIf(row -> row.holder() == null
                && (paused.contains(row.key().subscription())
                        || blockedFrom.getOrDefault(lane(row), Long.MAX_VALUE)
                                < row.key().position()));
        return open;
    }

    /** At the end each event has its delivery for each subscription that is still there. */
    List<DeliveryKey> missing() {
        List<DeliveryKey> missing = new ArrayList<>();
        for (Subscription subscription : store.subscriptions().all()) {
            for (Event event : events) {
                DeliveryKey key = new DeliveryKey(subscription.id(), event.position());
                if (matches(subscription, event) && !rows().containsKey(key)) {
                    missing.add(key);
                }
            }
        }
        return missing;
    }
}
