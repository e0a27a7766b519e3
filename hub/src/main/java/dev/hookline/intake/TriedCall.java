package dev.hookline.intake;

import dev.hookline.intake.signature.SignedCall;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call that is not being made: one that is tried, or one from the log that is run again. */
final class TriedCall implements SignedCall {
    private final byte[] body;
    private final Map<String, String> headers;
    private final Map<String, String> query;
    private final @Nullable String pathSecret;

    /**
     * Of its parts.
     *
     * @param headers a map that finds names in any case
     */
    TriedCall(byte[] body, Map<String, String> headers, Map<String, String> query, @Nullable String pathSecret) {
        this.body = body;
        this.headers = headers;
        this.query = query;
        this.pathSecret = pathSecret;
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    @Override
    public @Nullable String query(String name) {
        return query.get(name);
    }

    @Override
    public @Nullable String pathSecret() {
        return pathSecret;
    }
}
