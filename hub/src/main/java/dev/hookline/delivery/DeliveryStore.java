package dev.hookline.delivery;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where deliveries, their cursor and the nodes that work on them are kept: PostgreSQL in production, memory in the
 * simulator. Calls block, each is one transaction, and each throws {@link StoreException} when the store does not answer.
 *
 * <p>A node holds deliveries by its id, for as long as its row stands. {@link #buryDead} removes the rows whose lease has
 * ended, and makes what they held due: from then on nothing that such a node says is taken.
 */
interface DeliveryStore {
    /** The store does not answer, or not as it should. Trying again may help. */
    final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoreException(Throwable cause) {
            super(cause.getMessage(), cause);
        }

        /** Whether the store answered that it cannot hold what it was given: a part of it may be held. */
        boolean blamesData() {
            return getCause() instanceof SQLException e
                    && e.getSQLState() != null
                    && (e.getSQLState().startsWith("22") || e.getSQLState().startsWith("23"));
        }
    }

    /** All subscriptions that are not deleted, as of one version. */
    record Subscriptions(long version, List<Subscription> all) {}

    /** The fan-out cursor, while it is ours. */
    record Ownership(long position, long fence) {}

    /**
     * A new delivery.
     *
     * @param held whether this node takes it into its memory; else it is due at once
     * @param lane of an ordered subscription, the record's: it is claimed only when it is the first of its lane. Such a
     *     delivery is never held
     * @param headStart so much earlier it is due than now, so that it comes before what is less urgent
     */
    record NewDelivery(
            DeliveryKey key, boolean held, @Nullable Long lane, Duration headStart) {
        NewDelivery(DeliveryKey key, boolean held) {
            this(key, held, null, Duration.ZERO);
        }
    }

    /** A due delivery that is now held by this node. */
    record Claimed(DeliveryKey key, int attempts) {}

    /**
     * What a claim took.
     *
     * @param seen how many of which subscription it looked at: those it took, and those that have to wait for an earlier one
     */
    record Claim(List<Claimed> taken, Map<Long, Integer> seen) {}

    /** What became of a fan-out. */
    enum FanOutResult {
        DONE,
        /** Subscriptions have changed since: match again. */
        SUBSCRIPTIONS_CHANGED,
        /** The cursor belongs to another node now. */
        NOT_OWNER
    }

    /**
     * Joins as a node.
     *
     * @param alone no other node can be alive, so all others are dead
     * @return the node's id
     */
    long join(Duration lease, boolean alone);

    /**
     * Renews the lease; false when others have buried this node: it must forget everything it holds and join anew.
     *
     * @param lowWater below it this node holds nothing from fan-out
     */
    boolean renew(long node, Duration lease, long lowWater);

    /** Ends this node: what it held is due at once. */
    void leave(long node);

    /** Removes the nodes whose lease has ended; what they held is due at once. Answers how many they were. */
    int buryDead();

    /**
     * Takes the fan-out cursor, if it is free, ours, or a dead node's. Each taking has a fence of its own: a fan-out that was
     * begun under an earlier one, and whose answer is still out, moves nothing from here on.
     */
    Optional<Ownership> own(long node);

    /** Inserts deliveries and moves the cursor, together or not at all. */
    FanOutResult fanOut(long node, Ownership from, long upTo, long subscriptionsVersion, List<NewDelivery> deliveries);

    /** Counts up with every change of a subscription. */
    long subscriptionsVersion();

    /**
     * The version, once changes under way are through. A subscription made after this answer counts from the log's head at
     * that time, so events read before it are none of its own.
     */
    long settledSubscriptionsVersion();

    Subscriptions subscriptions();

    /** Counts events that filters could not judge, by the id of the subscription. */
    default void filtersFailed(Map<Long, FilterFailure> failures) {}

    /**
     * Takes due deliveries of subscriptions that are not paused, the longest due first; of those that have a lane only the
     * first of it, for as long as no outcome that ends it is settled.
     *
     * @param room how many of which subscription
     */
    Claim claim(long node, Map<Long, Integer> room);

    /**
     * Everything that this node has claimed and not settled. It waits for the node's calls under way, and so tells what a
     * claim took whose answer was lost.
     */
    List<Claimed> claimed(long node);

    /** Pauses a subscription, and says why, unless it was changed since. */
    void disable(Subscription subscription, String reason);

    /**
     * Cancels what waits for subscriptions that are deleted, some thousands at most; what a dead one of them blocks goes as
     * well, and the dead one stays dead.
     *
     * @return whether there may be more
     */
    boolean cancelDeleted();

    /** Lets go on what waits behind dead deliveries of these subscriptions. They stay dead. */
    void unblock(Collection<Long> subscriptions);

    /**
     * Writes what became of deliveries; of those that this node still holds. The others are left alone. What is to be tried
     * again is cancelled instead where its subscription is deleted.
     *
     * @return the keys that were written
     */
    List<DeliveryKey> settle(long node, List<Outcome> outcomes);

    /**
     * As {@link #settle(long, List)}, and keeps the attempts that the outcomes came from, of those that are written; where
     * the store keeps a history.
     */
    default List<DeliveryKey> settle(long node, List<Outcome> outcomes, Map<DeliveryKey, Attempt> attempts) {
        return settle(node, outcomes);
    }
}
