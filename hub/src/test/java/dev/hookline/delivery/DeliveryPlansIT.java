package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.delivery.DeliveryStore.Claimed;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That PostgreSQL does the work of deliveries by index, in tables that have grown, and changes them in place. */
class DeliveryPlansIT {
    private static final int SETTLED = 500;

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final DeliveryStore store = database.store;

    @AfterEach
    void close() {
        database.close();
    }

    /** 200,000 deliveries that are through, 20,000 that are due, of 20 subscriptions. */
    private void grow() {
        database.database.jdbi().useHandle(db -> {
            for (int i = 0; i < 20; i++) {
                database.subscribe("default", "booking.created");
            }
            db.execute("""
                    INSERT INTO delivery (subscription, position, status, attempts)
                    SELECT 1 + n % 20, n, 'delivered', 1 FROM generate_series(1, 200000) AS n
                    """);
            db.execute("""
                    INSERT INTO delivery (subscription, position, status)
                    SELECT 1 + n % 20, n, 'pending' FROM generate_series(200001, 220000) AS n
                    """);
            db.execute("""
                    INSERT INTO delivery_due (subscription, position, due_at, attempts)
                    SELECT 1 + n % 20, n, now() - n * interval '1 millisecond', 0 FROM generate_series(200001, 220000) AS n
                    """);
            db.execute("UPDATE log_cursor SET position = 220000");
        });
    }

    private List<String> plan(String sql) throws SQLException {
        String numbered = sql;
        int parameters = 0;
        while (numbered.contains("?")) {
            numbered = numbered.replaceFirst("\\?", "\\$" + ++parameters);
        }
        String nulls = String.join(", ", Collections.nCopies(parameters, "NULL"));
        try (Connection db = database.database.byIndex().getConnection();
                Statement statement = db.createStatement()) {
            statement.execute("PREPARE planned AS " + numbered);
            ResultSet rows = statement.executeQuery("EXPLAIN EXECUTE planned (" + nulls + ")");
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
            statement.execute("DEALLOCATE planned");
            return lines;
        }
    }

    private void assertByIndex(String sql) throws SQLException {
        assertThat(plan(sql))
                .noneMatch(line -> line.contains("Seq Scan on delivery") || line.contains("Seq Scan on event"));
    }

    @Test
    void noPlanOfAnEmptyTableScansIt() throws SQLException {
        assertByIndex(PostgresDeliveryStore.CLAIM);
        assertByIndex(PostgresDeliveryStore.SETTLE);
        assertByIndex(PostgresDeliveryStore.FAN_OUT);
    }

    /** By its statistics such a table is one row, and to read all of it is as good as to look one up: until it has grown. */
    @Test
    void noPlanOfATableThatWasAnalysedWhileItWasEmptyReadsAllOfIt() throws SQLException {
        try (Connection db = database.database.byIndex().getConnection();
                Statement statement = db.createStatement()) {
            statement.execute("VACUUM ANALYZE delivery_due");
        }

        for (String sql : List.of(PostgresDeliveryStore.CLAIM, PostgresDeliveryStore.SETTLE, PostgresLanes.WAKE)) {
            List<String> plan = plan(sql);
            for (int i = 0; i < plan.size(); i++) {
                if (plan.get(i).contains("Index Scan using") && plan.get(i).contains("on delivery_due")) {
                    assertThat(plan.get(i + 1)).contains("Index Cond");
                }
            }
            assertThat(plan).noneMatch(line -> line.contains("Seq Scan on delivery_due"));
        }
    }

    @Test
    void noPlanOfAGrownTableScansIt() throws SQLException {
        grow();
        database.database.jdbi().useHandle(db -> db.execute("ANALYZE"));

        assertByIndex(PostgresDeliveryStore.CLAIM);
        assertByIndex(PostgresDeliveryStore.SETTLE);
        assertByIndex(PostgresDeliveryStore.FAN_OUT);
        assertThat(plan(PostgresDeliveryStore.CLAIM)).anyMatch(line -> line.contains("delivery_due_claim"));
    }

    @Test
    void inAGrownTableFiveHundredAreClaimedAndSettledInATwinkling() {
        grow();
        long node = store.join(Duration.ofMinutes(5), false);
        Map<Long, Integer> room = Map.of(1L, SETTLED / 2, 2L, SETTLED / 2);
        long claimMillis = Long.MAX_VALUE;
        long settleMillis = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            List<Claimed> claimed = store.claim(node, room).taken();
            long middle = System.nanoTime();
            List<Outcome> outcomes = claimed.stream()
                    .<Outcome>map(one -> one.key().position() % 2 == 0
                            ? new Outcome.Delivered(one.key(), 1, 200)
                            : new Outcome.Retry(one.key(), 1, 500, "The receiver answered 500", Duration.ofHours(1)))
                    .toList();
            assertThat(store.settle(node, outcomes)).hasSize(SETTLED);
            claimMillis = Math.min(claimMillis, (middle - start) / 1_000_000);
            settleMillis = Math.min(settleMillis, (System.nanoTime() - middle) / 1_000_000);
        }

        assertThat(claimMillis).isLessThan(250);
        assertThat(settleMillis).isLessThan(250);
    }

    @Test
    void noChangeOfADeliveryTouchesItsIndex() {
        long subscription = database.subscribe("default", "booking.created");
        long node = store.join(Duration.ofMinutes(5), false);
        List<NewDelivery> deliveries = LongStream.rangeClosed(1, SETTLED)
                .mapToObj(position -> new NewDelivery(new DeliveryKey(subscription, position), true))
                .toList();
        store.fanOut(node, store.own(node).orElseThrow(), SETTLED, store.subscriptionsVersion(), deliveries);

        store.settle(
                node,
                deliveries.stream()
                        .<Outcome>map(delivery -> new Outcome.Delivered(delivery.key(), 1, 200))
                        .toList());

        long[] updates = new long[2];
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            store.claimed(node);
            return database.database
                    .jdbi()
                    .withHandle(db -> db.createQuery(
                                    "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'delivery_p000000'")
                            .map((row, _) -> {
                                updates[0] = row.getLong(1);
                                updates[1] = row.getLong(2);
                                return updates[0] >= SETTLED;
                            })
                            .one());
        });
        assertThat(updates[1]).isEqualTo(updates[0]).isEqualTo(SETTLED);
    }
}
