package dev.hookline.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node holds, and what may be sent next. Pure state: it starts nothing and waits for nothing.
 *
 * <p>Each subscription has a {@link Line} of its own, bounded, and a {@link Pace} that says how many are sent at once. So one
 * that hangs fills its own line and no more. What finds no room in its line is left due in the store, and while some is,
 * everything newer for that subscription goes there too: the oldest is sent first. What may not be sent for a while goes
 * back there.
 */
final class Dispatcher {
    /**
     * The bounds.
     *
     * @param heldMax deliveries in memory, of all subscriptions; beyond it each has room for {@code atOnceMax} all the same
     * @param lineMax of one subscription
     * @param atOnceMax of one subscription in flight, if it has no bound of its own
     */
    record Settings(int heldMax, int lineMax, int atOnceMax, Pace.Breaker breaker) {
        static final Settings DEFAULT = new Settings(20_000, 1_000, 32, Pace.Breaker.DEFAULT);
    }

    /** Of the events held; one for several subscriptions counts for each. */
    private static final long HELD_BYTES_MAX = 64L << 20;

    /** What waits for longer than this is given back. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final int GONE = 410;

    /** Before what a receiver that is gone has refused is due again; it waits for a resume by then. */
    private static final Duration GONE_DELAY = Duration.ofSeconds(1);

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

    private final Settings settings;
    private final DoubleSupplier chance;
    private final Map<Long, Line> lines = new LinkedHashMap<>();
    private final Map<DeliveryKey, Held> held = new HashMap<>();

    /** Those whose outcome is on its way to the store; it may be there already. */
    private final Set<DeliveryKey> settling = new HashSet<>();

    private long heldBytes;
    private boolean owner;

    /**
     * Holds nothing yet.
     *
     * @param chance from 0 to 1, for what is to be spread
     */
    Dispatcher(Settings settings, DoubleSupplier chance) {
        this.settings = settings;
        this.chance = chance;
    }

    /** Says that this node owns the fan-out, and with it what only one node may send. It does as long as it has its id. */
    void ownsFanOut() {
        owner = true;
    }

    /** Takes the subscriptions as they are now. Answers what has to be given back: of those that may not be sent to. */
    List<Outcome> subscriptions(Collection<Subscription> all) {
        Map<Long, Subscription> byId = new HashMap<>();
        all.forEach(subscription -> byId.put(subscription.id(), subscription));
        List<Outcome> back = new ArrayList<>();
        lines.forEach((id, line) -> {
            Subscription now = byId.get(id);
            if (now != null) {
                line.subscription = now;
            }
            line.gone = now == null;
            if (!line.isOpen(owner)) {
                giveBack(line, back);
            }
        });
        lines.values().removeIf(line -> line.gone && line.held == 0);
        byId.values()
                .forEach(subscription ->
                        lines.computeIfAbsent(subscription.id(), _ -> new Line(subscription, settings.breaker())));
        return back;
    }

    /** Whose subscription it is; null for one that is not known here. */
    @Nullable
    String tenant(long subscription) {
        Line line = lines.get(subscription);
        return line == null ? null : line.subscription.tenant();
    }

    /** Empties a line of what is not under way. */
    private void giveBack(Line line, List<Outcome> back) {
        for (Held item : line.ready.drain()) {
            back.add(giveBack(item, line.gone ? null : line));
        }
    }

    private Outcome giveBack(Held item, @Nullable Line line) {
        Outcome outcome = line == null
                ? new Outcome.Cancelled(item.key(), item.attempts())
                : new Outcome.Released(item.key(), item.attempts());
        if (line != null) {
            line.leftBehind();
        }
        settling(outcome);
        return outcome;
    }

    /** Answers what a subscription has to give back since it may not be sent to for a while. */
    List<Outcome> giveBackShut(long subscription, long nowNanos) {
        List<Outcome> back = new ArrayList<>();
        Line line = lines.get(subscription);
        if (line != null && isShut(line, nowNanos)) {
            giveBack(line, back);
        }
        return back;
    }

    private boolean isShut(Line line, long nowNanos) {
        return !line.isOpen(owner) || line.pace.shutUntil() > nowNanos + PATIENCE.toNanos();
    }

    /** How many more of a subscription this node may take from fan-out. */
    int roomForFresh(long subscription, long nowNanos) {
        Line line = lines.get(subscription);
        return line == null || line.behind ? 0 : room(line, nowNanos);
    }

    private int room(Line line, long nowNanos) {
        if (!line.isOpen(owner) || line.pace.shutUntil() > nowNanos) {
            return 0;
        }
        // However much those that are slow hold, the others need some.
        if (isFull()) {
            return line.held == 0 ? 1 : 0;
        }
        int left = Math.max(settings.heldMax() - held.size(), settings.atOnceMax() - line.held);
        return Math.max(0, Math.min(line.lineMax(settings) - line.held, left));
    }

