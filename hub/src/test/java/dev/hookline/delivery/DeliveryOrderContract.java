package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryStore.FanOutResult;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.delivery.DeliveryStore.Ownership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a delivery store promises of deliveries that have a lane: one at a time of each, the lowest position first. */
abstract class DeliveryOrderContract extends DeliveryPauseContract {
    private static final long A = 7;
    private static final long B = -7;
    private static final int CONTENDED = 500;
    private static final long LANES = 5;

    private volatile boolean stopped;

    abstract boolean skip(DeliveryKey key);

    abstract boolean replay(DeliveryKey key);

    private static NewDelivery laned(long subscription, long position, long lane) {
        return new NewDelivery(key(subscription, position), false, lane, Duration.ZERO);
    }

    /** A subscription with deliveries at the positions from 1, each in its lane. */
    private long subscribeWithLanes(long node, long... lanes) {
        long subscription = subscribe();
        NewDelivery[] deliveries = new NewDelivery[lanes.length];
        for (int i = 0; i < lanes.length; i++) {
            deliveries[i] = laned(subscription, i + 1, lanes[i]);
        }
        fanOut(node, deliveries);
        return subscription;
    }

    private static Outcome.Dead blocking(DeliveryKey key) {
        return new Outcome.Dead(key, 1, 500, "The receiver answered 500", true);
    }

    /** What a few claims in a row take, each of all there is. */
    private Set<Long> positions(long node, long subscription) {
        Set<Long> taken = new TreeSet<>();
        for (int i = 0; i < 3; i++) {
            claim(node, subscription, 10).forEach(key -> taken.add(key.position()));
        }
        return taken;
    }

