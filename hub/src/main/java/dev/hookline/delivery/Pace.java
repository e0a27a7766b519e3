package dev.hookline.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How fast one subscription may be sent to, by what its receiver answers. Pure state.
 *
 * <ul>
 *   <li>Each failure halves how many may be under way at once, down to one; each success allows one more.
 *   <li>An answer that asks to slow down (429, 502, 503, 504, or any with {@code Retry-After}) pauses everything: for as long
 *       as it asks, else for a second, and for twice as long each time until it takes one.
 *   <li>The breaker opens after so many failures in a row. While it is open nothing is sent; then one attempt is the probe. It
 *       closes with the first success, and stays open for twice as long after each probe that fails.
 * </ul>
 */
final class Pace {
    private static final int TOO_MANY = 429;
    private static final int BAD_GATEWAY = 502;
    private static final int UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;
    private static final Duration PAUSE_FIRST = Duration.ofSeconds(1);
    private static final Duration PAUSE_MAX = Duration.ofMinutes(1);
    private static final Duration ASKED_MAX = Duration.ofHours(1);
    private static final int DOUBLINGS_MAX = 16;

    /**
     * When the breaker opens, and for how long.
     *
     * @param failures in a row
     * @param first how long it is open before the first probe
     * @param most how long it is open after probes that failed
     */
    record Breaker(int failures, Duration first, Duration most) {
        static final Breaker DEFAULT = new Breaker(10, Duration.ofSeconds(5), Duration.ofMinutes(1));
    }

    private final Breaker breaker;
    private int atOnce = Integer.MAX_VALUE;
    private int failuresInARow;
    private int openings;
    private int pauses;
    private long openUntil = Long.MIN_VALUE;
    private long pausedUntil = Long.MIN_VALUE;

    Pace(Breaker breaker) {
        this.breaker = breaker;
    }

    /** How many may be under way at once, where the owner allows so many; 0 while nothing may be sent. */
    int atOnce(int most, long nowNanos) {
        return shutUntil() > nowNanos ? 0 : Math.min(most, isBroken() ? 1 : atOnce);
    }

    /** Whether the breaker is open, or half open: a probe may be under way. */
    boolean isBroken() {
        return failuresInARow >= breaker.failures();
    }

    /** Whether it has failed so often in a row that it needs little in memory. */
    boolean isFailing() {
        return failuresInARow >= breaker.failures() / 2;
    }

    /** Nothing is sent before. */
    long shutUntil() {
        return Math.max(openUntil, pausedUntil);
    }

    /** The receiver took one. */
    void succeeded(int most) {
        atOnce = Math.min(most, Math.min(most, atOnce) + 1);
        failuresInARow = 0;
        openings = 0;
        pauses = 0;
        openUntil = Long.MIN_VALUE;
    }

    /** An attempt failed, where the owner allows so many at once. */
    void failed(SendResult result, @Nullable Duration retryAfter, int most, long nowNanos) {
        atOnce = Math.max(1, Math.min(most, atOnce) / 2);
        failuresInARow++;
        if (asksToSlowDown(result) || retryAfter != null) {
            atOnce = 1;
            Duration pause =
                    retryAfter == null ? doubled(PAUSE_FIRST, pauses++, PAUSE_MAX) : shorter(retryAfter, ASKED_MAX);
            pausedUntil = Math.max(pausedUntil, nowNanos + pause.toNanos());
        }
        if (isBroken() && openUntil <= nowNanos) {
            openUntil = nowNanos
                    + doubled(breaker.first(), openings++, breaker.most()).toNanos();
        }
    }

    private static boolean asksToSlowDown(SendResult result) {
        return result instanceof SendResult.Answered(int code)
                && (code == TOO_MANY || code == BAD_GATEWAY || code == UNAVAILABLE || code == GATEWAY_TIMEOUT);
    }

    private static Duration doubled(Duration first, int times, Duration most) {
        return shorter(first.multipliedBy(1L << Math.min(times, DOUBLINGS_MAX)), most);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