    /** Says that deliveries of a subscription were left due in the store for want of room. */
    void behind(long subscription) {
        Line line = lines.get(subscription);
        if (line != null) {
            line.leftBehind();
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
            int free = room(line, nowNanos);
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
            int free = room(line, nowNanos);
            if (free > 0 && wantsDue(line, free, nowNanos)) {
                return true;
            }
        }
        return false;
    }

    /**
     * After a claim: a subscription that gave less than was asked for has nothing more due, but for what was left since.
     *
     * @param seen how many the claim looked at, taken or not
     */
    void claimed(Map<Long, Integer> asked, Map<Long, Integer> seen) {
        asked.forEach((id, wanted) -> {
            Line line = lines.get(id);
            if (line != null) {
                line.behind = seen.getOrDefault(id, 0) >= wanted || line.timesBehind != line.timesBehindAtClaim;
            }
        });
    }

    /**
     * Takes deliveries. Answers those to give back at once: their subscription may not be sent to any more. One that is held
     * already is left as it is.
     */
    List<Outcome> take(Collection<Held> items, long nowNanos) {
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
            if (isShut(line, nowNanos)) {
                back.add(giveBack(item, line.gone ? null : line));
            } else {
                line.ready.add(item);
            }
        }
        return back;
    }

    /** Says that an outcome is on its way to the store, of a delivery that is held here or that only the store knows held. */
    void settling(Outcome outcome) {
        settling.add(outcome.key());
    }

    /** What may be sent now; it counts as in flight from here on. One of each subscription in turn. */
    List<Send> next(long nowNanos) {
        List<Send> sends = new ArrayList<>();
        int before = -1;
        while (before < sends.size()) {
            before = sends.size();
            lines.values().forEach(line -> startOne(line, sends, nowNanos));
        }
        return sends;
    }

    /** What may be sent now of one subscription. */
    List<Send> next(long subscription, long nowNanos) {
        List<Send> sends = new ArrayList<>();
        Line line = lines.get(subscription);
        int before = -1;
        while (line != null && before < sends.size()) {
            before = sends.size();
            startOne(line, sends, nowNanos);
        }
        return sends;
    }

    private void startOne(Line line, List<Send> sends, long nowNanos) {
        if (line.start(settings, owner, nowNanos)) {
            line.inFlight++;
            sends.add(new Send(line.subscription, line.ready.remove()));
        }
    }

    /** What came of an attempt; what becomes of the delivery. Empty when this node no longer holds it. */
    Optional<Outcome> sent(Send send, Exchange exchange, long nowNanos) {
        DeliveryKey key = send.held().key();
        Held item = held.get(key);
        Line line = lines.get(key.subscription());
        if (item == null || line == null) {
            return Optional.empty();
        }
        line.inFlight--;
        Exchange.Answer answer = exchange.answer();
        Duration retryAfter = answer == null ? null : answer.retryAfter();
        if (exchange.result().delivered()) {
            line.pace.succeeded(line.atOnceMax(settings));
        } else {
            line.pace.failed(exchange.result(), retryAfter, line.atOnceMax(settings), nowNanos);
        }
        if (isGone(exchange.result())) {
            line.receiverGone(send.subscription().revision());
        }
        Outcome outcome = outcome(
                line.subscription.settings().delivery(), key, item.attempts() + 1, exchange.result(), retryAfter);
        settling(outcome);
        return Optional.of(outcome);
    }

    /** Whether a receiver said that it is gone for good: its subscription is to be disabled. */
    static boolean isGone(SendResult result) {
        return result instanceof SendResult.Answered(int code) && code == GONE;
    }

    private Outcome outcome(
            DeliverySettings delivery,
            DeliveryKey key,
            int attempts,
            SendResult result,
            @Nullable Duration retryAfter) {
        Integer code = result instanceof SendResult.Answered(int answered) ? answered : null;
        if (code != null && result.delivered()) {
            return new Outcome.Delivered(key, attempts, code);
        }
        if (isGone(result)) {
            return new Outcome.Retry(key, attempts, code, result.error(), GONE_DELAY);
        }
        return delivery.retry()
                .after(attempts, chance.getAsDouble())
                .<Outcome>map(
                        delay -> new Outcome.Retry(key, attempts, code, result.error(), longer(delay, retryAfter)))
                .orElseGet(() -> new Outcome.Dead(key, attempts, code, result.error(), delivery.blocks()));
    }

    private static Duration longer(Duration delay, @Nullable Duration asked) {
        return asked == null || asked.compareTo(delay) < 0 ? delay : asked;
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
                if (line.subscription.settings().delivery().ordered()) {
                    // What follows of its record may be due now.
                    line.leftBehind();
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
        owner = false;
        lines.replaceAll((_, line) -> new Line(line.subscription, settings.breaker()));
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
