package dev.hookline.graphql;

import dev.hookline.http.Problem;
import org.jspecify.annotations.Nullable;

/** A field that cannot be answered, and why, in words for the caller. Carries no stack trace: it is no bug. */
final class GraphProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final @Nullable String argument;
    private final int retryAfterSeconds;

    /**
     * As REST would answer it.
     *
     * @param status as HTTP has it
     * @param argument which is wrong; null for none
     */
    GraphProblem(int status, @Nullable String argument, String message) {
        this(status, argument, message, 1);
    }

    private GraphProblem(int status, @Nullable String argument, String message, int retryAfterSeconds) {
        super(message, null, false, false);
        this.status = status;
        this.argument = argument;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** As REST says it. */
    static GraphProblem of(Problem problem) {
        return new GraphProblem(problem.status(), problem.field(), problem.text(), problem.retryAfterSeconds());
    }

    /** Of a whole request, to REST's envelope. */
    Problem asProblem() {
        String text = String.valueOf(getMessage());
        return status == 429 ? Problem.tooMany(retryAfterSeconds, text) : Problem.of(status, text);
    }

    int status() {
        return status;
    }

    /** For 429. */
    int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** {@code BAD_REQUEST}, {@code FORBIDDEN} and so on. */
    String code() {
        return switch (status) {
            case 400 -> "BAD_REQUEST";
            case 403 -> "FORBIDDEN";
            case 404 -> "NOT_FOUND";
            case 409 -> "CONFLICT";
            case 422 -> "BAD_USER_INPUT";
            case 429 -> "TOO_MANY_REQUESTS";
            case 503 -> "UNAVAILABLE";
            case 504 -> "TIMEOUT";
            default -> "INTERNAL";
        };
    }

    @Nullable
    String argument() {
        return argument;
    }
}
