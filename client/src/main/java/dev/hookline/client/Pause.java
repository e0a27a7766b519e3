package dev.hookline.client;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Time, chance and ids: here and nowhere else, so that tests need not wait and know what comes. */
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

        @Override
        public String id() {
            return UUID.randomUUID().toString();
        }
    };

    /** A clock that never goes back. */
    long nanos();

    void sleep(Duration duration) throws InterruptedException;

    /** From 0 to 1. */
    double chance();

    /** One that nobody else has, of 36 characters. */
    String id();
}
