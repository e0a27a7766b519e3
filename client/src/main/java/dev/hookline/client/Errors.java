package dev.hookline.client;

import org.jspecify.annotations.Nullable;

/** {@code error.occurred}. */
public final class Errors<R> {
    private final Outlet<R> outlet;

    Errors(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    /**
     * Something went wrong in the publisher.
     *
     * @param errorId tells this error from others
     * @param component the part it happened in
     */
    public R occurred(String errorId, String message, @Nullable String errorCode, @Nullable String component) {
        return outlet.put(Event.of(
                "error.occurred",
                errorId,
                Event.data("error_id", errorId, "message", message, "error_code", errorCode, "component", component)));
    }
}
