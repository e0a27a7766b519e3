package dev.hookline.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of a delivery that this node held. */
sealed interface Outcome {
    DeliveryKey key();

    /** Attempts so far, this one counted. */
    int attempts();

    /** The receiver took it. */
    record Delivered(DeliveryKey key, int attempts, int code) implements Outcome {}

    /** It is tried again after a delay. */
    record Retry(DeliveryKey key, int attempts, @Nullable Integer code, String error, Duration delay)
            implements Outcome {}

    /**
     * Given up: a dead letter until it is replayed.
     *
     * @param blocks whether what follows of its record waits until then
     */
    record Dead(DeliveryKey key, int attempts, @Nullable Integer code, String error, boolean blocks)
            implements Outcome {
        Dead(DeliveryKey key, int attempts, @Nullable Integer code, String error) {
            this(key, attempts, code, error, false);
        }
    }

    /** Given back untried, to be due again at once. */
    record Released(DeliveryKey key, int attempts) implements Outcome {}

    /** Its subscription is gone. */
    record Cancelled(DeliveryKey key, int attempts) implements Outcome {}
}
