package dev.hookline.http;

import org.jspecify.annotations.Nullable;

/** A request that cannot be served, and why, in words for the caller. Carries no stack trace: it is no bug. */
public final class Problem extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient @Nullable String field;

    private Problem(int status, String message, @Nullable String field) {
        super(message, null, false, false);
        this.status = status;
        this.field = field;
    }

    public static Problem of(int status, String message) {
        return new Problem(status, message, null);
    }

    /** A wrong field: 422, naming it. */
    public static Problem field(String field, String message) {
        return new Problem(422, message, field);
    }

    public int status() {
        return status;
    }

    public @Nullable String field() {
        return field;
    }

    /** The message. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
