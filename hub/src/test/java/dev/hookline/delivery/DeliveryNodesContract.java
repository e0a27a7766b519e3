package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.delivery.DeliveryStore.FanOutResult;
import dev.hookline.delivery.DeliveryStore.Ownership;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a delivery store promises of nodes, their leases, and the cursor that one of them owns. */
abstract class DeliveryNodesContract extends DeliveryStoreSetting {
    @Test
    void eachNodeHasAnIdOfItsOwn() {
        assertThat(join()).isNotEqualTo(join());
    }

    @Test
    void aNodeRenewsUntilItLeaves() {
        long node = join();

        assertThat(store().renew(node, LONG_LEASE, 0)).isTrue();
        store().leave(node);

        assertThat(store().renew(node, LONG_LEASE, 0)).isFalse();
        assertThat(store().buryDead()).isZero();
    }

    @Test
    void leavingTwiceChangesNothing() {
        long node = join();
        long other = join();
        store().leave(node);
        DeliveryKey key = heldOne(other, subscribe());

        store().leave(node);

        assertThat(row(key).holder()).isEqualTo(other);
    }

    @Test
    void onlyNodesWhoseLeaseEndedAreBuried() {
        long alive = join();
        long dead = join();

        die(dead);

        assertThat(store().buryDead()).isZero();
        assertThat(store().renew(dead, LONG_LEASE, 0)).isFalse();
        assertThat(store().renew(alive, LONG_LEASE, 0)).isTrue();
    }

    @Test
    void aNodeThatRenewsInTimeIsNotBuried() {
        long node = store().join(Duration.ofMillis(200), false);

        assertThat(store().renew(node, LONG_LEASE, 0)).isTrue();

        assertThat(store().buryDead()).isZero();
    }

    @Test
    void oneThatIsAloneBuriesAllOthers() {
        long before = join();
        DeliveryKey key = heldOne(before, subscribe());

        long alone = store().join(LONG_LEASE, true);

        assertThat(store().renew(before, LONG_LEASE, 0)).isFalse();
        assertThat(store().renew(alone, LONG_LEASE, 0)).isTrue();
        assertThat(row(key).holder()).isNull();
        assertThat(claim(alone, key.subscription(), 10)).containsExactly(key);
    }

    @Test
    void nothingThatABuriedNodeSaysIsTaken() {
        long subscription = subscribe();
        long dead = join();
        fanOut(dead, held(subscription, 1), due(subscription, 2));
        Ownership owned = store().own(dead).orElseThrow();
        die(dead);

        assertThat(store().own(dead)).isEmpty();
        assertThat(claim(dead, subscription, 10)).isEmpty();
        assertThat(store().claimed(dead)).isEmpty();
        assertThat(store().settle(dead, List.of(delivered(key(subscription, 1)))))
                .isEmpty();
        assertThat(store().fanOut(dead, owned, 3, store().subscriptionsVersion(), List.of(held(subscription, 3))))
                .isEqualTo(FanOutResult.NOT_OWNER);
        assertThat(row(key(subscription, 1)).status()).isEqualTo("pending");
    }

    @Test
    void whatADeadNodeHeldIsDueAgainOnce() {
        long subscription = subscribe();
        long dead = join();
        fanOut(dead, held(subscription, 1), held(subscription, 2), due(subscription, 3), due(subscription, 4));
        assertThat(claim(dead, subscription, 1)).containsExactly(key(subscription, 3));
        long other = join();

        die(dead);

        assertThat(claim(other, subscription, 10))
                .containsExactlyInAnyOrder(
                        key(subscription, 1), key(subscription, 2), key(subscription, 3), key(subscription, 4));
        assertThat(claim(other, subscription, 10)).isEmpty();
    }

    @Test
    void whatALeavingNodeHeldIsDueAtOnceWithItsAttempts() {
        long subscription = subscribe();
        long leaving = join();
        DeliveryKey key = claimedOne(leaving, subscription);
        store().settle(leaving, List.of(new Outcome.Retry(key, 2, null, "timeout", Duration.ZERO)));
        assertThat(claim(leaving, subscription, 1)).containsExactly(key);

        store().leave(leaving);

        assertThat(store().claim(join(), Map.of(subscription, 10)).taken())
                .containsExactly(new DeliveryStore.Claimed(key, 2));
    }

    @Test
    void whatADeadNodeHadSettledStaysSettled() {
        long subscription = subscribe();
        long dead = join();
        fanOut(dead, held(subscription, 1), held(subscription, 2));
        store().settle(dead, List.of(delivered(key(subscription, 1))));

        die(dead);

        assertThat(claim(join(), subscription, 10)).containsExactly(key(subscription, 2));
    }

