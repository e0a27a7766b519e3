package dev.hookline.postgres;

import org.jspecify.annotations.Nullable;

/** The database cannot be used. The message is for whoever started the hub: it says what is wrong and what to do next. */
public final class DatabaseStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DatabaseStartException(String message) {
        this(message, null);
    }

    DatabaseStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
