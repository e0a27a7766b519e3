package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Actor;
import dev.hookline.access.PostgresAudit;
import dev.hookline.delivery.Deliveries;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What people do to deliveries, with its answers to them, and its entry in the audit trail. */
public final class DeliveryChanges {
    private final PostgresDeliveries store;
    private final PostgresDeliveryActions actions;
    private final Deliveries deliveries;
    private final PostgresAudit audit;

    /**
     * A delivery that was ended.
     *
     * @param mayStillArrive whether a node had it in memory: it may still be sent once
     */
    public record Cancelled(StoredDelivery delivery, boolean mayStillArrive) {}

    public DeliveryChanges(
            PostgresDeliveries store, PostgresDeliveryActions actions, Deliveries deliveries, PostgresAudit audit) {
        this.store = store;
        this.actions = actions;
        this.deliveries = deliveries;
        this.audit = audit;
    }

    StoredDelivery find(String tenant, DeliveryKey key) throws Problem {
        return store.find(tenant, key).orElseThrow(DeliveryChanges::noSuch);
    }

    static Problem noSuch() {
        return Problem.of(404, "There is no delivery with this id");
    }

    /**
     * Makes one due now.
     *
     * @throws Problem 404 where the actor's tenant has no such delivery, 409 where it cannot be retried
     */
    public StoredDelivery retry(Actor actor, DeliveryKey key) throws Problem {
        find(actor.tenant(), key);
        if (actions.retry(actor.tenant(), List.of(key)).isEmpty()) {
            throw Problem.of(409, whyNot(find(actor.tenant(), key)));
        }
        audit(actor, "retry", key);
        deliveries.lookNow();
        return find(actor.tenant(), key);
    }

    private static String whyNot(StoredDelivery delivery) {
        return switch (delivery.status()) {
            case "paused" -> "Its subscription is paused; it is sent when that is resumed";
            case "blocked" -> "An earlier delivery of its record has to be through first, or skipped";
            case "pending", "retrying" -> "It is being sent, or about to be";
            default -> "Its subscription is deleted, or its event is no longer kept";
        };
    }

    /** Makes those due now that can be, and answers which. */
    public Set<DeliveryKey> retry(Actor actor, Set<DeliveryKey> keys) {
        Map<DeliveryKey, PostgresDeliveryActions.Done> done = actions.retry(actor.tenant(), keys);
        deliveries.lookNow();
        if (!done.isEmpty()) {
            ObjectNode retried = Json.object();
            ArrayNode ids = retried.putArray("ids");
            done.keySet().forEach(key -> ids.add(key.text()));
            audit.write(actor, "delivery.retry", "delivery", null, retried);
        }
        return done.keySet();
    }

    /**
     * Lets what waits behind a dead delivery go on.
     *
     * @throws Problem 404 where the actor's tenant has no such delivery, 409 where nothing waits for it
     */
    public StoredDelivery skip(Actor actor, DeliveryKey key) throws Problem {
        find(actor.tenant(), key);
        if (actions.skip(actor.tenant(), List.of(key)).isEmpty()) {
            throw Problem.of(409, "Nothing waits for it");
        }
        audit(actor, "skip", key);
        deliveries.lookNow();
        return find(actor.tenant(), key);
    }

    /**
     * Ends one that has not ended.
     *
     * @throws Problem 404 where the actor's tenant has no such delivery, 409 where it has ended
     */
    public Cancelled cancel(Actor actor, DeliveryKey key) throws Problem {
        find(actor.tenant(), key);
        PostgresDeliveryActions.@Nullable Done done =
                actions.cancel(actor.tenant(), List.of(key)).get(key);
        if (done == null) {
            throw Problem.of(409, "It has ended: " + find(actor.tenant(), key).status());
        }
        audit(actor, "cancel", key);
        deliveries.lookNow();
        return new Cancelled(find(actor.tenant(), key), done == PostgresDeliveryActions.Done.CANCELLED_IN_FLIGHT);
    }

    private void audit(Actor actor, String done, DeliveryKey key) {
        audit.write(actor, "delivery." + done, "delivery/" + key.text(), null, null);
    }
}
