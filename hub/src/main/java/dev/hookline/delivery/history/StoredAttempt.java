package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An attempt as it is shown.
 *
 * @param code that the receiver answered; null when it did not, as are {@code httpVersion} and {@code answer}
 * @param resolveMicros null for what was not reached, as the other times
 * @param headers that were sent, a line each, secrets masked
 */
record StoredAttempt(
        int number,
        Instant startedAt,
        @Nullable Integer code,
        @Nullable String errorClass,
        @Nullable String error,
        @Nullable Long resolveMicros,
        @Nullable Long connectMicros,
        @Nullable Long answerMicros,
        @Nullable String httpVersion,
        String headers,
        @Nullable String answer) {
    /** In the shape that a test call's answer has. */
    ObjectNode json() {
        ObjectNode json = Json.object()
                .put("number", number)
                .put("started_at", startedAt.toString())
                .put("delivered", errorClass == null)
                .put("error_class", errorClass)
                .put("error", error);
        ObjectNode sent = json.putObject("request").put("method", "POST").putObject("headers");
        headers.lines().forEach(line -> {
            int colon = line.indexOf(": ");
            sent.put(line.substring(0, colon), line.substring(colon + 2));
        });
        if (code == null) {
            json.putNull("response");
        } else {
            json.putObject("response")
                    .put("status", code)
                    .put("http_version", httpVersion)
                    .put("body", answer);
        }
        json.putObject("timing")
                .put("resolve_ms", millis(resolveMicros))
                .put("connect_ms", millis(connectMicros))
                .put("answer_ms", millis(answerMicros));
        return json;
    }

    private static @Nullable Double millis(@Nullable Long micros) {
        return micros == null ? null : micros / 1_000.0;
    }
}
