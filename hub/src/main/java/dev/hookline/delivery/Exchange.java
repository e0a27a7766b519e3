package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What came of one POST.
 *
 * @param answer null when there was none, or none that was complete
 */
record Exchange(SendResult result, @Nullable Answer answer, Timing timing) {
    /**
     * What a receiver answered.
     *
     * @param httpVersion {@code HTTP/1.1}, {@code HTTP/2} and so on
     * @param start of the body, as many bytes as were asked for
     * @param retryAfter what its {@code Retry-After} says, a day at most; null without one
     */
    record Answer(
            int status,
            String httpVersion,
            Buffer start,
            @Nullable Duration retryAfter) {
        /** The beginning of the body as text that a database takes, of any bytes. */
        String text() {
            return start.toString(UTF_8).replace('\0', '\uFFFD');
        }
    }

    /**
     * How long its parts took; null for one that was not reached.
     *
     * @param resolve to look the name up
     * @param connect to have a connection, TLS included; next to nothing where one was open
     * @param answer from there to the last byte that was read
     */
    record Timing(
            @Nullable Duration resolve,
            @Nullable Duration connect,
            @Nullable Duration answer) {
        static final Timing NONE = new Timing(null, null, null);
    }

    static Exchange failed(String errorClass, String message) {
        return new Exchange(new SendResult.Failed(errorClass, message), null, Timing.NONE);
    }
}
