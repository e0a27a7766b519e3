package dev.hookline.postgres;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The end of a bounded wait. */
final class Deadline {
    private final long endNanos;

    private Deadline(long endNanos) {
        this.endNanos = endNanos;
    }

    static Deadline after(Duration wait) {
        return new Deadline(System.nanoTime() + wait.toNanos());
    }

    boolean passed() {
        return System.nanoTime() - endNanos >= 0;
    }

    /** Waits between two tries, never beyond the end. */
    void pause(Duration between) throws InterruptedException {
        long nanos = Math.min(between.toNanos(), endNanos - System.nanoTime());
        if (nanos > 0) {
            TimeUnit.NANOSECONDS.sleep(nanos);
        }
    }
}
