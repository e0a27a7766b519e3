package dev.hookline.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this node holds, and what may be sent next. Pure state: it starts nothing and waits for nothing.
 *
 * <p>Each subscription has a line of its own, bounded, and a cap on how many are sent at once, which is 1 while it fails. So
 * one that hangs fills its own line and no more. What finds no room in its line is left due in the store, and while some is,
 * everything newer for that subscription goes there too: the oldest is sent first.
 */
final class Dispatcher {
    /**
     * The bounds.
     *
     * @param heldMax deliveries in memory, of all subscriptions; beyond it each has room for {@code atOnceMax} all the same
     * @param lineMax of one subscription
     * @param atOnceMax of one subscription in flight
     * @param failuresMax so many in a row, and a subscription is sent one at a time until it takes one
     */
    record Settings(int heldMax, int lineMax, int atOnceMax, int failuresMax) {
        static final Settings DEFAULT = new Settings(20_000, 1_000, 32, 5);
    }

    /** Of the events held; one for several subscriptions counts for each. */
    private static final long HELD_BYTES_MAX = 64L << 20;

    /** To be sent now. */
    record Send(Subscription subscription, Held held) {}

    /**
     * What this node knows of.
     *
     * @param held in memory
     * @param settling its outcome is on its way to the store, or just there; most of it is held as well
     */
    record Known(Set<DeliveryKey> held, Set<DeliveryKey> settling) {
        boolean has(DeliveryKey key) {
            return held.contains(key) || settling.contains(key);
        }
    }

    private static final class Line {
        Subscription subscription;
        final ArrayDeque<Held> ready = new ArrayDeque<>();
        int held;
        int inFlight;
        int failuresInARow;
        boolean gone;
        boolean behind;
        long timesBehind;
        long timesBehindAtClaim;
        long dueNanos = Long.MAX_VALUE;

        Line(Subscription subscription) {
            this.subscription = subscription;
        }

        boolean open() {
            return !gone && subscription.active();
        }
    }

    private final Settings settings;
    private final RetryPolicy policy;
    private final Map<Long, Line> lines = new LinkedHashMap<>();
    private final Map<DeliveryKey, Held> held = new HashMap<>();

    /** Those whose outcome is on its way to the store; it may be there already. */
    private final Set<DeliveryKey> settling = new HashSet<>();

    private long heldBytes;

    Dispatcher(Settings settings, RetryPolicy policy) {
        this.settings = settings;
        this.policy = policy;
    }

    /** Takes the subscriptions as they are now. Answers what has to be given back: of the paused, and of the gone. */
    List<Outcome> subscriptions(Collection<Subscription> all) {
        Map<Long, Subscription> byId = new HashMap<>();
        all.forEach(subscription -> byId.put(subscription.id(), subscription));
        List<Outcome> back = new ArrayList<>();
        lines.forEach((id, line) -> {
            Subscription now = byId.get(id);
            if (now == null || !now.active()) {
                line.ready.forEach(item -> back.add(giveBack(item, now)));
                line.ready.clear();
            }
            if (now != null) {
                line.subscription = now;
            }
            line.gone = now == null;
        });
        back.forEach(this::settling);
        lines.values().removeIf(line -> line.gone && line.held == 0);
        byId.values().forEach(subscription -> lines.computeIfAbsent(subscription.id(), _ -> new Line(subscription)));
        return back;
    }

    private static Outcome giveBack(Held item, @Nullable Subscription subscription) {
        return subscription == null
                ? new Outcome.Cancelled(item.key(), item.attempts())
                : new Outcome.Released(item.key(), item.attempts());
    }

    /** How many more of a subscription this node may take from fan-out. */
    int roomForFresh(long subscription) {
        Line line = lines.get(subscription);
        return line == null || line.behind ? 0 : room(line);
    }

    private boolean failing(Line line) {
        return line.failuresInARow >= settings.failuresMax();
    }

    private int room(Line line) {
        if (!line.open()) {
            return 0;
        }
        // One that fails is sent one by one and needs few; and however much the failing hold, the others need some.
        int most = failing(line) ? settings.atOnceMax() : settings.lineMax();
        if (isFull()) {
            return line.held == 0 ? 1 : 0;
        }
        int left = Math.max(settings.heldMax() - held.size(), settings.atOnceMax() - line.held);
        return Math.max(0, Math.min(most - line.held, left));
    }

    /** Says that deliveries of a subscription were left due in the store for want of room. */
    void behind(long subscription) {
        Line line = lines.get(subscription);
        if (line != null) {
            line.behind = true;
            line.timesBehind++;
        }
    }

    /**
     * How many of which subscriptions to claim.
     *
     * @param all also of those of which nothing is known to be due: other nodes' retries, and what a crash left
     */
    Map<Long, Integer> roomForDue(long nowNanos, boolean all) {
        Map<Long, Integer> room = new LinkedHashMap<>();
        lines.forEach((id, line) -> {
            int free = room(line);
            if (free > 0 && (all || wantsDue(line, free, nowNanos))) {
                room.put(id, free);
                line.timesBehindAtClaim = line.timesBehind;
                if (line.dueNanos <= nowNanos) {
                    line.dueNanos = Long.MAX_VALUE;
                }
            }
        });
        return room;
    }

    /** Half of what it may hold at least: a claim for each free place would be a claim for each delivery. */
    private static boolean wantsDue(Line line, int free, long nowNanos) {
        return (line.behind || line.dueNanos <= nowNanos) && free >= line.held;
    }

