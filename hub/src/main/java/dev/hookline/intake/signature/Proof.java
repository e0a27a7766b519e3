package dev.hookline.intake.signature;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a sender adds to a call.
 *
 * @param pathSecret what follows the source in the path
 */
public record Proof(
        Map<String, String> headers,
        Map<String, String> query,
        @Nullable String pathSecret) {
    static Proof headers(Map<String, String> headers) {
        return new Proof(headers, Map.of(), null);
    }
}
