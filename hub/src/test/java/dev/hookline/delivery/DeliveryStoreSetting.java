package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.delivery.DeliveryStore.Claimed;
import dev.hookline.delivery.DeliveryStore.FanOutResult;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.delivery.DeliveryStore.Ownership;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** A delivery store to test, and short words for what is done to it. */
abstract class DeliveryStoreSetting {
    static final Duration LONG_LEASE = Duration.ofMinutes(5);
    static final Duration SHORT_LEASE = Duration.ofMillis(1);

    /** The one store of this test. */
    abstract DeliveryStore store();

    /** A delivery as it stands. */
    abstract MemoryDeliveryStore.Row row(DeliveryKey key);

    abstract long subscribe();

    abstract void pause(long subscription);

    abstract void resume(long subscription);

    abstract void delete(long subscription);

    /** Cancels what waits for what was deleted. */
    void cancelDeleted() {
        while (store().cancelDeleted()) {
            // There may be more.
        }
    }

    static DeliveryKey key(long subscription, long position) {
        return new DeliveryKey(subscription, position);
    }

    static NewDelivery held(long subscription, long position) {
        return new NewDelivery(key(subscription, position), true);
    }

    static NewDelivery due(long subscription, long position) {
        return new NewDelivery(key(subscription, position), false);
    }

    static Outcome.Delivered delivered(DeliveryKey key) {
        return new Outcome.Delivered(key, 1, 200);
    }

    static Outcome.Retry retry(DeliveryKey key, Duration delay) {
        return new Outcome.Retry(key, 1, 500, "The receiver answered 500", delay);
    }

    static Outcome.Released released(DeliveryKey key) {
        return new Outcome.Released(key, 0);
    }

    long join() {
        return store().join(LONG_LEASE, false);
    }

    void fanOut(long node, NewDelivery... deliveries) {
        Ownership from = store().own(node).orElseThrow();
        long upTo = Arrays.stream(deliveries)
                .mapToLong(delivery -> delivery.key().position())
                .max()
                .orElseThrow();
        assertThat(store().fanOut(node, from, upTo, store().subscriptionsVersion(), List.of(deliveries)))
                .isEqualTo(FanOutResult.DONE);
    }

    /** Deliveries at the positions from 1, all due. */
    void backlog(long node, long subscription, int count) {
        fanOut(
                node,
                LongStream.rangeClosed(1, count)
                        .mapToObj(position -> due(subscription, position))
                        .toArray(NewDelivery[]::new));
    }

    List<DeliveryKey> claim(long node, long subscription, int room) {
        return store().claim(node, Map.of(subscription, room)).taken().stream()
                .map(Claimed::key)
                .toList();
    }

    /** A delivery that a node has claimed. */
    DeliveryKey claimedOne(long node, long subscription) {
        fanOut(node, due(subscription, 1));
        assertThat(claim(node, subscription, 1)).hasSize(1);
        return key(subscription, 1);
    }

    /** A delivery that a node has from fan-out. */
    DeliveryKey heldOne(long node, long subscription) {
        fanOut(node, held(subscription, 1));
        return key(subscription, 1);
    }

    /** Ends a node as its death does: its lease runs out. */
    void die(long node) {
        assertThat(store().renew(node, SHORT_LEASE, 0)).isTrue();
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> store().buryDead() == 1);
    }
}
