package dev.hookline.delivery;

import java.time.Duration;

/** Lets so many start in any second, and spreads them over it. Pure state. */
final class Throttle {
    private static final double SECOND = Duration.ofSeconds(1).toNanos();
    private static final int BURSTS_A_SECOND = 20;

    private int perSecond;
    private double left;
    private long atNanos;

    /** Whether one may start now; if so, it counts. */
    boolean start(int limit, long nowNanos) {
        // As many as a burst holds, and what comes in within a second after it, are no more than the limit.
        int burst = 1 + limit / BURSTS_A_SECOND;
        if (limit == perSecond) {
            left = Math.min(burst, left + (nowNanos - atNanos) / SECOND * (limit - burst + 1));
        } else {
            perSecond = limit;
            left = burst;
        }
        atNanos = nowNanos;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
