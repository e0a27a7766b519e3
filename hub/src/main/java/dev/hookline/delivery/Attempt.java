package dev.hookline.delivery;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Map;

/**
 * One attempt at a delivery.
 *
 * @param headers that were sent, in order, but secrets are masked; those that HTTP itself needs are not among them
 * @param body that was sent
 */
record Attempt(Instant startedAt, Map<String, String> headers, Buffer body, Exchange exchange) {
    SendResult result() {
        return exchange.result();
    }
}
