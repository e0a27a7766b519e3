package dev.hookline.kernel;

import java.time.Duration;
import java.time.Instant;

/** The clock. Production uses {@link #system()}; the simulator brings its own. */
public interface Time {
    /** Wall-clock time, in UTC. */
    Instant now();

    /** A clock that never goes back, in nanoseconds from an arbitrary origin; for measuring durations. */
    long nanos();

    /** Blocks the calling thread. */
    void sleep(Duration duration) throws InterruptedException;

    static Time system() {
        return SystemTime.INSTANCE;
    }

    /** The machine's clock. */
    enum SystemTime implements Time {
        INSTANCE;

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration);
        }
    }
}
