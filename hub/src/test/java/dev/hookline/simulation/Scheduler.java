package dev.hookline.simulation;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Virtual time, and what happens in it, in an order that the seed decides. Tasks run one at a time; one that waits runs
 * others meanwhile, on the same thread, and goes on when they are through.
 */
final class Scheduler implements Time {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private record Task(long at, long order, Runnable run) {}

    final SplittableRandom random;
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
    private final Runnable afterEach;
    private long nanos;
    private long setBackNanos;
    private long steps;
    private int depth;

    /**
     * A scheduler at its start.
     *
     * @param afterEach runs after every task
     */
    Scheduler(long seed, Runnable afterEach) {
        this.random = new SplittableRandom(seed);
        this.afterEach = afterEach;
    }

    @Override
    public Instant now() {
        return START.plusNanos(nanos - setBackNanos);
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public void sleep(Duration duration) {
        throw new IllegalStateException("A step must not sleep");
    }

    /** Sets the wall clock back, as a time server does. */
    void setBack(Duration by) {
        setBackNanos += by.toNanos();
    }

    /** Tasks so far. */
    long steps() {
        return steps;
    }

    int depth() {
        return depth;
    }

    /** What is due at the same time runs in an order of chance. */
    void in(long delayNanos, Runnable run) {
        tasks.add(new Task(nanos + Math.max(0, delayNanos), random.nextLong(), run));
    }

    /** Runs what is due up to a time, which it then is. */
    void runUntil(long until) {
        depth++;
        try {
            Task next = tasks.peek();
            while (next != null && next.at() <= until) {
                tasks.poll();
                nanos = Math.max(nanos, next.at());
                steps++;
                next.run().run();
                afterEach.run();
                next = tasks.peek();
            }
            nanos = Math.max(nanos, until);
        } finally {
            depth--;
        }
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** A duration up to a bound, in nanoseconds; short ones are as likely as long ones. */
    long upTo(Duration most) {
        return (long) Math.pow((double) most.toNanos(), random.nextDouble());
    }
}