    /** Whether {@link #roomForDue} would name a subscription of which something is known to be due. */
    boolean hasRoomForDue(long nowNanos) {
        for (Line line : lines.values()) {
            int free = room(line);
            if (free > 0 && wantsDue(line, free, nowNanos)) {
                return true;
            }
        }
        return false;
    }

    /** After a claim: a subscription that gave less than was asked for has nothing more due, but for what was left since. */
    void claimed(Map<Long, Integer> asked, Map<Long, Integer> got) {
        asked.forEach((id, wanted) -> {
            Line line = lines.get(id);
            if (line != null) {
                line.behind = got.getOrDefault(id, 0) >= wanted || line.timesBehind != line.timesBehindAtClaim;
            }
        });
    }

    /**
     * Takes deliveries. Answers those to give back at once: their subscription was paused or removed meanwhile. One that is
     * held already is left as it is.
     */
    List<Outcome> take(Collection<Held> items) {
        List<Outcome> back = new ArrayList<>();
        for (Held item : items) {
            if (held.putIfAbsent(item.key(), item) != null) {
                continue;
            }
            heldBytes += item.event().data().bytes();
            Line line = lines.get(item.key().subscription());
            if (line == null) {
                back.add(giveBack(item, null));
                continue;
            }
            line.held++;
            if (line.open()) {
                line.ready.add(item);
            } else {
                back.add(giveBack(item, line.gone ? null : line.subscription));
            }
        }
        back.forEach(this::settling);
        return back;
    }

    /** Says that an outcome is on its way to the store, of a delivery that is held here or that only the store knows held. */
    void settling(Outcome outcome) {
        settling.add(outcome.key());
    }

    /** What may be sent now; it counts as in flight from here on. One of each subscription in turn. */
    List<Send> next() {
        List<Send> sends = new ArrayList<>();
        int before = -1;
        while (before < sends.size()) {
            before = sends.size();
            lines.values().forEach(line -> startOne(line, sends));
        }
        return sends;
    }

    /** What may be sent now of one subscription. */
    List<Send> next(long subscription) {
        List<Send> sends = new ArrayList<>();
        Line line = lines.get(subscription);
        int before = -1;
        while (line != null && before < sends.size()) {
            before = sends.size();
            startOne(line, sends);
        }
        return sends;
    }

    private void startOne(Line line, List<Send> sends) {
        int atOnce = failing(line) ? 1 : settings.atOnceMax();
        if (line.inFlight < atOnce && !line.ready.isEmpty()) {
            line.inFlight++;
            sends.add(new Send(line.subscription, line.ready.remove()));
        }
    }

    /** The result of an attempt; what becomes of the delivery. Empty when this node no longer holds it. */
    Optional<Outcome> sent(DeliveryKey key, SendResult result) {
        Held item = held.get(key);
        Line line = lines.get(key.subscription());
        if (item == null || line == null) {
            return Optional.empty();
        }
        line.inFlight--;
        line.failuresInARow = result.delivered() ? 0 : line.failuresInARow + 1;
        int attempts = item.attempts() + 1;
        Integer code = result instanceof SendResult.Answered(int answered) ? answered : null;
        Outcome outcome = code != null && result.delivered()
                ? new Outcome.Delivered(key, attempts, code)
                : policy.after(attempts)
                        .<Outcome>map(delay -> new Outcome.Retry(key, attempts, code, result.error(), delay))
                        .orElseGet(() -> new Outcome.Dead(key, attempts, code, result.error()));
        settling(outcome);
        return Optional.of(outcome);
    }

    /** The outcome is in the store, or was no longer ours to write: the delivery is let go. */
    void settled(Collection<Outcome> outcomes, long nowNanos) {
        for (Outcome outcome : outcomes) {
            settling.remove(outcome.key());
            Line line = lines.get(outcome.key().subscription());
            Held item = held.remove(outcome.key());
            if (item == null) {
                continue;
            }
            heldBytes -= item.event().data().bytes();
            if (line != null) {
                line.held--;
                if (outcome instanceof Outcome.Retry retry) {
                    line.dueNanos =
                            Math.min(line.dueNanos, nowNanos + retry.delay().toNanos());
                }
                if (line.gone && line.held == 0) {
                    lines.remove(outcome.key().subscription());
                }
            }
        }
    }

    /** Forgets everything: another node has it now. What is in flight is not waited for. */
    void forget() {
        held.clear();
        settling.clear();
        heldBytes = 0;
        lines.replaceAll((_, line) -> new Line(line.subscription));
    }

    /** The lowest position that fan-out handed over and that is not settled; {@code otherwise} when there is none. */
    long lowWater(long otherwise) {
        return held.values().stream()
                .filter(Held::fresh)
                .mapToLong(item -> item.key().position())
                .min()
                .orElse(otherwise);
    }

    boolean knows(DeliveryKey key) {
        return held.containsKey(key) || settling.contains(key);
    }

    Known known() {
        return new Known(Set.copyOf(held.keySet()), Set.copyOf(settling));
    }

    /** Whether the events in memory are as many bytes as they may be; a line without any still has room for one. */
    boolean isFull() {
        return heldBytes > HELD_BYTES_MAX;
    }

    int heldCount() {
        return held.size();
    }

    int inFlight() {
        return lines.values().stream().mapToInt(line -> line.inFlight).sum();
    }
}
