package dev.hookline.delivery;

import org.jspecify.annotations.Nullable;

/** What one attempt came to. */
sealed interface SendResult {
    String TIMEOUT = "timeout";
    String DNS = "dns";
    String CONNECTION_REFUSED = "connection_refused";
    String CONNECTION_ERROR = "connection_error";
    String TLS = "tls";
    String BLOCKED = "blocked";
    String TOO_LARGE = "too_large";

    /** The receiver answered in time. */
    record Answered(int code) implements SendResult {}

    /**
     * It did not.
     *
     * @param reason one of the constants here
     * @param message for people
     */
    record Failed(String reason, String message) implements SendResult {}

    default boolean delivered() {
        return this instanceof Answered(int code) && code >= 200 && code < 300;
    }

    /** For metrics and lists, one of a few: why it is tried again. */
    default String reasonText() {
        return switch (this) {
            case Failed(String reason, String _) -> reason;
            case Answered(int code) when code >= 500 -> "server_error";
            case Answered(int code) when code >= 400 -> "client_error";
            case Answered(int code) when code >= 300 -> "redirect";
            case Answered _ -> "other";
        };
    }

    /** As {@link #reasonText}; null for a delivery. */
    default @Nullable String errorClass() {
        return delivered() ? null : reasonText();
    }

    /** For people. */
    default String error() {
        return switch (this) {
            case Failed(String _, String message) -> message;
            case Answered(int code)
            when code >= 300 && code < 400 ->
                "The receiver answered " + code + ", a redirect; redirects are not followed";
            case Answered(int code) -> "The receiver answered " + code;
        };
    }
}
