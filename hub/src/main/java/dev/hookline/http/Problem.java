package dev.hookline.http;

import org.jspecify.annotations.Nullable;

/** A request that cannot be served, and why, in words for the caller. Carries no stack trace: it is no bug. */
public final class Problem extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient @Nullable String field;
    private final boolean inQuery;
    private final int retryAfterSeconds;

    private Problem(int status, String message, @Nullable String field, boolean inQuery, int retryAfterSeconds) {
        super(message, null, false, false);
        this.status = status;
        this.field = field;
        this.inQuery = inQuery;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public static Problem of(int status, String message) {
        return new Problem(status, message, null, false, 1);
    }

    /** A wrong field: 422, naming it. */
    public static Problem field(String field, String message) {
        return new Problem(422, message, field, false, 1);
    }

    /** A wrong parameter of the query: 422, naming it. */
    public static Problem query(String parameter, String message) {
        return new Problem(422, message, parameter, true, 1);
    }

    /** 429: too many requests for now. */
    public static Problem tooMany(int retryAfterSeconds) {
        return tooMany(retryAfterSeconds, "Too many requests. Please try again later.");
    }

    /** 429, and what to do. */
    public static Problem tooMany(int retryAfterSeconds, String message) {
        return new Problem(429, message, null, false, retryAfterSeconds);
    }

    public int status() {
        return status;
    }

    public @Nullable String field() {
        return field;
    }

    /** Whether the field is a parameter of the query, whatever else the request has. */
    boolean inQuery() {
        return inQuery;
    }

    /** When to try again, for 429 and 503. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** The message. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
