package dev.hookline.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What goes wrong in one run, and how often. Each seed has its own mix, and many lack most kinds: some bugs hide in noise. */
final class Faults {
    private static final int DEPTH_MAX = 6;
    private static final Duration BRIEF = Duration.ofMillis(20);
    private static final Duration SLOW = Duration.ofSeconds(3);
    private static final Duration BEYOND_THE_LEASE = Duration.ofSeconds(40);

    private final Scheduler scheduler;
    private final double interleaves;
    private final double slows;
    private final double stalls;
    private final double fails;
    private final double losesAnswers;
    private final double isLate;
    private final double crashes;
    private final List<Runnable> late = new ArrayList<>();
    private boolean on = true;

    Faults(Scheduler scheduler, boolean calm) {
        this.scheduler = scheduler;
        this.interleaves = calm ? 0.05 : rate(0.3);
        this.slows = calm ? 0 : rate(0.02);
        this.stalls = calm ? 0 : rate(0.004);
        this.fails = calm ? 0 : rate(0.08);
        this.losesAnswers = calm ? 0 : rate(0.08);
        this.isLate = calm ? 0 : rate(0.02);
        this.crashes = calm ? 0 : rate(0.006);
    }

    private double rate(double most) {
        return scheduler.random.nextInt(3) == 0 ? 0 : most * scheduler.random.nextDouble();
    }

    /** From now on everything works. */
    void end() {
        on = false;
        late.forEach(Runnable::run);
        late.clear();
    }

    boolean ended() {
        return !on;
    }

    /** Makes a call of a process. */
    <T> T call(SimulatedHub hub, String name, boolean mayBeLate, Supplier<T> effect) {
        pass(hub, name);
        if (on && scheduler.chance(fails)) {
            hub.trace(name + " fails");
            throw new Lost(name);
        }
        if (on && mayBeLate && scheduler.chance(isLate)) {
            hub.trace(name + " gets no answer, and takes effect later");
            late.add(() -> hub.trace("late: " + name, effect.get()));
            throw new Lost(name);
        }
        T result = effect.get();
        hub.trace(name, result);
        pass(hub, name);
        if (on && scheduler.chance(losesAnswers)) {
            hub.trace(name + ": the answer is lost");
            throw new Lost(name);
        }
        return result;
    }

    /** Time passes for the one who calls: others go on, and the process may end. */
    private void pass(SimulatedHub hub, String name) {
        hub.requireAlive();
        if (!on || scheduler.depth() > DEPTH_MAX) {
            return;
        }
        if (!late.isEmpty() && scheduler.chance(0.15)) {
            late.remove(scheduler.random.nextInt(late.size())).run();
        }
        if (scheduler.chance(interleaves)) {
            scheduler.runUntil(scheduler.nanos() + scheduler.upTo(BRIEF));
        } else if (scheduler.chance(slows)) {
            hub.trace(name + " is slow");
            scheduler.runUntil(scheduler.nanos() + scheduler.upTo(SLOW));
        } else if (scheduler.chance(stalls)) {
            long until = scheduler.nanos() + scheduler.upTo(BEYOND_THE_LEASE);
            hub.stall(until);
            scheduler.runUntil(until);
        } else if (scheduler.chance(crashes)) {
            hub.crash();
        }
        hub.requireAlive();
    }
}
