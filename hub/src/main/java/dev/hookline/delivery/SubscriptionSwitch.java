package dev.hookline.delivery;

import dev.hookline.access.Actor;
import dev.hookline.access.PostgresAudit;
import dev.hookline.http.Problem;

/** Pauses and resumes subscriptions, and keeps in the audit trail who did. */
public final class SubscriptionSwitch {
    private final PostgresSubscriptions store;
    private final Deliveries deliveries;
    private final PostgresAudit audit;

    public SubscriptionSwitch(PostgresSubscriptions store, Deliveries deliveries, PostgresAudit audit) {
        this.store = store;
        this.deliveries = deliveries;
        this.audit = audit;
    }

    /**
     * Pauses or resumes a subscription of the actor's tenant.
     *
     * @throws Problem 404 where the tenant has none of this id
     */
    public void turn(Actor actor, long id, boolean on) throws Problem {
        turned(actor, id, on);
    }

    Subscription turned(Actor actor, long id, boolean on) throws Problem {
        Subscription changed = store.setActive(actor.tenant(), id, on).orElseThrow(SubscriptionRoutes::noSuch);
        audit.write(
                actor,
                on ? "subscription.resume" : "subscription.pause",
                SubscriptionRoutes.subject(changed),
                null,
                SubscriptionJson.of(changed, null));
        deliveries.subscriptionsChanged();
        return changed;
    }
}
