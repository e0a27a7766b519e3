package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A replay as it stands.
 *
 * @param at up to where it has come
 * @param queued so far
 */
record Replay(
        long id,
        String tenant,
        Order order,
        State state,
        Count expected,
        DeliveryKey at,
        long queued,
        @Nullable String error,
        Instant createdAt,
        @Nullable Instant finishedAt) {
    /** What is sent again. */
    enum Source {
        /** Deliveries that have ended. */
        DELIVERIES,
        /** Those of them that are dead. */
        DEAD_LETTERS,
        /** What a subscription is for, in the log: also what came before there was this subscription. */
        EVENTS;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    enum State {
        RUNNING,
        DONE,
        CANCELLED,
        FAILED;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What was asked for.
     *
     * @param statuses of the deliveries that are sent again; of {@link Source#EVENTS} those that have none are sent in any case
     * @param filter with the subscription, which {@link Source#EVENTS} need; its status does not count
     * @param rate how many are queued in a second at most
     */
    record Order(Source source, List<String> statuses, DeliveryFilter filter, int rate) {}

    /**
     * How many there are.
     *
     * @param least there are more: counting stopped
     */
    record Count(long value, boolean least) {}

    ObjectNode json() {
        DeliveryFilter filter = order.filter();
        ObjectNode json = Json.object()
                .put("id", id)
                .put("source", order.source().text())
                .put("state", state.text())
                .put("subscription_id", filter.subscription());
        order.statuses().forEach(json.putArray("statuses")::add);
        return json.put("event", filter.event())
                .put("resource_type", filter.resourceType())
                .put("resource_id", filter.resourceId())
                .put("after_event_id", filter.after())
                .put("up_to_event_id", filter.upTo())
                .put("rate", order.rate())
                .put("expected", expected.value())
                .put("expected_is_least", expected.least())
                .put("queued", queued)
                .put("at", at.text())
                .put("error", error)
                .put("created_at", createdAt.toString())
                .put("finished_at", finishedAt == null ? null : finishedAt.toString());
    }
}
