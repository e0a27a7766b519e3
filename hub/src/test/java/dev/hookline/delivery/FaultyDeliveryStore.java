package dev.hookline.delivery;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A store that fails as a connection fails: before something was done, or after. */
final class FaultyDeliveryStore implements DeliveryStore {
    enum Fault {
        NONE,
        NOT_DONE,
        ANSWER_LOST
    }

    private final DeliveryStore store;

    /** Of the next fan-out. */
    Fault next = Fault.NONE;

    /** Runs once, before the next fan-out gets to the store. */
    Runnable beforeFanOut = () -> {};

    /** Runs once, after the next outcomes are written and before that is answered. */
    Runnable afterSettle = () -> {};

    /** How many claims still lose their answer. */
    final AtomicInteger claimsLost = new AtomicInteger();

    /** How many batches of outcomes still lose their answer. */
    final AtomicInteger outcomesLost = new AtomicInteger();

    /** A position of which the store holds no outcome. */
    volatile long refused;

    /** Whether no batch of outcomes gets to the store. */
    volatile boolean outcomesFail;

    FaultyDeliveryStore(DeliveryStore store) {
        this.store = store;
    }

    @Override
    public FanOutResult fanOut(
            long node, Ownership from, long upTo, long subscriptionsVersion, List<NewDelivery> deliveries) {
        Runnable first = beforeFanOut;
        beforeFanOut = () -> {};
        first.run();
        Fault fault = next;
        next = Fault.NONE;
        if (fault == Fault.NOT_DONE) {
            throw new StoreException(new IllegalStateException("The connection is gone"));
        }
        FanOutResult result = store.fanOut(node, from, upTo, subscriptionsVersion, deliveries);
        if (fault == Fault.ANSWER_LOST) {
            throw lost();
        }
        return result;
    }

    private static StoreException lost() {
        return new StoreException(new IllegalStateException("The answer is lost"));
    }

    @Override
    public long join(Duration lease, boolean alone) {
        return store.join(lease, alone);
    }

    @Override
    public boolean renew(long node, Duration lease, long lowWater) {
        return store.renew(node, lease, lowWater);
    }

    @Override
    public void leave(long node) {
        store.leave(node);
    }

    @Override
    public int buryDead() {
        return store.buryDead();
    }

    @Override
    public Optional<Ownership> own(long node) {
        return store.own(node);
    }

    @Override
    public long subscriptionsVersion() {
        return store.subscriptionsVersion();
    }

    @Override
    public long settledSubscriptionsVersion() {
        return store.settledSubscriptionsVersion();
    }

    @Override
    public Subscriptions subscriptions() {
        return store.subscriptions();
    }

    @Override
    public Claim claim(long node, Map<Long, Integer> room) {
        Claim claimed = store.claim(node, room);
        if (!claimed.taken().isEmpty() && claimsLost.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw lost();
        }
        return claimed;
    }

    @Override
    public void disable(Subscription subscription, String reason) {
        store.disable(subscription, reason);
    }

    @Override
    public boolean cancelDeleted() {
        return store.cancelDeleted();
    }

    @Override
    public void unblock(Collection<Long> subscriptions) {
        store.unblock(subscriptions);
    }

    @Override
    public List<Claimed> claimed(long node) {
        return store.claimed(node);
    }

    @Override
    public List<DeliveryKey> settle(long node, List<Outcome> outcomes) {
        if (outcomesFail) {
            throw new StoreException(new IllegalStateException("The connection is gone"));
        }
        if (outcomes.stream().anyMatch(outcome -> outcome.key().position() == refused)) {
            throw new StoreException(new SQLException("No such row can be held", "23514"));
        }
        List<DeliveryKey> written = store.settle(node, outcomes);
        Runnable then = afterSettle;
        afterSettle = () -> {};
        then.run();
        if (outcomesLost.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw lost();
        }
        return written;
    }
}
