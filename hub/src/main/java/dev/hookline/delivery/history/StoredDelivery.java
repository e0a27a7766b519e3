package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.kernel.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A delivery as it is listed.
 *
 * @param event its type; where the event is no longer kept, what its subscription is for
 * @param resourceId the record's key; null where the event is no longer kept
 * @param status as stored, but {@code paused} for what waits for its subscription, and {@code blocked} for
 *     what waits for an earlier one of its record
 * @param attempts made in all
 * @param dueAt when the next attempt may be made; null when none is planned, or one is under way
 */
public record StoredDelivery(
        DeliveryKey key,
        String event,
        @Nullable String resourceId,
        String url,
        String status,
        int attempts,
        @Nullable Integer lastCode,
        @Nullable String lastError,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant dueAt) {
    ObjectNode json() {
        int dot = event.indexOf('.');
        return Json.object()
                .put("id", key.text())
                .put("subscription_id", key.subscription())
                .put("event_id", key.position())
                .put("event", event)
                .put("resource_type", resourceId == null ? null : dot < 0 ? event : event.substring(0, dot))
                .put("resource_id", resourceId)
                .put("url", url)
                .put("status", status)
                .put("attempts", attempts)
                .put("response_code", lastCode)
                .put("last_error", lastError)
                .put("created_at", createdAt.toString())
                .put("updated_at", updatedAt.toString())
                .put("next_attempt_at", dueAt == null ? null : dueAt.toString());
    }
}