    @Test
    void aLowWaterMarkNeverFallsAndNothingAboveItIsMissed() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), held(subscription, 2));
        store().settle(node, List.of(delivered(key(subscription, 1))));
        assertThat(store().renew(node, LONG_LEASE, 2)).isTrue();
        assertThat(store().renew(node, LONG_LEASE, 0)).isTrue();

        store().leave(node);

        assertThat(claim(join(), subscription, 10)).containsExactly(key(subscription, 2));
    }

    @Test
    void whatADeadNodeHeldOfAPausedSubscriptionWaitsForTheResume() {
        long subscription = subscribe();
        long dead = join();
        fanOut(dead, held(subscription, 1), due(subscription, 2));
        claim(dead, subscription, 1);
        pause(subscription);

        die(dead);

        long other = join();
        assertThat(claim(other, subscription, 10)).isEmpty();
        resume(subscription);
        assertThat(claim(other, subscription, 10)).hasSize(2);
    }

    @Test
    void whatADeadNodeHeldOfADeletedSubscriptionIsCancelled() {
        long subscription = subscribe();
        long dead = join();
        fanOut(dead, held(subscription, 1), due(subscription, 2));
        claim(dead, subscription, 1);
        delete(subscription);

        die(dead);

        assertThat(row(key(subscription, 1)).status()).isEqualTo("cancelled");
        assertThat(row(key(subscription, 2)).status()).isEqualTo("cancelled");
        assertThat(claim(join(), subscription, 10)).isEmpty();
    }

    @Test
    void aFreeCursorIsTakenAndKept() {
        long node = join();
        long other = join();

        assertThat(store().own(node).orElseThrow().position()).isZero();
        assertThat(store().own(node)).isPresent();
        assertThat(store().own(other)).isEmpty();
    }

    @Test
    void aCursorPassesOnWhenItsOwnerDiesOrLeaves() {
        long first = join();
        long second = join();
        long third = join();
        Ownership firstly = store().own(first).orElseThrow();

        die(first);
        Ownership secondly = store().own(second).orElseThrow();
        store().leave(second);
        Ownership thirdly = store().own(third).orElseThrow();

        assertThat(List.of(firstly.fence(), secondly.fence(), thirdly.fence()))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void aFanOutMovesTheCursorForTheNextOwner() {
        long subscription = subscribe();
        long first = join();
        fanOut(first, held(subscription, 7));
        store().leave(first);

        assertThat(store().own(join()).orElseThrow().position()).isEqualTo(7);
    }

    @Test
    void aFanOutFromWhereTheCursorNoLongerStandsChangesNothing() {
        long subscription = subscribe();
        long node = join();
        Ownership from = store().own(node).orElseThrow();
        long version = store().subscriptionsVersion();
        store().fanOut(node, from, 2, version, List.of(held(subscription, 2)));

        FanOutResult again = store().fanOut(node, from, 2, version, List.of(held(subscription, 2)));

        assertThat(again).isEqualTo(FanOutResult.NOT_OWNER);
        assertThat(store().own(node).orElseThrow().position()).isEqualTo(2);
    }

    /** One whose answer was lost may still be under way in the database when its node asks where the cursor stands. */
    @Test
    void aFanOutBegunBeforeTheCursorWasTakenAgainChangesNothing() {
        long subscription = subscribe();
        long node = join();
        Ownership before = store().own(node).orElseThrow();
        Ownership now = store().own(node).orElseThrow();
        long version = store().subscriptionsVersion();

        assertThat(store().fanOut(node, before, 1, version, List.of(held(subscription, 1))))
                .isEqualTo(FanOutResult.NOT_OWNER);
        assertThat(store().fanOut(node, now, 1, version, List.of(held(subscription, 1))))
                .isEqualTo(FanOutResult.DONE);
    }

    @Test
    void aFanOutUnderAnOlderVersionOfTheSubscriptionsChangesNothing() {
        long subscription = subscribe();
        long node = join();
        Ownership from = store().own(node).orElseThrow();
        long version = store().subscriptionsVersion();
        subscribe();

        FanOutResult result = store().fanOut(node, from, 1, version, List.of(held(subscription, 1)));

        assertThat(result).isEqualTo(FanOutResult.SUBSCRIPTIONS_CHANGED);
        fanOut(node, held(subscription, 1));
    }

    @Test
    void aFanOutThatFailsChangesNothing() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1));
        Ownership from = store().own(node).orElseThrow();
        long version = store().subscriptionsVersion();

        assertThatThrownBy(() ->
                        store().fanOut(node, from, 2, version, List.of(held(subscription, 2), held(subscription, 1))))
                .isInstanceOf(DeliveryStore.StoreException.class);

        assertThat(store().own(node).orElseThrow().position()).isEqualTo(1);
        fanOut(node, held(subscription, 2));
    }

    @Test
    void aFanOutWithoutDeliveriesMovesTheCursor() {
        long node = join();
        Ownership from = store().own(node).orElseThrow();

        store().fanOut(node, from, 50, store().subscriptionsVersion(), List.of());

        assertThat(store().own(node).orElseThrow().position()).isEqualTo(50);
    }

    @Test
    void everyChangeOfASubscriptionRaisesTheVersion() {
        long start = store().subscriptionsVersion();
        long subscription = subscribe();
        long made = store().subscriptionsVersion();
        pause(subscription);
        long paused = store().subscriptionsVersion();
        resume(subscription);
        long resumed = store().subscriptionsVersion();
        delete(subscription);
        long deleted = store().settledSubscriptionsVersion();

        assertThat(List.of(start, made, paused, resumed, deleted)).isSorted().doesNotHaveDuplicates();
        assertThat(store().subscriptions().version()).isEqualTo(deleted);
    }
}
