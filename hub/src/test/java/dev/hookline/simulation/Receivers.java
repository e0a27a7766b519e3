package dev.hookline.simulation;

import dev.hookline.delivery.SimulatedDelivery;
import dev.hookline.delivery.SimulatedDelivery.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Those that deliveries go to: some take everything, some refuse, some hang, some take it and say so too late. */
final class Receivers implements SimulatedDelivery.Receivers {
    static final String ISOLATION = "7 a bad receiver delays no other";

    private static final long TIMEOUT = Duration.ofSeconds(10).toNanos();
    private static final Duration QUICK = Duration.ofMillis(50);

    /** What a receiver is like. */
    enum Kind {
        GOOD,
        BAD,
        FLAKY,
        HANGING,
        SLOW,
        BUSY,
        GONE
    }

    private final Scheduler scheduler;
    private final Simulation world;
    private final Map<Long, Kind> kinds = new HashMap<>();
    private boolean mended;
    private long healthy;
    private long delayMax;
    private long longestDelay;

    Receivers(Scheduler scheduler, Simulation world) {
        this.scheduler = scheduler;
        this.world = world;
    }

    void put(long subscription, Kind kind) {
        kinds.put(subscription, kind);
    }

    /** Names one that has to get its events within a time, whatever the others do. */
    void holdTo(long subscription, Duration delay) {
        healthy = subscription;
        delayMax = delay.toNanos();
    }

    long longestDelay() {
        return longestDelay;
    }

    /** From now on they answer quickly, and those that were bad refuse every other event. */
    void mend() {
        mended = true;
    }

    @Override
    public void receive(long subscription, long position, Consumer<Answer> done) {
        if (subscription == healthy) {
            long delay = scheduler.nanos() - world.committedAt(position);
            longestDelay = Math.max(longestDelay, delay);
            Violation.require(
                    delay <= delayMax,
                    ISOLATION,
                    position + " came after " + Duration.ofNanos(delay) + " to " + subscription);
        }
        long after = scheduler.upTo(QUICK);
        boolean takes = true;
        Answer no = null;
        switch (kinds.getOrDefault(subscription, Kind.GOOD)) {
            case GOOD -> {}
            case BAD -> takes = mended && scheduler.chance(0.5);
            case BUSY -> no = !mended && scheduler.chance(0.5) ? Answer.BUSY : null;
            case GONE -> no = !mended && scheduler.chance(0.3) ? Answer.GONE : null;
            case FLAKY -> takes = scheduler.chance(0.5);
            case HANGING -> {
                takes = mended && scheduler.chance(0.5);
                after = mended ? after : TIMEOUT + 1;
            }
            case SLOW -> after = mended ? after : scheduler.random.nextLong(TIMEOUT * 3 / 2);
        }
        takes = takes && no == null;
        if (takes) {
            scheduler.in(after, () -> {
                world.trace("receiver", "takes " + subscription + "-" + position, null);
                world.delivery.taken(subscription, position);
            });
        }
        Answer answer = after > TIMEOUT ? Answer.TIMED_OUT : takes ? Answer.TAKEN : no == null ? Answer.REFUSED : no;
        scheduler.in(Math.min(after, TIMEOUT) + 1, () -> done.accept(answer));
    }
}
