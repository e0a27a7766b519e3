package dev.hookline.delivery;

/** What one attempt came to. */
sealed interface SendResult {
    /** The receiver answered in time. */
    record Answered(int code) implements SendResult {}

    /**
     * It did not.
     *
     * @param reason for metrics: {@code timeout}, {@code connection_error} or {@code blocked}
     * @param message for people
     */
    record Failed(String reason, String message) implements SendResult {}

    default boolean delivered() {
        return this instanceof Answered(int code) && code >= 200 && code < 300;
    }

    /** For metrics: why it is tried again. */
    default String reasonText() {
        return switch (this) {
            case Failed(String reason, String _) -> reason;
            case Answered(int code) when code >= 500 -> "server_error";
            case Answered(int code) when code >= 400 -> "client_error";
            case Answered(int code) when code >= 300 -> "redirect";
            case Answered _ -> "other";
        };
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
