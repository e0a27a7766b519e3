package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryStore.FanOutResult;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.delivery.DeliveryStore.Ownership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a delivery store promises of subscriptions that are paused, resumed and deleted. */
abstract class DeliveryPauseContract extends DeliveryNodesContract {
    private static final Duration NONE = Duration.ZERO;

    @Test
    void whatWaitsForAPausedSubscriptionIsClaimedAfterTheResume() {
        long subscription = subscribe();
        long node = join();
        backlog(node, subscription, 3);

        pause(subscription);
        assertThat(claim(node, subscription, 10)).isEmpty();
        resume(subscription);

        assertThat(claim(node, subscription, 10)).hasSize(3);
    }

    @Test
    void aPauseConcernsNoOtherSubscription() {
        long paused = subscribe();
        long other = subscribe();
        long node = join();
        fanOut(node, due(paused, 1), due(other, 1));

        pause(paused);

        assertThat(claim(node, other, 10)).hasSize(1);
    }

    @Test
    void whatIsReleasedOfAPausedSubscriptionWaitsForTheResume() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);
        pause(subscription);

        store().settle(node, List.of(released(key(subscription, 1)), released(key(subscription, 2))));

        assertThat(claim(node, subscription, 10)).isEmpty();
        resume(subscription);
        assertThat(claim(node, subscription, 10)).hasSize(2);
    }

    @Test
    void whatFailsWhileItsSubscriptionIsPausedWaitsForTheResume() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);
        pause(subscription);

        store().settle(node, List.of(retry(key(subscription, 1), NONE), retry(key(subscription, 2), NONE)));

        assertThat(claim(node, subscription, 10)).isEmpty();
        resume(subscription);
        assertThat(claim(node, subscription, 10)).hasSize(2);
    }

    @Test
    void whatIsDeliveredWhileItsSubscriptionIsPausedIsDelivered() {
        long subscription = subscribe();
        long node = join();
        DeliveryKey key = heldOne(node, subscription);
        pause(subscription);

        assertThat(store().settle(node, List.of(delivered(key)))).containsExactly(key);
    }

    @Test
    void aRetryThatWaitsWhenItsSubscriptionIsResumedIsDueAtOnce() {
        long subscription = subscribe();
        long node = join();
        DeliveryKey key = heldOne(node, subscription);
        store().settle(node, List.of(retry(key, Duration.ofHours(1))));

        pause(subscription);
        resume(subscription);

        assertThat(claim(node, subscription, 10)).containsExactly(key);
    }

    @Test
    void aDeletionCancelsWhatWaits() {
        long subscription = subscribe();
        long other = subscribe();
        long node = join();
        fanOut(node, due(subscription, 1), due(other, 1), due(subscription, 2), held(subscription, 3));
        store().settle(node, List.of(retry(key(subscription, 3), Duration.ofHours(1))));

        delete(subscription);
        cancelDeleted();

        for (long position = 1; position <= 3; position++) {
            assertThat(row(key(subscription, position)).status()).isEqualTo("cancelled");
            assertThat(row(key(subscription, position)).dueAt()).isNull();
        }
        assertThat(claim(node, subscription, 10)).isEmpty();
        assertThat(claim(node, other, 10)).hasSize(1);
        assertThat(store().subscriptions().all())
                .extracting(Subscription::id)
                .doesNotContain(subscription)
                .contains(other);
    }

    @Test
    void whatFailsOrIsReleasedAfterItsSubscriptionWasDeletedIsCancelled() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), held(subscription, 2), due(subscription, 3), due(subscription, 4));
        claim(node, subscription, 2);
        delete(subscription);

        List<DeliveryKey> written = store().settle(
                        node,
                        List.of(
                                retry(key(subscription, 1), NONE),
                                released(key(subscription, 2)),
                                retry(key(subscription, 3), NONE),
                                released(key(subscription, 4))));

        assertThat(written).hasSize(4);
        for (long position = 1; position <= 4; position++) {
            assertThat(row(key(subscription, position)).status()).isEqualTo("cancelled");
            assertThat(row(key(subscription, position)).dueAt()).isNull();
        }
    }

    @Test
    void whatIsDeliveredAfterItsSubscriptionWasDeletedIsDelivered() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), held(subscription, 2));
        delete(subscription);

        store().settle(node, List.of(delivered(key(subscription, 1)), retry(key(subscription, 2), NONE)));

        assertThat(row(key(subscription, 1)).status()).isEqualTo("delivered");
    }

    /** Whatever the order in which a pause, a resume and the outcomes come through, nothing is stuck and nothing escapes. */
    @Test
    void whatIsReleasedWhileItsSubscriptionIsPausedAndResumedFollowsItsLastState() throws Exception {
        long subscription = subscribe();
        long node = join();
        int rounds = 30;
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < rounds; round++) {
                List<NewDelivery> deliveries = new ArrayList<>();
                for (int i = 1; i <= 10; i++) {
                    deliveries.add(held(subscription, round * 10L + i));
                }
                fanOut(node, deliveries.toArray(NewDelivery[]::new));
                boolean pausedLast = round % 2 == 0;
                Future<?> changes = threads.submit(() -> {
                    resume(subscription);
                    pause(subscription);
                    if (!pausedLast) {
                        resume(subscription);
                    }
                });
                Future<?> outcomes = threads.submit(() -> {
                    for (NewDelivery delivery : deliveries) {
                        assertThat(store().settle(node, List.of(released(delivery.key()))))
                                .hasSize(1);
                    }
                });
                outcomes.get();
                changes.get();

                assertThat(claim(node, subscription, 1_000)).hasSize(pausedLast ? 0 : 20);
            }
        }
    }

    @Test
    void nothingIsStuckWhenASubscriptionIsDeletedWhileItsDeliveriesEnd() throws Exception {
        long node = join();
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < 20; round++) {
                long subscription = subscribe();
                List<NewDelivery> deliveries = new ArrayList<>();
                for (int i = 1; i <= 10; i++) {
                    deliveries.add(held(subscription, round * 10L + i));
                }
                fanOut(node, deliveries.toArray(NewDelivery[]::new));
                Future<?> deletion = threads.submit(() -> delete(subscription));
                Future<?> outcomes = threads.submit(() -> {
                    for (NewDelivery delivery : deliveries) {
                        store().settle(node, List.of(retry(delivery.key(), NONE)));
                    }
                });
                outcomes.get();
                deletion.get();
                cancelDeleted();

                for (NewDelivery delivery : deliveries) {
                    assertThat(row(delivery.key()).status()).isEqualTo("cancelled");
                }
            }
        }
    }

    /** What comes while it is paused waits, whichever of the two came first. */
    @Test
    void aFanOutBesideChangesOfSubscriptionsIsOfOneVersion() throws Exception {
        long subscription = subscribe();
        long node = join();
        int positions = 60;
        try (var threads = Executors.newFixedThreadPool(1)) {
            Future<?> changes = threads.submit(() -> {
                for (int i = 0; i < positions; i++) {
                    pause(subscription);
                    resume(subscription);
                }
                pause(subscription);
            });
            Ownership from = store().own(node).orElseThrow();
            for (long position = 1; position <= positions; ) {
                DeliveryStore.Subscriptions now = store().subscriptions();
                NewDelivery delivery = due(subscription, position);
                FanOutResult result = store().fanOut(node, from, position, now.version(), List.of(delivery));
                assertThat(result).isNotEqualTo(FanOutResult.NOT_OWNER);
                if (result == FanOutResult.DONE) {
                    from = new Ownership(position, from.fence());
                    position++;
                }
            }
            changes.get();
        }

        assertThat(claim(node, subscription, 1_000)).isEmpty();
        resume(subscription);
        assertThat(claim(node, subscription, 1_000)).hasSize(positions);
    }
}
