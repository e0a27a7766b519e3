package dev.hookline.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Time and chance, so that tests need not wait. */
interface Pause {
    Pause REAL = new Pause() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration.toMillis());
        }

        @Override
        public double chance() {
            return ThreadLocalRandom.current().nextDouble();
        }
    };

    /** A clock that never goes back. */
    long nanos();

    void sleep(Duration duration) throws InterruptedException;

    /** From 0 to 1. */
    double chance();
}
