package dev.hookline.delivery.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryDatabase;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.delivery.PostgresEventDeliveries;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages of deliveries, out of the tables as the hub fills them. */
class PostgresDeliveriesIT {
    private static final String TENANT = "default";
    private static final String EVENT = "booking.created";
    private static final DeliveryKey TOP = new DeliveryKey(Long.MAX_VALUE, Long.MAX_VALUE);

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresDeliveries deliveries = new PostgresDeliveries(database.database.jdbi());

    @AfterEach
    void close() {
        database.close();
    }

    private void insert(DeliveryKey key, String status) {
        database.database
                .jdbi()
                .useHandle(db -> db.execute(
                        "INSERT INTO delivery (subscription, position, status) VALUES (?, ?, ?)",
                        key.subscription(),
                        key.position(),
                        status));
        if (status.equals("dead")) {
            database.database
                    .jdbi()
                    .useHandle(db -> db.execute(
                            "INSERT INTO dead_letter (subscription, position) VALUES (?, ?)",
                            key.subscription(),
                            key.position()));
        }
    }

    private List<DeliveryKey> pages(String tenant, DeliveryFilter filter, int limit) {
        List<DeliveryKey> keys = new ArrayList<>();
        DeliveryKey below = TOP;
        while (below != null) {
            PostgresDeliveries.Page page = deliveries.list(tenant, filter, below, limit);
            page.rows().forEach(row -> keys.add(row.key()));
            below = page.next();
        }
        return keys;
    }

    private static DeliveryFilter of(Long subscription, String status) {
        return new DeliveryFilter(subscription, status, null, null, null, 0, Long.MAX_VALUE);
    }

    @Test
    void pagesHaveNoGapAndNoDouble() {
        long one = database.subscribe(TENANT, EVENT);
        long two = database.subscribe(TENANT, EVENT);
        long three = database.subscribe(TENANT, EVENT);
        long others = database.subscribe("other", EVENT);
        List<DeliveryKey> all = new ArrayList<>();
        IntStream.rangeClosed(1, 20).forEach(position -> {
            all.add(new DeliveryKey(one, position));
            if (position % 2 == 0) {
                all.add(new DeliveryKey(two, position));
            }
            if (position > 15) {
                all.add(new DeliveryKey(three, position));
            }
        });
        all.forEach(key -> insert(key, "delivered"));
        insert(new DeliveryKey(others, 5), "delivered");

        for (int limit : List.of(1, 2, 3, 7, 100)) {
            assertThat(pages(TENANT, DeliveryFilter.all(), limit)).containsExactlyElementsOf(all.reversed());
        }
        assertThat(pages(TENANT, of(two, null), 3)).hasSize(10).allMatch(key -> key.subscription() == two);
        assertThat(pages(TENANT, of(others, null), 3)).isEmpty();
        assertThat(pages("other", DeliveryFilter.all(), 3)).containsExactly(new DeliveryKey(others, 5));
        assertThat(pages(TENANT, new DeliveryFilter(null, null, null, null, null, 4, 6), 2))
                .extracting(DeliveryKey::position)
                .containsExactly(6L, 6L, 5L);
    }

    @Test
    void theStatusTheTypeAndTheRecordChoose() {
        long id = database.subscribe(TENANT, "*.created");
        database.insertEvents(40);
        IntStream.rangeClosed(1, 40)
                .forEach(position -> insert(new DeliveryKey(id, position), position % 4 == 0 ? "dead" : "delivered"));

        assertThat(pages(TENANT, of(null, "dead"), 3)).hasSize(10).allMatch(key -> key.position() % 4 == 0);
        assertThat(pages(TENANT, new DeliveryFilter(id, null, "order.created", null, null, 0, Long.MAX_VALUE), 7))
                .hasSize(20)
                .allMatch(key -> key.position() % 2 == 1);
        assertThat(pages(TENANT, new DeliveryFilter(null, "dead", null, "booking", "BK-8", 0, Long.MAX_VALUE), 1))
                .extracting(DeliveryKey::position)
                .containsExactly(28L, 8L);
        assertThat(pages(TENANT, new DeliveryFilter(null, null, "booking.creat", null, null, 0, Long.MAX_VALUE), 7))
                .isEmpty();
    }

