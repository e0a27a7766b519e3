package dev.hookline.delivery.history;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which deliveries of a tenant. What is null does not matter.
 *
 * @param status as stored, or {@code paused} or {@code blocked}
 * @param event the event's type
 * @param resourceType the part of the event's type before its first dot
 * @param resourceId the record's key
 * @param after only events above this position
 * @param upTo and up to this one
 */
public record DeliveryFilter(
        @Nullable Long subscription,
        @Nullable String status,
        @Nullable String event,
        @Nullable String resourceType,
        @Nullable String resourceId,
        long after,
        long upTo) {
    public static final List<String> STATUSES =
            List.of("pending", "retrying", "paused", "blocked", "delivered", "dead", "cancelled");

    /** Every delivery. */
    static DeliveryFilter all() {
        return new DeliveryFilter(null, null, null, null, null, 0, Long.MAX_VALUE);
    }

    /** As a query says; seed 004 calls {@code failed} what is {@code dead} here. */
    static DeliveryFilter of(Call call, EventLog log) throws Problem {
        String status = "failed".equals(call.query("status")) ? "dead" : call.query("status");
        if (status != null && !STATUSES.contains(status)) {
            throw Problem.field("status", "'status' must be one of " + String.join(", ", STATUSES));
        }
        String subscription = call.query("subscription_id");
        return new DeliveryFilter(
                subscription == null ? null : number("subscription_id", subscription),
                status,
                call.query("event"),
                call.query("resource_type"),
                call.query("resource_id"),
                after(log, call.time("since")),
                upTo(log, call.time("until")));
    }

    /** Above it are the events received at or after a time. */
    static long after(EventLog log, @Nullable Instant since) {
        return since == null ? 0 : log.firstSince(since) - 1;
    }

    /** Up to it are the events received before a time. */
    static long upTo(EventLog log, @Nullable Instant until) {
        return until == null ? Long.MAX_VALUE : log.firstSince(until) - 1;
    }

    private static long number(String parameter, String text) throws Problem {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw Problem.field(parameter, "'" + parameter + "' is not an id");
        }
    }

    DeliveryFilter dead() {
        return new DeliveryFilter(subscription, "dead", event, resourceType, resourceId, after, upTo);
    }

    /** With another upper bound, where that is lower. */
    DeliveryFilter upTo(long bound) {
        return new DeliveryFilter(subscription, status, event, resourceType, resourceId, after, Math.min(upTo, bound));
    }

    /** Whether events have to be looked at to judge their deliveries. */
    boolean byEvent() {
        return event != null || resourceType != null || resourceId != null;
    }

    /** Whether some deliveries between the positions may not pass. */
    boolean sifts() {
        return status != null || byEvent();
    }

    /** Whether an event passes, as far as the filter speaks of events. */
    boolean passes(Event event) {
        String type = event.data().eventType();
        String prefix = typePrefix();
        return (this.event == null || this.event.equals(type))
                && (prefix == null || type.startsWith(prefix))
                && (resourceId == null || resourceId.equals(event.data().recordKey()));
    }

    /** What an event's type begins with; null for any. */
    @Nullable
    String typePrefix() {
        return resourceType == null ? null : resourceType + ".";
    }
}