    @Test
    void ofEachLaneOnlyTheFirstIsClaimed() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A, B, A, B);

        assertThat(positions(node, subscription)).containsExactly(1L, 3L);
        assertThat(positions(join(), subscription)).isEmpty();

        store().settle(node, List.of(delivered(key(subscription, 1))));
        assertThat(positions(join(), subscription)).containsExactly(2L);
    }

    @Test
    void lanesOfTwoSubscriptionsAreTwo() {
        long one = subscribe();
        long other = subscribe();
        long node = join();
        fanOut(node, laned(one, 1, A), laned(other, 2, A));

        assertThat(positions(node, one)).containsExactly(1L);
        assertThat(positions(node, other)).containsExactly(2L);
    }

    @Test
    void aRetryKeepsBackWhatFollowsOfItsLaneAndNothingElse() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A, B);
        claim(node, subscription, 1);

        store().settle(node, List.of(retry(key(subscription, 1), Duration.ofHours(1))));

        assertThat(positions(node, subscription)).containsExactly(3L);
    }

    @Test
    void whatIsReleasedIsStillTheFirst() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A);
        claim(node, subscription, 1);

        store().settle(node, List.of(released(key(subscription, 1))));

        assertThat(positions(node, subscription)).containsExactly(1L);
    }

    @Test
    void whatFollowsADeadOneIsSentUnlessThatBlocks() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A, B, B);
        assertThat(positions(node, subscription)).containsExactly(1L, 3L);

        store().settle(
                        node,
                        List.of(
                                new Outcome.Dead(key(subscription, 1), 1, 500, "The receiver answered 500"),
                                blocking(key(subscription, 3))));

        assertThat(row(key(subscription, 1)).status()).isEqualTo("dead");
        assertThat(row(key(subscription, 3)).status()).isEqualTo("dead");
        assertThat(positions(node, subscription)).containsExactly(2L);
    }

    /** A lane whose first is dead, and blocks two others. */
    private long blocked(long node) {
        long subscription = subscribeWithLanes(node, A, A, A);
        claim(node, subscription, 1);
        store().settle(node, List.of(blocking(key(subscription, 1))));
        assertThat(positions(node, subscription)).isEmpty();
        return subscription;
    }

    @Test
    void aDeadOneThatIsSkippedStaysDeadAndLetsTheNextGo() {
        long node = join();
        long subscription = blocked(node);

        assertThat(skip(key(subscription, 1))).isTrue();
        assertThat(skip(key(subscription, 1))).isFalse();

        assertThat(row(key(subscription, 1)).status()).isEqualTo("dead");
        assertThat(row(key(subscription, 1)).dueAt()).isNull();
        assertThat(positions(node, subscription)).containsExactly(2L);
    }

    @Test
    void aDeadOneThatIsReplayedComesBeforeTheOthers() {
        long node = join();
        long subscription = blocked(node);

        assertThat(replay(key(subscription, 1))).isTrue();

        assertThat(row(key(subscription, 1)).status()).isEqualTo("pending");
        assertThat(positions(node, subscription)).containsExactly(1L);
        store().settle(node, List.of(delivered(key(subscription, 1))));
        assertThat(positions(node, subscription)).containsExactly(2L);
    }

    @Test
    void onlyADeadOneThatBlocksIsSkippedOrReplayedSo() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A);

        assertThat(skip(key(subscription, 1))).isFalse();
        assertThat(replay(key(subscription, 2))).isFalse();
        assertThat(positions(node, subscription)).containsExactly(1L);
    }

    @Test
    void aSubscriptionThatBlocksNoMoreGoesOn() {
        long node = join();
        long subscription = blocked(node);
        long other = subscribe();

        store().unblock(List.of(other));
        assertThat(positions(node, subscription)).isEmpty();
        store().unblock(List.of(subscription, other));

        assertThat(positions(node, subscription)).containsExactly(2L);
    }

    @Test
    void aResumeDoesNotReviveTheDead() {
        long node = join();
        long subscription = blocked(node);

        pause(subscription);
        resume(subscription);

        assertThat(positions(node, subscription)).isEmpty();
        assertThat(skip(key(subscription, 1))).isTrue();
        assertThat(positions(node, subscription)).containsExactly(2L);
    }

    @Test
    void aDeletionLeavesTheDeadDeadAndCancelsWhatWaitsBehindIt() {
        long node = join();
        long subscription = blocked(node);

        delete(subscription);
        cancelDeleted();

        assertThat(row(key(subscription, 1)).status()).isEqualTo("dead");
        assertThat(row(key(subscription, 2)).status()).isEqualTo("cancelled");
    }

    @Test
    void whatADeadNodeHadOfALaneIsStillTheFirst() {
        long node = join();
        long subscription = subscribeWithLanes(node, A, A);
        claim(node, subscription, 10);
        die(node);

        assertThat(positions(join(), subscription)).containsExactly(1L);
    }

    @Test
    void anOutcomeThatComesLateDoesNotEndANewerHold() {
        long subscription = subscribe();
        long node = join();
        DeliveryKey key = claimedOne(node, subscription);
        store().settle(node, List.of(retry(key, Duration.ZERO)));
        assertThat(claim(node, subscription, 1)).containsExactly(key);

        assertThat(store().settle(node, List.of(retry(key, Duration.ZERO)))).isEmpty();

        assertThat(row(key).holder()).isEqualTo(node);
    }

    @Test
    void aSubscriptionIsDisabledUnlessItWasChangedSince() {
        long id = subscribe();
        Subscription before = subscription(id);
        pause(id);
        resume(id);

        store().disable(before, "The receiver answered 410");
        assertThat(subscription(id).active()).isTrue();
        store().disable(subscription(id), "The receiver answered 410");

        assertThat(subscription(id).active()).isFalse();
        assertThat(subscription(id).disabledReason()).isEqualTo("The receiver answered 410");
        resume(id);
        assertThat(subscription(id).disabledReason()).isNull();
    }

    private Subscription subscription(long id) {
        return store().subscriptions().all().stream()
                .filter(one -> one.id() == id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatWaitsForADisabledSubscriptionIsKept() {
        long id = subscribe();
        long node = join();
        backlog(node, id, 2);

        store().disable(subscription(id), "The receiver answered 410");
        assertThat(claim(node, id, 10)).isEmpty();
        resume(id);

        assertThat(claim(node, id, 10)).hasSize(2);
    }

    @Test
    void theUrgentIsClaimedFirst() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, due(subscription, 1), new NewDelivery(key(subscription, 2), false, null, Duration.ofSeconds(60)));

        assertThat(claim(node, subscription, 1)).containsExactly(key(subscription, 2));
    }

    /** Two nodes, one fan-out, and pauses, all at once. */
    @Test
    void underContentionEachLaneKeepsItsOrderAndNothingIsStuck() throws Exception {
        long subscription = subscribe();
        long fanner = join();
        Ownership from = store().own(fanner).orElseThrow();
        Map<Long, Long> delivered = new ConcurrentHashMap<>();
        AtomicInteger left = new AtomicInteger(CONTENDED);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Random random = new Random(i);
                all.add(threads.submit(() -> work(join(), subscription, random, delivered, left)));
            }
            all.add(threads.submit(() -> fanOutAll(fanner, from, subscription)));
            all.add(threads.submit(() -> pauseNowAndThen(subscription, left)));
            try {
                for (Future<?> one : all) {
                    one.get(60, TimeUnit.SECONDS);
                }
            } finally {
                stopped = true;
            }
        }
        assertThat(left).hasValue(0);
    }

    /** Each time some more are delivered; without a break the fan-out would never find the subscriptions unchanged. */
    private void pauseNowAndThen(long subscription, AtomicInteger left) {
        int before = left.get();
        while (left.get() > 0 && !stopped) {
            if (before - left.get() >= 10) {
                before = left.get();
                pause(subscription);
                resume(subscription);
            }
        }
    }

    private void fanOutAll(long node, Ownership first, long subscription) {
        Ownership from = first;
        for (long position = 1; position <= CONTENDED; position += 10) {
            List<NewDelivery> batch = new ArrayList<>();
            for (long at = position; at < position + 10; at++) {
                batch.add(laned(subscription, at, at % LANES));
            }
            while (!stopped
                    && store().fanOut(node, from, position + 9, store().subscriptionsVersion(), batch)
                            != FanOutResult.DONE) {
                // The subscription was paused or resumed meanwhile.
            }
            from = new Ownership(position + 9, from.fence());
        }
    }

    private void work(long node, long subscription, Random random, Map<Long, Long> delivered, AtomicInteger left) {
        while (left.get() > 0 && !stopped) {
            List<Outcome> outcomes = new ArrayList<>();
            for (DeliveryStore.Claimed one : store().claim(node, Map.of(subscription, 1 + random.nextInt(8)))
                    .taken()) {
                long position = one.key().position();
                assertThat(delivered.getOrDefault(
                                position % LANES, position % LANES == 0 ? 0 : position % LANES - LANES))
                        .isEqualTo(position - LANES);
                switch (random.nextInt(4)) {
                    case 0 -> outcomes.add(new Outcome.Released(one.key(), one.attempts()));
                    case 1 -> outcomes.add(new Outcome.Retry(one.key(), one.attempts() + 1, 500, "No", Duration.ZERO));
                    default -> {
                        delivered.put(position % LANES, position);
                        outcomes.add(new Outcome.Delivered(one.key(), one.attempts() + 1, 200));
                        left.decrementAndGet();
                    }
                }
            }
            if (!outcomes.isEmpty()) {
                assertThat(store().settle(node, outcomes)).hasSize(outcomes.size());
            }
        }
    }
}
