package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.eventlog.LogReaders.Need;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which deliveries still need their event, and what becomes of them when it goes. */
class PostgresUndeliveredIT {
    private final DeliveryDatabase database = new DeliveryDatabase();
    private final DeliveryStore store = database.store;
    private final PostgresUndelivered undelivered = new PostgresUndelivered(database.database.jdbi());

    @AfterEach
    void close() {
        database.close();
    }

    private long subscription() {
        return database.subscribe("default", "booking.created");
    }

    @Test
    void whatIsDueOrPausedOrHeldNeedsItsEventAndWhatIsThroughDoesNot() {
        long due = subscription();
        long held = subscription();
        long node = store.join(Duration.ofMinutes(5), false);
        DeliveryKey dueKey = new DeliveryKey(due, 7);
        DeliveryKey heldKey = new DeliveryKey(held, 5);
        DeliveryKey done = new DeliveryKey(held, 3);
        store.fanOut(
                node,
                store.own(node).orElseThrow(),
                10,
                store.subscriptionsVersion(),
                List.of(
                        new NewDelivery(done, true, false),
                        new NewDelivery(heldKey, true, false),
                        new NewDelivery(dueKey, false, true)));
        store.settle(node, List.of(new Outcome.Delivered(done, 1, 200)));

        assertThat(undelivered.needs(4)).isEmpty();
        assertThat(undelivered.needs(6)).containsExactly(new Need("subscription " + held, 5));
        assertThat(undelivered.needs(10)).containsExactly(new Need("subscription " + due, 7));

        undelivered.giveUp(10);

        assertThat(undelivered.needs(10)).isEmpty();
        for (DeliveryKey key : List.of(dueKey, heldKey)) {
            assertThat(database.row(key).status()).isEqualTo("dead");
            assertThat(database.row(key).lastError()).contains("no longer kept");
            assertThat(database.row(key).dueAt()).isNull();
        }
        assertThat(database.row(done).status()).isEqualTo("delivered");
        assertThat(store.settle(node, List.of(new Outcome.Delivered(heldKey, 1, 200))))
                .isEmpty();
    }
}
