package dev.hookline.records;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.CommitOutcome;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresOrdersIT {
    private Database database;
    private PostgresRecords records;
    private PostgresOrders orders;
    private PostgresEventLog log;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        records = new PostgresRecords(database.pool());
        orders = records.orders();
        log = new PostgresEventLog(
                database.pool(), database.direct(), partitions, List.of(records), Duration.ofDays(1));
    }

    @AfterEach
    void close() {
        log.close();
        database.close();
    }

    private static EventData order(String number, Operation operation, String patch) {
        return order("orders", number, operation, patch);
    }

    private static EventData order(String source, String number, Operation operation, String patch) {
        return new EventData(
                "default",
                source,
                "order",
                null,
                number,
                operation,
                "order.received",
                Priority.MEDIUM,
                EventData.BUSINESS,
                Events.OCCURRED,
                null,
                patch,
                patch);
    }

    private static EventData order(String number, String patch) {
        return order(number, Operation.WRITE, patch);
    }

    private void append(EventData... events) {
        assertThat(log.append(Arrays.stream(events).map(AppendRequest::of).toList()))
                .isInstanceOf(CommitOutcome.Committed.class);
    }

    private List<String> history(String number) {
        return database.jdbi()
                .withHandle(db -> db.createQuery(
                                "SELECT id || ' ' || order_id || ' ' || event_type || ' ' || changes FROM order_events"
                                        + " WHERE order_number = :number ORDER BY id")
                        .bind("number", number)
                        .mapTo(String.class)
                        .list());
    }

    @Test
    void idsCountFromOneAndStay() {
        append(Events.withRecord("booking", Operation.CREATE, "{}"));
        append(order("A", "{\"x\":1}"), order("B", "{}"));
        append(order("B", "{}"), order("C", "{}"), order("A", "{}"));

        assertThat(orders.freshAt(2)).hasValue(new OrderRef(1, "A"));
        assertThat(orders.freshAt(3)).hasValue(new OrderRef(2, "B"));
        assertThat(orders.freshAt(4)).hasValue(new OrderRef(2, "B"));
        assertThat(orders.freshAt(5)).hasValue(new OrderRef(3, "C"));
        assertThat(orders.freshAt(6)).hasValue(new OrderRef(1, "A"));
        assertThat(orders.freshAt(1)).isEmpty();
        assertThat(orders.findAt("default", 4)).hasValue(new OrderRef(2, "B"));
        assertThat(orders.findAt("other", 4)).isEmpty();
        assertThat(orders.findAt("default", 1)).isEmpty();
        assertThat(records.find("default", "order", "C", false).orElseThrow().id())
                .isEqualTo(3);
    }

    @Test
    void everyUpdateHasARowThatSaysWhatChangedFromWhatToWhat() {
        append(order("A", "{\"status\":\"pending\",\"price\":99.90}"));
        append(order("A", "{\"status\":\"shipped\",\"tracking_number\":\"1Z\"}"));
        append(order("A", "{\"status\":\"shipped\",\"price\":99.9}"));
        append(order("A", "{\"status\":null}"));

        assertThat(history("A"))
                .containsExactly(
                        "2 1 updated {\"status\": {\"to\": \"shipped\", \"from\": \"pending\"},"
                                + " \"tracking_number\": {\"to\": \"1Z\", \"from\": null}}",
                        "3 1 updated {}",
                        "4 1 updated {\"status\": {\"to\": null, \"from\": \"shipped\"}}");
    }

    @Test
    void updatesOfOneBatchEachHaveTheirRow() {
        append(
                order("A", "{\"n\":1}"),
                order("B", "{\"n\":9}"),
                order("A", "{\"n\":2}"),
                order("A", "{\"n\":3,\"m\":1}"));

        assertThat(history("A"))
                .containsExactly(
                        "3 1 updated {\"n\": {\"to\": 2, \"from\": 1}}",
                        "4 1 updated {\"m\": {\"to\": 1, \"from\": null}, \"n\": {\"to\": 3, \"from\": 2}}");
        assertThat(history("B")).isEmpty();
        RecordState a = records.find("default", "order", "A", false).orElseThrow();
        assertThat(a.state()).isEqualTo(Json.read("{\"n\":3,\"m\":1}"));
        assertThat(a.version()).isEqualTo(3);
        assertThat(a.lastPosition()).isEqualTo(4);
    }

    @Test
    void anOrderThatComesBackKeepsItsIdAndStartsAnew() {
        append(order("A", "{\"n\":1,\"m\":1}"));
        append(order("A", Operation.UNLINK, "{}"));
        assertThat(records.find("default", "order", "A", false)).isEmpty();

        append(order("A", "{\"n\":2}"), order("A", Operation.UNLINK, "{}"), order("A", "{\"n\":3}"));

        assertThat(history("A"))
                .containsExactly(
                        "2 1 deleted {}",
                        "3 1 restored {\"n\": {\"to\": 2, \"from\": null}}",
                        "4 1 deleted {}",
                        "5 1 restored {\"n\": {\"to\": 3, \"from\": null}}");
        assertThat(records.find("default", "order", "A", false).orElseThrow().state())
                .isEqualTo(Json.read("{\"n\":3}"));
    }

    // ---- Deletions by the id that a shop gave the order
    // ---------------------------------------------------------------

    private static EventData deletion(String id) {
        return order(id, Operation.UNLINK, "{\"order_number\":\"" + id + "\",\"id\":" + id + "}");
    }

    private List<String> there() {
        return records.list("default", "order", "", 100, false).stream()
                .map(RecordState::key)
                .toList();
    }

    @Test
    void deletionByAShopsIdReachesTheOrder() {
        append(order("1042", "{\"order_number\":\"1042\",\"id\":450789469001,\"status\":\"paid\"}"));
        append(order("450789469001", "{\"order_number\":\"450789469001\",\"id\":7}"));
        append(deletion("450789469001"));

        assertThat(there()).containsExactly("450789469001");
        assertThat(history("1042")).containsExactly("3 1 deleted {}");
        assertThat(orders.freshAt(3)).hasValue(new OrderRef(1, "1042"));
        assertThat(orders.findAt("default", 3)).hasValue(new OrderRef(1, "1042"));
        assertThat(orders.find(deletion("450789469001"))).hasValue(new OrderRef(1, "1042"));
        String event = database.jdbi()
                .withHandle(db -> db.createQuery("SELECT record_key || ' ' || payload FROM event WHERE position = 3")
                        .mapTo(String.class)
                        .one());
        assertThat(event).isEqualTo("1042 {\"order_number\":\"1042\",\"id\":450789469001}");

        append(deletion("450789469001"));
        assertThat(history("1042")).hasSize(2).last().asString().startsWith("4 1 deleted ");
        assertThat(there()).containsExactly("450789469001");
    }

    @Test
    void deletionByAShopsIdReachesNoOrderOfAnotherShop() {
        append(order("shop-a", "A-1", Operation.WRITE, "{\"order_number\":\"A-1\",\"id\":727}"));
        append(order("shop-b", "B-1", Operation.WRITE, "{\"order_number\":\"B-1\",\"id\":727}"));

        append(order("shop-a", "727", Operation.UNLINK, "{\"order_number\":\"727\",\"id\":727}"));

        assertThat(there()).containsExactly("B-1");
        append(
                order("shop-c", "C-1", Operation.WRITE, "{\"order_number\":\"C-1\",\"id\":9}"),
                order("shop-b", "9", Operation.UNLINK, "{\"order_number\":\"9\",\"id\":9}"));
        assertThat(there()).containsExactly("B-1", "C-1");
    }

    @Test
    void deletionByAShopsIdReachesAnOrderOfItsOwnBatch() {
        append(
                order("9", "{\"order_number\":\"9\",\"id\":90}"),
                deletion("90"),
                order("10", "{\"id\":90}"),
                order("11", "{\"id\":91}"),
                deletion("12"));

        assertThat(there()).containsExactly("10", "11");
        assertThat(history("9")).containsExactly("2 1 deleted {}");
        assertThat(records.find("default", "order", "12", true).orElseThrow().deleted())
                .isTrue();
    }

    @Test
    void deletionThatNamesTheOrderIsNotLookedUpByItsId() {
        append(order("A", "{\"id\":5}"), order("5", "{\"id\":6}"));
        append(order("5", Operation.UNLINK, "{}"));
        assertThat(there()).containsExactly("A");

        append(order("A", Operation.UNLINK, "{\"order_number\":\"A\",\"id\":5}"));
        assertThat(there()).isEmpty();
    }

    @Test
    void anIdOfAnyLengthCanBeStored() {
        append(order("A", "{\"id\":\"" + "x".repeat(100_000) + "\"}"), order("B", "{\"id\":{\"x\":1}}"));

        assertThat(there()).containsExactly("A", "B");
    }

    @Test
    void anOrderIsFoundByItsNumberToo() {
        append(order("A", "{\"id\":5}"));

        assertThat(orders.find(order("A", "{}"))).hasValue(new OrderRef(1, "A"));
        assertThat(orders.find(order("5", "{\"id\":5}"))).isEmpty();
    }

    @Test
    void aFailedAppendLeavesNoIdThatAnyoneIsTold() {
        CommitOutcome failed = log.append(
                List.of(AppendRequest.of(order("A", "{}")), AppendRequest.of(order("B", "{\"a\":\"\\u0000\"}"))));
        assertThat(failed).isInstanceOf(CommitOutcome.BadData.class);

        append(order("A", "{}"));

        long told = orders.freshAt(1).orElseThrow().id();
        assertThat(records.find("default", "order", "A", false).orElseThrow().id())
                .isEqualTo(told);
    }

    @Test
    void theViewShowsAnOrderAndNullForWhatIsNotOfItsType() {
        append(order(
                "12345",
                "{\"product\":\"Nike Shoes\",\"price\":99.99,\"quantity\":\"many\","
                        + "\"order_date\":\"2024-10-27T10:30:00Z\"}"));

        var row = database.jdbi()
                .withHandle(db -> db.createQuery(
                                "SELECT id, order_number, product, price::text, quantity, order_date::text FROM orders"
                                        + " ORDER BY created_at DESC LIMIT 10")
                        .mapToMap()
                        .one());
        assertThat(row)
                .containsEntry("id", 1L)
                .containsEntry("order_number", "12345")
                .containsEntry("product", "Nike Shoes")
                .containsEntry("price", "99.99")
                .containsEntry("quantity", null);
        assertThat(String.valueOf(row.get("order_date"))).startsWith("2024-10-27");
    }

    @Test
    void noPlanScansTheRecordsWhenTheyHaveGrown() throws SQLException {
        assertThat(plan(PostgresOrders.BEFORE)).noneMatch(line -> line.contains("Seq Scan on record"));
        database.jdbi().useHandle(db -> {
            db.execute("""
                    INSERT INTO record (tenant, model, key, state, version, last_position, deleted, created_at, updated_at)
                    SELECT 'default', 'order', n::text, '{}', 1, n, false, now(), now() FROM generate_series(1, 50000) AS n
                    """);
            db.execute("ANALYZE record");
        });
        assertThat(plan(PostgresOrders.BEFORE)).noneMatch(line -> line.contains("Seq Scan on record"));
        assertThat(plan(PostgresMeanings.BEFORE)).noneMatch(line -> line.contains("Seq Scan on record"));
        assertThat(plan(PostgresOrderDeletions.BY_SHOP_ID)).noneMatch(line -> line.contains("Seq Scan on record"));
        assertThat(plan(PostgresOrders.WRITE)).noneMatch(line -> line.contains("Seq Scan on record"));
    }

    private List<String> plan(String sql) throws SQLException {
        String numbered = sql;
        int parameters = 0;
        while (numbered.contains("?")) {
            numbered = numbered.replaceFirst("\\?", "\\$" + ++parameters);
        }
        String nulls = String.join(", ", Collections.nCopies(parameters, "NULL"));
        try (Connection db = database.direct().getConnection();
                Statement statement = db.createStatement()) {
            statement.execute("PREPARE planned AS " + numbered);
            List<String> lines = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("EXPLAIN EXECUTE planned (" + nulls + ")")) {
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
            }
            return lines;
        }
    }
}