    /** What is rare among many takes several pages, of which some may be empty, and each is quick. */
    @Test
    void aPageLooksAtABoundedNumberAndTheNextGoesOnFromThere() {
        long one = database.subscribe(TENANT, EVENT);
        long two = database.subscribe(TENANT, EVENT);
        database.database.jdbi().useHandle(db -> {
            db.execute("""
                    INSERT INTO delivery (subscription, position, status)
                    SELECT ?, n, CASE WHEN n IN (3, 30003, 59999) THEN 'cancelled' ELSE 'delivered' END FROM generate_series(1, 60000) AS n
                    """, one);
            db.execute("""
                    INSERT INTO delivery (subscription, position, status)
                    SELECT ?, n, CASE WHEN n = 50 THEN 'cancelled' ELSE 'delivered' END FROM generate_series(1, 100) AS n
                    """, two);
        });

        PostgresDeliveries.Page first = deliveries.list(TENANT, of(null, "cancelled"), TOP, 100);

        assertThat(first.rows()).extracting(row -> row.key().position()).containsExactly(59_999L);
        assertThat(first.next()).isNotNull();
        assertThat(pages(TENANT, of(null, "cancelled"), 100))
                .containsExactly(
                        new DeliveryKey(one, 59_999),
                        new DeliveryKey(one, 30_003),
                        new DeliveryKey(two, 50),
                        new DeliveryKey(one, 3));
    }

    @Test
    void whatWaitsForAResumeIsShownAsPaused() {
        long id = database.subscribe(TENANT, EVENT);
        insert(new DeliveryKey(id, 1), "pending");
        insert(new DeliveryKey(id, 2), "delivered");
        database.database
                .jdbi()
                .useHandle(db -> db.execute(
                        "INSERT INTO delivery_due (subscription, position, due_at, attempts) VALUES (?, 1, now(), 0)",
                        id));

        database.pause(id);

        assertThat(deliveries.list(TENANT, of(id, "paused"), TOP, 10).rows())
                .extracting(StoredDelivery::status)
                .containsExactly("paused");
    }

    @Test
    void thoseOfEventsAreShownAsInTheList() {
        long id = database.subscribe(TENANT, EVENT);
        long others = database.subscribe("other", EVENT);
        database.insertEvents(3);
        insert(new DeliveryKey(id, 1), "dead");
        insert(new DeliveryKey(id, 2), "pending");
        insert(new DeliveryKey(id, 3), "pending");
        insert(new DeliveryKey(others, 2), "pending");
        database.database.jdbi().useHandle(db -> db.execute("""
                        INSERT INTO delivery_due (subscription, position, due_at, attempts, lane, waiting)
                        VALUES (?, 1, 'infinity', 1, 7, false), (?, 2, now(), 0, 7, true), (?, 3, now(), 0, 8, false)
                        """, id, id, id));
        assertThat(new PostgresEventDeliveries(database.database.jdbi())
                        .of(TENANT, List.of(1L))
                        .get(1L)
                        .nextRetryAt())
                .isNull();
        database.pause(id);

        List<StoredDelivery> ofEvents = deliveries.ofEvents(TENANT, List.of(1L, 2L, 3L, 4L)).values().stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparingLong(row -> -row.key().position()))
                .toList();

        assertThat(ofEvents).extracting(StoredDelivery::status).containsExactly("paused", "blocked", "dead");
        assertThat(ofEvents.getLast().dueAt()).isNull();
        assertThat(ofEvents)
                .isEqualTo(deliveries.list(TENANT, of(id, null), TOP, 10).rows());
    }
}
