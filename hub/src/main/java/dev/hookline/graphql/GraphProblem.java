package dev.hookline.graphql;

import org.jspecify.annotations.Nullable;

/** A field that cannot be answered, and why, in words for the caller. Carries no stack trace: it is no bug. */
final class GraphProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final @Nullable String argument;

    /**
     * As REST would answer it.
     *
     * @param status as HTTP has it
     * @param argument which is wrong; null for none
     */
    GraphProblem(int status, @Nullable String argument, String message) {
        super(message, null, false, false);
        this.status = status;
        this.argument = argument;
    }

    /** {@code BAD_REQUEST}, {@code FORBIDDEN} and so on. */
    String code() {
        return switch (status) {
            case 400 -> "BAD_REQUEST";
            case 403 -> "FORBIDDEN";
            case 404 -> "NOT_FOUND";
            case 422 -> "BAD_USER_INPUT";
            case 503 -> "UNAVAILABLE";
            default -> "INTERNAL";
        };
    }

    @Nullable
    String argument() {
        return argument;
    }
}
