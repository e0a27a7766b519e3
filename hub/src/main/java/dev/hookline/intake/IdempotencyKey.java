package dev.hookline.intake;

import dev.hookline.http.Problem;
import dev.hookline.kernel.Limits;
import org.jspecify.annotations.Nullable;

/** The id that a sender gives a request, so that it is stored once however often it is sent. */
final class IdempotencyKey {
    private IdempotencyKey() {}

    /** Checks a header's value; null when there was none. */
    static @Nullable String of(@Nullable String header) throws Problem {
        if (header != null && (header.isEmpty() || header.length() > Limits.NAME_CHARS_MAX)) {
            throw Problem.of(400, "The idempotency key must have 1 to " + Limits.NAME_CHARS_MAX + " characters");
        }
        return header;
    }
}
