package dev.hookline.delivery;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant wants some of its events sent, and how.
 *
 * @param source what the tenant's webhooks say that they come from
 * @param active false while paused: what matches then is kept, and sent when it is resumed
 * @param disabledReason why the hub paused it itself; null otherwise
 * @param fromPosition it gets the events above: the log's head when it was made, or was given other events or another filter
 * @param formerly what it got below {@code fromPosition}, as long as events from there may still have to be fanned out
 * @param revision counts its changes
 */
record Subscription(
        long id,
        String tenant,
        String source,
        SubscriptionSettings settings,
        boolean active,
        @Nullable String disabledReason,
        long fromPosition,
        List<Formerly> formerly,
        int revision,
        Instant createdAt,
        Instant updatedAt) {
    /**
     * The events and the filter that counted before a change.
     *
     * @param fromPosition for the events above
     * @param upTo and up to this one
     */
    record Formerly(
            long fromPosition,
            long upTo,
            List<String> events,
            @Nullable String filter) {}

    /** To one type of event, and with everything else as it is by default. */
    Subscription(
            long id,
            String tenant,
            URI url,
            String event,
            @Nullable String secret,
            boolean active,
            long fromPosition,
            Instant createdAt,
            Instant updatedAt) {
        this(
                id,
                tenant,
                Envelope.SOURCE,
                SubscriptionSettings.of(url, List.of(event), Signing.with(secret)),
                active,
                null,
                fromPosition,
                List.of(),
                1,
                createdAt,
                updatedAt);
    }

    URI url() {
        return settings.url();
    }

    Subscription withActive(boolean other, Instant at) {
        return new Subscription(
                id, tenant, source, settings, other, null, fromPosition, formerly, revision + 1, createdAt, at);
    }

    Subscription with(SubscriptionSettings other) {
        return new Subscription(
                id,
                tenant,
                source,
                other,
                active,
                disabledReason,
                fromPosition,
                formerly,
                revision + 1,
                createdAt,
                updatedAt);
    }

    /** As it is when the hub has paused it. */
    Subscription disabled(String reason) {
        return new Subscription(
                id, tenant, source, settings, false, reason, fromPosition, formerly, revision, createdAt, updatedAt);
    }

    /** A secret's last four characters, for people to tell secrets apart. */
    static String hint(@Nullable String secret) {
        return secret == null || secret.length() < 8 ? "…" : "…" + secret.substring(secret.length() - 4);
    }
}
