package dev.hookline.delivery;

import dev.hookline.simulation.Calls;
import dev.hookline.simulation.Lost;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The store as one process sees it: over calls that fail, and with every effect watched. */
final class SimulatedStore implements DeliveryStore {
    private final MemoryDeliveryStore shared;
    private final Calls calls;
    private final DeliveryInvariants invariants;

    SimulatedStore(MemoryDeliveryStore shared, Calls calls, DeliveryInvariants invariants) {
        this.shared = shared;
        this.calls = calls;
        this.invariants = invariants;
    }

    private <T> T call(String name, Supplier<T> effect) {
        try {
            return calls.call(name, effect);
        } catch (Lost e) {
            throw new StoreException(e);
        }
    }

    private <T> T change(String name, Supplier<T> effect) {
        return call(name, () -> {
            T result = effect.get();
            invariants.rowsMayHaveChanged(name);
            return result;
        });
    }

    @Override
    public long join(Duration lease, boolean alone) {
        return change("join", () -> shared.join(lease, alone));
    }

    @Override
    public boolean renew(long node, Duration lease, long lowWater) {
        return change("renew " + node, () -> shared.renew(node, lease, lowWater));
    }

    @Override
    public void leave(long node) {
        change("leave " + node, () -> {
            shared.leave(node);
            return node;
        });
    }

    @Override
    public int buryDead() {
        return change("bury", () -> {
            int buried = shared.buryDead();
            invariants.buried();
            return buried;
        });
    }

    @Override
    public Optional<Ownership> own(long node) {
        return call("own " + node, () -> shared.own(node));
    }

    @Override
    public FanOutResult fanOut(
            long node, Ownership from, long upTo, long subscriptionsVersion, List<NewDelivery> deliveries) {
        return change("fan-out " + node + " from " + from + " to " + upTo, () -> {
            invariants.fanningOut(from, upTo, deliveries);
            try {
                FanOutResult result = shared.fanOut(node, from, upTo, subscriptionsVersion, deliveries);
                invariants.fannedOut(node, from, upTo, deliveries, result);
                return result;
            } catch (StoreException e) {
                throw invariants.fannedOutTwice(e);
            }
        });
    }

    @Override
    public long subscriptionsVersion() {
        return call("subscriptions version", shared::subscriptionsVersion);
    }

    @Override
    public long settledSubscriptionsVersion() {
        return call("settled subscriptions version", shared::settledSubscriptionsVersion);
    }

    @Override
    public Subscriptions subscriptions() {
        return call("subscriptions", shared::subscriptions);
    }

    @Override
    public Claim claim(long node, Map<Long, Integer> room) {
        return change("claim " + node + " " + room, () -> {
            invariants.claiming(room);
            Claim claim = shared.claim(node, room);
            invariants.claimed(node, claim.taken());
            return claim;
        });
    }

    @Override
    public void disable(Subscription subscription, String reason) {
        change("disable " + subscription.id(), () -> {
            shared.disable(subscription, reason);
            return reason;
        });
    }

    @Override
    public boolean cancelDeleted() {
        return change("cancel deleted", shared::cancelDeleted);
    }

    @Override
    public void unblock(Collection<Long> subscriptions) {
        change("unblock " + subscriptions, () -> {
            shared.unblock(subscriptions);
            return subscriptions;
        });
    }

    @Override
    public List<Claimed> claimed(long node) {
        return call("claimed " + node, () -> shared.claimed(node));
    }

    @Override
    public List<DeliveryKey> settle(long node, List<Outcome> outcomes) {
        return change("settle " + node + " " + outcomes, () -> {
            invariants.settling(node, outcomes);
            List<DeliveryKey> written = shared.settle(node, outcomes);
            invariants.settled(node, written);
            return written;
        });
    }
}
