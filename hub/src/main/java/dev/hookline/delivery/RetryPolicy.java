package dev.hookline.delivery;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How often, how soon and how long.
 *
 * @param name {@code fast}, {@code odoo}, {@code standard} or {@code own}
 * @param delays before the second attempt, the third, and so on
 * @param jitter the part of a delay by which it may be longer or shorter
 * @param timeout for one attempt, from the look-up of the name to the last byte of the answer
 */
record RetryPolicy(String name, List<Duration> delays, double jitter, Duration timeout) {
    /** The name of a list that the subscriber gave. */
    static final String OWN = "own";

    /** Seed 004: three retries after 1, 2 and 4 s, 10 s for each attempt. */
    static final RetryPolicy FAST = new RetryPolicy("fast", seconds(1, 2, 4), 0, Duration.ofSeconds(10));

    /** As Odoo's module auto-webhook: five retries after 60 · 2ⁿ s, 30 s for each attempt. */
    static final RetryPolicy ODOO = new RetryPolicy("odoo", seconds(60, 120, 240, 480, 960), 0, Duration.ofSeconds(30));

    /** The schedule that Standard Webhooks proposes: from 5 s to a day, three days in all. */
    static final RetryPolicy STANDARD = new RetryPolicy(
            "standard",
            seconds(5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
            0.2,
            Duration.ofSeconds(20));

    private static final Map<String, RetryPolicy> NAMED = Map.of("fast", FAST, "odoo", ODOO, "standard", STANDARD);

    static Optional<RetryPolicy> named(String name) {
        return Optional.ofNullable(NAMED.get(name));
    }

    /** A subscriber's own delays, in seconds. */
    static RetryPolicy own(List<Integer> delaysSeconds) {
        return new RetryPolicy(
                OWN, delaysSeconds.stream().map(Duration::ofSeconds).toList(), 0, FAST.timeout());
    }

    private static List<Duration> seconds(long... delays) {
        return Arrays.stream(delays).mapToObj(Duration::ofSeconds).toList();
    }

    /** The wait after so many attempts; empty when it is given up. */
    Optional<Duration> after(int attempts) {
        return attempts <= delays.size() ? Optional.of(delays.get(attempts - 1)) : Optional.empty();
    }

    /**
     * As {@link #after(int)}, so that what failed together does not come back together.
     *
     * @param chance from 0 to 1: 0 for the shortest wait, 1 for the longest
     */
    Optional<Duration> after(int attempts, double chance) {
        double factor = 1 + jitter * (2 * chance - 1);
        return after(attempts).map(delay -> Duration.ofMillis(Math.round(delay.toMillis() * factor)));
    }
}
