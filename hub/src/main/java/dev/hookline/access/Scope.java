package dev.hookline.access;

import java.util.Optional;

/** What an API key is for. It may what its scopes say and its user's role allows, never more than either. */
public enum Scope {
    EVENTS_READ("events:read"),
    EVENTS_WRITE("events:write"),
    RECORDS_READ("records:read"),
    SYNC("sync"),
    SUBSCRIPTIONS_READ("subscriptions:read"),
    SUBSCRIPTIONS_WRITE("subscriptions:write"),
    SOURCES_READ("sources:read"),
    SOURCES_WRITE("sources:write"),
    CALLS_READ("calls:read"),
    CALLS_WRITE("calls:write"),
    CATALOGUE_READ("catalogue:read"),
    CATALOGUE_WRITE("catalogue:write"),
    /** Users, invitations, the audit trail, and the deletion of events. */
    ADMIN("admin");

    private final String text;

    Scope(String text) {
        this.text = text;
    }

    /** As in the database and in every answer: {@code events:read}. */
    public String text() {
        return text;
    }

    /** Empty when no scope has this name. */
    public static Optional<Scope> of(String text) {
        for (Scope scope : values()) {
            if (scope.text.equals(text)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }
}
