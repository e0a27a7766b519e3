package dev.hookline.delivery;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Map;

/** Attempts of which only the result is of interest. */
final class Attempts {
    private Attempts() {}

    static Attempt of(SendResult result) {
        return new Attempt(Instant.EPOCH, Map.of(), Buffer.buffer(), new Exchange(result, null, Exchange.Timing.NONE));
    }
}
