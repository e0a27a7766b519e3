package dev.hookline.delivery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How often, how soon and how long.
 *
 * @param delays before the second attempt, the third, and so on
 * @param timeout for one attempt, from the look-up of the name to the last byte of the answer
 */
record RetryPolicy(List<Duration> delays, Duration timeout) {
    /** Seed 004: three retries after 1, 2 and 4 s, 10 s for each attempt. */
    static final RetryPolicy FAST = new RetryPolicy(
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4)), Duration.ofSeconds(10));

    /** The wait after so many attempts; empty when it is given up. */
    Optional<Duration> after(int attempts) {
        return attempts <= delays.size() ? Optional.of(delays.get(attempts - 1)) : Optional.empty();
    }
}
