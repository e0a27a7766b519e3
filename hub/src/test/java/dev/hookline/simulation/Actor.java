package dev.hookline.simulation;

import java.time.Duration;
import java.util.function.LongSupplier;

/** One thread of a hub, as turns that the scheduler gives it. While one of its turns waits for a call it has no other. */
final class Actor {
    private static final long AFTER_A_FAILURE = Duration.ofSeconds(1).toNanos();
    private static final Duration HANDOVER = Duration.ofMillis(1);

    private final Scheduler scheduler;
    private final SimulatedHub hub;
    private final LongSupplier turn;
    private boolean running;
    private boolean woken;
    private long generation;

    /**
     * An actor that has no turn yet.
     *
     * @param turn answers how many nanoseconds to wait for the next one, if nothing wakes it before
     */
    Actor(Scheduler scheduler, SimulatedHub hub, LongSupplier turn) {
        this.scheduler = scheduler;
        this.hub = hub;
        this.turn = turn;
    }

    /** Gives it a turn soon. */
    void wake() {
        if (running) {
            woken = true;
        } else {
            planIn(scheduler.upTo(HANDOVER));
        }
    }

    private void planIn(long delay) {
        long planned = ++generation;
        scheduler.in(delay, () -> {
            if (planned == generation && hub.alive()) {
                run();
            }
        });
    }

    private void run() {
        if (hub.stalledFor() > 0) {
            planIn(hub.stalledFor());
            return;
        }
        running = true;
        woken = false;
        long next;
        try {
            next = turn.getAsLong();
        } catch (Crashed e) {
            return;
        } catch (RuntimeException e) {
            hub.requireExpected(e);
            next = AFTER_A_FAILURE;
        } finally {
            running = false;
        }
        if (hub.alive()) {
            planIn(woken ? scheduler.upTo(HANDOVER) : next);
        }
    }
}
