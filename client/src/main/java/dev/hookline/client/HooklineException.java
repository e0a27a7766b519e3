package dev.hookline.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why events were not published. Each kind says whether trying again can help. */
public abstract sealed class HooklineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private HooklineException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The hub refuses the request: sending the same again does not help. Nothing was stored. */
    public static final class Refused extends HooklineException {
        private static final long serialVersionUID = 1L;

        private final int status;
        private final @Nullable String field;
        private final @Nullable String requestId;

        Refused(int status, String message, @Nullable String field, @Nullable String requestId) {
            super(message, null);
            this.status = status;
            this.field = field;
            this.requestId = requestId;
        }

        /** The HTTP status; never one that says that the token does not count, or that the hub has no room for now. */
        public int status() {
            return status;
        }

        /** The path of the field that is wrong, as in {@code events[3].data.amount}; null where no field is to blame. */
        public @Nullable String field() {
            return field;
        }

        /** What the hub's log calls the request. */
        public @Nullable String requestId() {
            return requestId;
        }
    }

    /** The token, or the name and password, do not count. Nothing was stored. */
    public static final class NotAuthorized extends HooklineException {
        private static final long serialVersionUID = 1L;

        NotAuthorized(String message) {
            super(message, null);
        }
    }

    /**
     * The hub could not be reached, had no room, or failed, until the deadline. The events may or may not be stored: publish
     * them later under the same key, and they are stored once.
     */
    public static final class Unavailable extends HooklineException {
        private static final long serialVersionUID = 1L;

        private final String idempotencyKey;
        private final transient List<Event> events;

        Unavailable(String message, String idempotencyKey, @Nullable Throwable cause) {
            this(message, idempotencyKey, List.of(), cause);
        }

        private Unavailable(
                @Nullable String message, String idempotencyKey, List<Event> events, @Nullable Throwable cause) {
            super(message, cause);
            this.idempotencyKey = idempotencyKey;
            this.events = List.copyOf(events);
        }

        Unavailable with(List<Event> all) {
            return new Unavailable(getMessage(), idempotencyKey, all, getCause());
        }

        /** Those that were to be published. */
        public List<Event> events() {
            return events;
        }

        /** For {@link Hookline#publish(java.util.List, String)}. */
        public String idempotencyKey() {
            return idempotencyKey;
        }
    }
}
