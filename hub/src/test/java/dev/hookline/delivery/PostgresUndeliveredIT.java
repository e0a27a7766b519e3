package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.eventlog.LogReaders.Need;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which deliveries still need their event, and what becomes of them when it goes. */
class PostgresUndeliveredIT {
    private final DeliveryDatabase database = new DeliveryDatabase();
    private final DeliveryStore store = database.store;
    private final Map<String, Long> counted = new TreeMap<>();
    private final PostgresUndelivered undelivered = new PostgresUndelivered(
            database.database.jdbi(), (event, tenant, count) -> counted.merge(tenant + " " + event, count, Long::sum));

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
        database.insertEvents(6);
        long node = store.join(Duration.ofMinutes(5), false);
        DeliveryKey dueKey = new DeliveryKey(due, 7);
        DeliveryKey heldKey = new DeliveryKey(held, 5);
        DeliveryKey done = new DeliveryKey(held, 3);
        store.fanOut(
                node,
                store.own(node).orElseThrow(),
                10,
                store.subscriptionsVersion(),
                List.of(new NewDelivery(done, true), new NewDelivery(heldKey, true), new NewDelivery(dueKey, false)));
        store.settle(node, List.of(new Outcome.Delivered(done, 1, 200)));

        assertThat(undelivered.needs(4)).isEmpty();
        assertThat(undelivered.needs(6)).containsExactly(new Need("subscription " + held, 5));
        assertThat(undelivered.needs(10))
                .containsExactly(new Need("subscription " + due, 7), new Need("subscription " + held, 5));

        undelivered.giveUp(10);

        assertThat(undelivered.needs(10)).isEmpty();
        for (DeliveryKey key : List.of(dueKey, heldKey)) {
            assertThat(database.row(key).status()).isEqualTo("dead");
            assertThat(database.row(key).lastError()).contains("no longer kept");
            assertThat(database.row(key).dueAt()).isNull();
        }
        assertThat(database.row(done).status()).isEqualTo("delivered");
        assertThat(counted).isEqualTo(Map.of("default order.created", 1L, "null null", 1L));
        assertThat(store.settle(node, List.of(new Outcome.Delivered(heldKey, 1, 200))))
                .isEmpty();
    }

    /** Of one record: two that are given up, of which the first is dead already and blocks, and one that is kept. */
    @Test
    void whatIsGivenUpIsADeadLetterAndLetsWhatFollowsOfItsRecordGo() {
        long id = subscription();
        database.insertEvents(10);
        long node = store.join(Duration.ofMinutes(5), false);
        DeliveryKey blocking = new DeliveryKey(id, 3);
        DeliveryKey waiting = new DeliveryKey(id, 4);
        DeliveryKey kept = new DeliveryKey(id, 20);
        store.fanOut(
                node,
                store.own(node).orElseThrow(),
                20,
                store.subscriptionsVersion(),
                Stream.of(blocking, waiting, kept)
                        .map(key -> new NewDelivery(key, false, 7L, Duration.ZERO))
                        .toList());
        assertThat(store.claim(node, Map.of(id, 10)).taken()).hasSize(1);
        store.settle(node, List.of(new Outcome.Dead(blocking, 1, 500, "The receiver answered 500", true)));
        assertThat(store.claim(node, Map.of(id, 10)).taken()).isEmpty();

        undelivered.giveUp(10);

        assertThat(database.row(blocking).lastError()).isEqualTo("The receiver answered 500");
        assertThat(database.row(waiting).lastError()).contains("no longer kept");
        List<Long> deadLetters = database.database
                .jdbi()
                .withHandle(db -> db.createQuery("SELECT position FROM dead_letter ORDER BY position")
                        .mapTo(Long.class)
                        .list());
        assertThat(deadLetters).containsExactly(3L, 4L);
        assertThat(counted).isEqualTo(Map.of("default booking.created", 1L));
        assertThat(store.claim(node, Map.of(id, 10)).taken())
                .extracting(DeliveryStore.Claimed::key)
                .containsExactly(kept);
    }
}
