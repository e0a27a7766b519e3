package dev.hookline.delivery;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How fast, in what order and how long a subscription is sent to.
 *
 * @param retry when a failed attempt is made again
 * @param timeout of one attempt; null for the policy's own
 * @param ordered one at a time for each record, in the order of the log
 * @param onDead with {@code ordered}: what becomes of the record's later deliveries
 * @param concurrency attempts at once; null for the hub's own bound
 * @param throttlePerSecond attempts begun in a second; null for no bound
 */
record DeliverySettings(
        RetryPolicy retry,
        @Nullable Duration timeout,
        boolean ordered,
        OnDead onDead,
        @Nullable Integer concurrency,
        @Nullable Integer throttlePerSecond) {
    static final DeliverySettings DEFAULT =
            new DeliverySettings(RetryPolicy.FAST, null, false, OnDead.BLOCK, null, null);

    /** After the last attempt of an ordered delivery has failed. */
    enum OnDead {
        /** What follows of its record waits until it is replayed or skipped. */
        BLOCK,
        /** What follows is sent. */
        CONTINUE;

        private final String text = name().toLowerCase(Locale.ROOT);

        String text() {
            return text;
        }
    }

    /** Whether a dead delivery keeps back what follows of its record. */
    boolean blocks() {
        return ordered && onDead == OnDead.BLOCK;
    }

    /** Whether one node sends all of it: limits hold for all nodes together. */
    boolean byOneNode() {
        return concurrency != null || throttlePerSecond != null;
    }

    /** The timeout that holds. */
    Duration attemptTimeout() {
        return timeout == null ? retry.timeout() : timeout;
    }
}
