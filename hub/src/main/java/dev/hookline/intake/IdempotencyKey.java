package dev.hookline.intake;

import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.kernel.Limits;
import org.jspecify.annotations.Nullable;

/** The id that a sender gives a request, so that it is stored once however often it is sent. */
final class IdempotencyKey {
    private IdempotencyKey() {}

    /** Of {@code webhook-id}, else of {@code Idempotency-Key}; null when there is neither. */
    static @Nullable String in(SignedCall call) throws Problem {
        String id = call.header("webhook-id");
        return of(id == null ? call.header("Idempotency-Key") : id);
    }

    /** Checks a header's value; null when there was none. */
    static @Nullable String of(@Nullable String header) throws Problem {
        if (header != null && (header.isEmpty() || header.length() > Limits.NAME_CHARS_MAX)) {
            throw Problem.of(400, "The idempotency key must have 1 to " + Limits.NAME_CHARS_MAX + " characters");
        }
        return header;
    }
}
