package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.delivery.DeliveryStore.Claimed;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every delivery store has to do: that of nodes, of pauses, of order, and what becomes of deliveries. */
abstract class DeliveryStoreContract extends DeliveryOrderContract {
    @Test
    void aNewDeliveryIsHeldOrDue() {
        long subscription = subscribe();
        long node = join();

        fanOut(node, held(subscription, 1), due(subscription, 2));

        assertThat(row(key(subscription, 1)))
                .extracting(MemoryDeliveryStore.Row::holder, MemoryDeliveryStore.Row::dueAt)
                .containsExactly(node, null);
        assertThat(row(key(subscription, 2)).dueAt()).isNotNull();
        assertThat(claim(node, subscription, 10)).containsExactly(key(subscription, 2));
    }

    @Test
    void theLongestDueIsClaimedFirst() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 5), held(subscription, 6));
        store().settle(node, List.of(released(key(subscription, 6))));
        store().settle(node, List.of(released(key(subscription, 5))));
        fanOut(node, due(subscription, 7));

        assertThat(claim(node, subscription, 1)).containsExactly(key(subscription, 6));
        assertThat(claim(node, subscription, 1)).containsExactly(key(subscription, 5));
        assertThat(claim(node, subscription, 1)).containsExactly(key(subscription, 7));
    }

    @Test
    void noMoreIsClaimedOfASubscriptionThanThereIsRoomFor() {
        long one = subscribe();
        long two = subscribe();
        long three = subscribe();
        long node = join();
        List<NewDelivery> deliveries = new ArrayList<>();
        LongStream.rangeClosed(1, 10).forEach(position -> {
            deliveries.add(due(one, position));
            deliveries.add(due(two, position));
            deliveries.add(due(three, position));
        });
        fanOut(node, deliveries.toArray(NewDelivery[]::new));

        List<Claimed> claimed = store().claim(node, Map.of(one, 3, two, 20)).taken();

        assertThat(claimed.stream().filter(each -> each.key().subscription() == one))
                .hasSize(3);
        assertThat(claimed.stream().filter(each -> each.key().subscription() == two))
                .hasSize(10);
        assertThat(claimed).hasSize(13);
    }

    @Test
    void whatANodeHoldsNoOtherClaims() {
        long subscription = subscribe();
        long node = join();
        long other = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 10);

        assertThat(claim(other, subscription, 10)).isEmpty();
        assertThat(store().settle(other, List.of(delivered(key(subscription, 1)), delivered(key(subscription, 2)))))
                .isEmpty();
        assertThat(row(key(subscription, 1)).holder()).isEqualTo(node);
        assertThat(row(key(subscription, 2)).holder()).isEqualTo(node);
    }

    @Test
    void aNodeCanAskWhatItHasClaimed() {
        long subscription = subscribe();
        long node = join();
        long other = join();
        fanOut(node, held(subscription, 1), due(subscription, 2), due(subscription, 3), due(subscription, 4));
        claim(other, subscription, 1);
        claim(node, subscription, 10);
        store().settle(node, List.of(delivered(key(subscription, 3))));

        assertThat(store().claimed(node)).containsExactly(new Claimed(key(subscription, 4), 0));
        assertThat(store().claimed(other)).containsExactly(new Claimed(key(subscription, 2), 0));
    }

    @Test
    void twoNodesThatClaimAtOnceGetDifferentDeliveries() throws Exception {
        int count = 400;
        long subscription = subscribe();
        long first = join();
        long second = join();
        backlog(first, subscription, count);

        List<DeliveryKey> claimed = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(2)) {
            List<Future<List<DeliveryKey>>> both = new ArrayList<>();
            for (long node : List.of(first, second)) {
                Callable<List<DeliveryKey>> claims = () -> {
                    List<DeliveryKey> mine = new ArrayList<>();
                    List<DeliveryKey> page;
                    do {
                        page = claim(node, subscription, 7);
                        mine.addAll(page);
                    } while (!page.isEmpty());
                    return mine;
                };
                both.add(threads.submit(claims));
            }
            for (Future<List<DeliveryKey>> each : both) {
                claimed.addAll(each.get());
            }
        }

        assertThat(claimed).doesNotHaveDuplicates().hasSize(count);
    }

    @Test
    void deliveredIsTheEndOfHeldAndOfClaimed() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);

        assertThat(store().settle(node, List.of(delivered(key(subscription, 1)), delivered(key(subscription, 2)))))
                .containsExactlyInAnyOrder(key(subscription, 1), key(subscription, 2));

        assertEnded(key(subscription, 1), "delivered");
        assertEnded(key(subscription, 2), "delivered");
        assertThat(row(key(subscription, 1)).lastCode()).isEqualTo(200);
        assertThat(row(key(subscription, 1)).attempts()).isEqualTo(1);
    }

    @Test
    void deadIsTheEndOfHeldAndOfClaimed() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);

        store().settle(
                        node,
                        List.of(
                                new Outcome.Dead(key(subscription, 1), 4, 500, "The receiver answered 500"),
                                new Outcome.Dead(key(subscription, 2), 4, null, "No answer")));

        assertEnded(key(subscription, 1), "dead");
        assertEnded(key(subscription, 2), "dead");
        assertThat(row(key(subscription, 2)))
                .extracting(
                        MemoryDeliveryStore.Row::attempts,
                        MemoryDeliveryStore.Row::lastCode,
                        MemoryDeliveryStore.Row::lastError)
                .containsExactly(4, null, "No answer");
    }

    @Test
    void cancelledIsTheEndOfHeldAndOfClaimed() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);

        store().settle(
                        node,
                        List.of(
                                new Outcome.Cancelled(key(subscription, 1), 0),
                                new Outcome.Cancelled(key(subscription, 2), 0)));

        assertEnded(key(subscription, 1), "cancelled");
        assertEnded(key(subscription, 2), "cancelled");
    }

    private void assertEnded(DeliveryKey key, String status) {
        assertThat(row(key).status()).isEqualTo(status);
        assertThat(row(key).dueAt()).isNull();
        assertThat(row(key).holder()).isNull();
        assertThat(claim(join(), key.subscription(), 10)).isEmpty();
    }

    @Test
    void aRetryIsDueAfterItsDelayWithItsAttempts() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);
        Duration delay = Duration.ofMillis(300);
        long from = System.nanoTime();

        store().settle(node, List.of(retry(key(subscription, 1), delay), retry(key(subscription, 2), delay)));

        assertThat(row(key(subscription, 1)).status()).isEqualTo("retrying");
        List<Claimed> claimed = new ArrayList<>();
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    claimed.addAll(store().claim(node, Map.of(subscription, 10)).taken());
                    return claimed.size() == 2;
                });
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThanOrEqualTo(delay);
        assertThat(claimed)
                .containsExactlyInAnyOrder(new Claimed(key(subscription, 1), 1), new Claimed(key(subscription, 2), 1));
    }

    @Test
    void aReleasedDeliveryIsDueAtOnceWithItsAttempts() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), due(subscription, 2));
        claim(node, subscription, 1);

        store().settle(
                        node,
                        List.of(
                                new Outcome.Released(key(subscription, 1), 0),
                                new Outcome.Released(key(subscription, 2), 2)));

        assertThat(row(key(subscription, 2)).status()).isEqualTo("pending");
        assertThat(store().claim(node, Map.of(subscription, 10)).taken())
                .containsExactlyInAnyOrder(new Claimed(key(subscription, 1), 0), new Claimed(key(subscription, 2), 2));
    }

    @Test
    void anOutcomeToldTwiceCountsOnce() {
        long subscription = subscribe();
        long node = join();
        fanOut(
                node,
                held(subscription, 1),
                held(subscription, 2),
                held(subscription, 3),
                due(subscription, 4),
                due(subscription, 5));
        claim(node, subscription, 2);
        List<Outcome> outcomes = List.of(
                delivered(key(subscription, 1)),
                retry(key(subscription, 2), Duration.ofMinutes(1)),
                released(key(subscription, 3)),
                retry(key(subscription, 4), Duration.ofMinutes(1)),
                delivered(key(subscription, 5)));

        assertThat(store().settle(node, outcomes)).hasSize(5);
        assertThat(store().settle(node, outcomes)).isEmpty();

        assertThat(claim(node, subscription, 10)).containsExactly(key(subscription, 3));
        assertThat(row(key(subscription, 2)).attempts()).isEqualTo(1);
    }

    @Test
    void anOutcomeOfNothingThatIsOursIsLeftAlone() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, due(subscription, 1));

        assertThat(store().settle(
                                node,
                                List.of(
                                        delivered(key(subscription, 1)),
                                        delivered(key(subscription, 99)),
                                        delivered(key(subscription + 99, 1)))))
                .isEmpty();
        assertThat(store().settle(node, List.of())).isEmpty();

        assertThat(claim(node, subscription, 10)).containsExactly(key(subscription, 1));
    }

    @Test
    void theWordsOfAReceiverNeverStopTheOutcomesOfOthers() {
        long subscription = subscribe();
        long node = join();
        fanOut(node, held(subscription, 1), held(subscription, 2));
        String wild = "invalid version format: \u0000\uD800" + "x".repeat(100_000);

        store().settle(
                        node,
                        List.of(
                                new Outcome.Dead(key(subscription, 1), 4, null, wild),
                                delivered(key(subscription, 2))));

        assertThat(row(key(subscription, 1)).status()).isEqualTo("dead");
        assertThat(row(key(subscription, 1)).lastError()).startsWith("invalid version format: ");
        assertThat(row(key(subscription, 2)).status()).isEqualTo("delivered");
    }
}
