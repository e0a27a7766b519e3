package dev.hookline.conformance;

import static dev.hookline.conformance.OrderCalls.LOGS;
import static dev.hookline.conformance.OrderCalls.ORDERS;
import static dev.hookline.conformance.OrderCalls.SEED_ORIGIN;
import static dev.hookline.conformance.OrderCalls.assertRefused;
import static dev.hookline.conformance.OrderCalls.orders;
import static dev.hookline.conformance.OrderCalls.origin;
import static dev.hookline.conformance.OrderCalls.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.ChildProcess;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Orders of seed 002, line by line: its curl lines run as they are printed, but for the address, against a hub in a process of
 * its own. Those that are signed are in {@link SignedOrdersIT}.
 */
@DisplayName("Seed 002, orders")
class OrdersIT {
    @TempDir
    static Path openData;

    @TempDir
    static Path scripts;

    /** Without a secret. */
    private static HubProcess open;

    /** What the seed's first order was answered, before any other. */
    private static ChildProcess firstOrder;

    /** What a fresh hub's tables held after it. */
    private static Map<String, String> afterFirstOrder;

    private static String[] token;

    @BeforeAll
    static void start() {
        open = HubProcess.start(openData, Map.of("WEBHOOK_SECRET", ""));
        token = new String[] {"Authorization", "Bearer " + open.token()};
        firstOrder = shell(open, scripts, ChildProcess.resource("seeds/002_test_order.sh"));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> open.sql("SELECT * FROM webhook_logs").contains("(1 row)"));
        afterFirstOrder = Stream.of("webhook_logs", "orders")
                .collect(Collectors.toMap(
                        view -> view,
                        view -> open.sql("SELECT * FROM " + view + " ORDER BY created_at DESC LIMIT 10")));
        afterFirstOrder.put("order_events", open.sql("SELECT * FROM order_events"));
        afterFirstOrder.put(
                "logs", shell(open, scripts, "curl -s " + SEED_ORIGIN + LOGS).output());
    }

    @AfterAll
    static void stop() {
        open.close();
    }

    // ---- Steps 2 to 4 -----------------------------------------------------------------------------------------------

    @Test
    void testOfTheSeedAnswersAsPrinted() {
        ChildProcess curl = ChildProcess.run(scripts, "curl", "-s", origin(open) + "/api/v2/webhooks/test");

        JsonNode answer = Json.read(curl.output());
        assertThat(answer.fieldNames())
                .toIterable()
                .containsExactly("status", "message", "timestamp", "signature_required");
        assertThat(answer.path("status").asText()).isEqualTo("ok");
        assertThat(answer.path("message").asText()).isEqualTo("Webhook endpoint is operational");
        assertThat(answer.path("timestamp").asText()).matches("\\d{4}-\\d{2}-\\d{2}T.*Z");
        assertThat(answer.path("signature_required")).isEqualTo(Json.read("false"));
    }

    @Test
    void firstOrderOfAFreshHubAnswersAsPrintedAndIsStored() {
        assertThat(firstOrder.output())
                .endsWith("{\"success\":true,\"message\":\"Order received and processed successfully\","
                        + "\"order_id\":1,\"order_number\":\"12345\"}");
        JsonNode log = Json.read(afterFirstOrder.get("logs")).path("logs").path(0);
        assertThat(log.path("status").asText()).isEqualTo("success");
        assertThat(log.path("payload").asText()).contains("Nike Shoes").doesNotContain("_business");
        assertThat(afterFirstOrder.get("webhook_logs")).contains(ORDERS, "success", "(1 row)");
        assertThat(afterFirstOrder.get("orders"))
                .contains("| 12345 ", "Nike Shoes", "99.99", "customer@example.com", "pending", "(1 row)");
        assertThat(afterFirstOrder.get("order_events")).contains("(0 rows)");
    }

    // ---- Field mappings ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "product, product, Nike Shoes",
        "product_name, product, Nike Shoes",
        "item, product, Nike Shoes",
        "price, price, 99.99",
        "unit_price, price, 99.99",
        "total, total, 199.98",
        "total_price, total, 199.98",
        "amount, total, 199.98",
        "commission, commission, 15.00",
        "profit, commission, 15.00",
        "quantity, quantity, 2",
        "qty, quantity, 2",
        "email, email, test@email.com",
        "customer_email, email, test@email.com",
        "customer_name, customer_name, John Doe",
        "name, customer_name, John Doe",
        "profile, profile, Profile1",
        "proxy_list, proxy_list, Proxy1",
        "proxy, proxy_list, Proxy1",
        "reference, reference_number, REF123",
        "reference_number, reference_number, REF123",
        "status, status, pending",
        "order_status, status, pending",
        "tracking, tracking_number, 1Z999AA10123456784",
        "tracking_number, tracking_number, 1Z999AA10123456784",
        "shipment_id, tracking_number, 1Z999AA10123456784",
        "order_date, order_date, 2024-10-27T10:30:00Z",
        "created_at, order_date, 2024-10-27T10:30:00Z",
        "date, order_date, 2024-10-27T10:30:00Z"
    })
    void everyNameOfAFieldGoesToItsColumn(String name, String column, String value) {
        boolean number = value.matches("[\\d.]+") && !name.contains("name");
        String given = number ? value : "\"" + value + "\"";
        String order = "ALIAS-" + name;

        store(open, "{\"order_number\":\"" + order + "\",\"" + name + "\":" + given + "}");

        String state = open.get("/api/v1/records/order/" + order, token).body();
        assertThat(state).contains("\"" + column + "\":" + given);
        if (!name.equals(column)) {
            assertThat(state).doesNotContain("\"" + name + "\":" + given);
        }
        assertThat(open.sql("SELECT " + column + " FROM orders WHERE order_number = '" + order + "'"))
                .contains(value.substring(0, Math.min(10, value.length())), "(1 row)");
    }

    @Test
    void ofTwoNamesTheFirstOfTheTableCountsAndTheOtherIsKeptBesideIt() {
        store(open, "{\"order_number\":\"TWO-1\",\"amount\":3,\"total_price\":2,\"gift\":true}");

        assertThat(state("TWO-1"))
                .isEqualTo(Json.read("{\"order_number\":\"TWO-1\",\"total\":2,\"amount\":3,\"gift\":true}"));
    }

    // ---- Example payloads -------------------------------------------------------------------------------------------

    @Test
    void minimalStandardAndCompleteOrderAreStoredAndAnUpdateChangesOnlyWhatItSays() {
        JsonNode minimal = store(open, "{\"order_number\":\"ORD-001\"}");
        JsonNode standard = store(open, """
                {
                  "order_number": "ORD-001",
                  "product": "Nike Air Max",
                  "price": 120.00,
                  "quantity": 1,
                  "email": "customer@example.com",
                  "status": "pending"
                }""");
        JsonNode complete = store(open, """
                {
                  "order_number": "ORD-001",
                  "product": "Nike Air Max",
                  "price": 120.00,
                  "total": 120.00,
                  "commission": 15.00,
                  "quantity": 1,
                  "email": "customer@example.com",
                  "customer_name": "John Doe",
                  "profile": "Profile1",
                  "proxy_list": "Proxy1",
                  "reference_number": "REF123",
                  "status": "verified",
                  "tracking_number": "1Z999AA10123456784",
                  "order_date": "2024-10-27T10:30:00Z"
                }""");
        ObjectNode before = (ObjectNode) state("ORD-001");
        JsonNode update = store(open, """
                {
                  "order_number": "ORD-001",
                  "status": "shipped",
                  "tracking_number": "1Z999AA10123456784"
                }""");

        assertThat(List.of(standard, complete, update)).allMatch(minimal::equals);
        assertThat(state("ORD-001")).isEqualTo(before.put("status", "shipped"));
        assertThat(open.sql("SELECT event_type, changes FROM order_events WHERE order_number = 'ORD-001'"
                        + " ORDER BY id DESC LIMIT 1"))
                .contains("updated", "{\"status\": {\"to\": \"shipped\", \"from\": \"verified\"}}");
        assertThat(open.sql(
                        "SELECT count(*), count(DISTINCT order_id) FROM order_events WHERE order_number = 'ORD-001'"))
                .contains("3     | 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pending", "verified", "shipped", "anything at all"})
    void statusIsFreeText(String status) {
        store(open, "{\"order_number\":\"STATUS\",\"status\":\"" + status + "\"}");

        assertThat(state("STATUS").path("status").asText()).isEqualTo(status);
    }

    @Test
    void anOrderNumberMayBeANumber() {
        JsonNode text = store(open, "{\"order_number\":\"778899\"}");

        assertThat(store(open, "{\"order_number\":778899}")).isEqualTo(text);
        assertThat(text.path("order_number")).isEqualTo(Json.read("\"778899\""));
    }

    @Test
    void twoHundredConcurrentUpdatesEndAsTheirPositionsSayWithARowEach() throws Exception {
        store(open, "{\"order_number\":\"RACE\",\"status\":\"start\"}");
        List<Future<JsonNode>> answers = new ArrayList<>();
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            IntStream.range(0, 200)
                    .mapToObj(i -> "{\"order_number\":\"RACE\",\"status\":\"s%d\",\"f%d\":%d}".formatted(i, i % 7, i))
                    .forEach(body -> answers.add(senders.submit(() -> store(open, body))));
        }
        for (Future<JsonNode> answer : answers) {
            assertThat(answer.get()).isEqualTo(answers.getFirst().get());
        }

        ObjectNode expected = Json.object();
        List<JsonNode> log =
                column("SELECT payload FROM event WHERE model = 'order' AND record_key = 'RACE' ORDER BY position");
        assertThat(log).hasSize(201);
        List<JsonNode> rows = column("SELECT changes FROM order_events WHERE order_number = 'RACE' ORDER BY id");
        assertThat(rows).hasSize(200);
        for (int i = 0; i < log.size(); i++) {
            if (i > 0) {
                JsonNode change = rows.get(i - 1).path("status");
                assertThat(change.path("from")).isEqualTo(expected.path("status"));
                assertThat(change.path("to")).isEqualTo(log.get(i).path("status"));
            }
            expected.setAll((ObjectNode) log.get(i));
            expected.remove("_business");
        }
        assertThat(state("RACE")).isEqualTo(expected);
    }

    @Test
    void theSameIdIsStoredOnceAndAnsweredAlike() {
        for (String header : List.of("Idempotency-Key", "webhook-id")) {
            String body = "{\"order_number\":\"ONCE-" + header + "\"}";
            HttpResponse<String> first = open.post(ORDERS, body, header, "once");
            HttpResponse<String> second = open.post(ORDERS, body, header, "once");
            if (header.equals("Idempotency-Key")) {
                assertThat(first.body()).doesNotContain("duplicate");
            }
            ObjectNode answer = (ObjectNode) HubProcess.json(second);
            assertThat(answer.remove("duplicate")).isEqualTo(Json.read("true"));
            ObjectNode before = (ObjectNode) HubProcess.json(first);
            before.remove("duplicate");
            assertThat(answer).isEqualTo(before);
        }
    }

    /** Ids are kept for a week, and events for less where the setting says so. */
    @Test
    void aRepetitionIsAnsweredAlikeWhenItsEventIsGone() {
        String body = "{\"order_number\":\"GONE\"}";
        ObjectNode before = (ObjectNode) HubProcess.json(open.post(ORDERS, body, "Idempotency-Key", "gone"));
        assertThat(forget("GONE")).isOne();

        ObjectNode answer = (ObjectNode) HubProcess.json(open.post(ORDERS, body, "Idempotency-Key", "gone"));

        assertThat(answer.remove("duplicate")).isEqualTo(Json.read("true"));
        assertThat(answer).isEqualTo(before);
        assertRefused(
                open.post(ORDERS, "{\"order_number\":\"NEVER-SENT\"}", "Idempotency-Key", "gone"),
                400,
                "another order's");
    }

    private static int forget(String order) {
        try (Database database =
                new Database(EmbeddedPostgres.running(open.data()).orElseThrow(), 1)) {
            return database.jdbi().withHandle(db -> db.execute("DELETE FROM event WHERE record_key = ?", order));
        }
    }

    // ---- Signatures -------------------------------------------------------------------------------------------------

    @Test
    void withoutASecretEverySignatureIsAcceptedSinceNoneCanBeChecked() {
        assertThat(open.post(ORDERS, "{\"order_number\":\"UNCHECKED\"}", "X-Webhook-Signature", "test")
                        .statusCode())
                .isEqualTo(200);
    }

    // ---- Troubleshooting --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {                                              | Invalid JSON          |
            []                                             | must be a JSON object |
            {"product":"x"}                                | is required           | order_number
            {"order_number":null}                          | is required           | order_number
            {"order_number":" "}                           | is required           | order_number
            {"order_number":{}}                            | must be a text        | order_number
            {"order_number":"W","price":"much"}            | must be a number      | price
            {"order_number":"W","unit_price":[1]}          | must be a number      | unit_price
            {"order_number":"W","email":true}              | must be a text        | email
            {"order_number":"W","date":"yesterday"}        | must be a time        | date
            {"order_number":"W","item":"\\u0000"}          | cannot be stored      |
            """)
    void wrongBodyIs400AndNamesTheField(String body, String message, String field) {
        long before = orders(open);

        HttpResponse<String> answer = open.post(ORDERS, body);

        assertRefused(answer, 400, message);
        assertThat(HubProcess.json(answer).path("field").asText(null)).isEqualTo(field);
        assertThat(orders(open)).isEqualTo(before);
    }

    @Test
    void whatAShopSendsBesideItsOrdersIs400() {
        String product = "{\"id\":632910392,\"name\":\"Shoe\"}";

        assertRefused(
                open.post(ORDERS, product, "X-Shopify-Topic", "products/update"),
                400,
                "This takes orders; 'X-Shopify-Topic' is 'products/update'");
        assertRefused(
                open.post(ORDERS, product, "X-WC-Webhook-Topic", "product.updated"),
                400,
                "This takes orders; 'X-WC-Webhook-Topic' is 'product.updated'");
    }

    @Test
    void otherRefusalsHaveTheSameShape() {
        assertRefused(open.post(ORDERS, "x".repeat(2 << 20)), 413, "larger");
        assertRefused(open.post("/api/v2/webhooks/orderz", "{}"), 404, "Not Found");
        assertRefused(open.get(ORDERS), 405, "Method Not Allowed");
        assertRefused(open.get(LOGS + "?limit=0"), 400, "limit");
        assertThat(open.post(ORDERS, "{\"order_number\":\"K\"}", "Idempotency-Key", "k".repeat(300))
                        .statusCode())
                .isEqualTo(400);
    }

    // ---- Monitoring -------------------------------------------------------------------------------------------------

    @Test
    void logsShowTheNewestCallsFirstRefusedOnesToo() {
        for (int i = 0; i < 60; i++) {
            store(open, "{\"order_number\":\"LOGGED\",\"quantity\":" + i + "}");
        }
        open.post(ORDERS, "{\"item\":\"nothing\",\"marker\":\"last\"}");

        await().untilAsserted(() -> {
            JsonNode answer = HubProcess.json(open.get(LOGS));
            assertThat(answer.path("count").asInt()).isEqualTo(50);
            JsonNode refused = answer.path("logs").path(0);
            assertThat(refused.path("payload").asText()).contains("marker");
            assertThat(refused.path("status_code").asInt()).isEqualTo(400);
            assertThat(refused.path("status").asText()).isEqualTo("failed");
            assertThat(refused.path("error_message").asText()).contains("order_number");
            assertThat(HubProcess.json(open.get(LOGS + "?limit=100"))
                            .path("count")
                            .asInt())
                    .isGreaterThan(60);
            assertThat(HubProcess.json(open.get(LOGS + "?limit=1"))
                            .path("count")
                            .asInt())
                    .isOne();
        });
    }

    @Test
    void logsNeedATokenButFromThisMachineWhileThereIsNoSecret() {
        assertThat(open.get(LOGS).statusCode()).isEqualTo(200);
        assertRefused(open.get(LOGS, "X-Forwarded-For", "192.0.2.1"), 401, "Not authenticated");
    }

    @Test
    void healthAndDocsAreThere() {
        assertThat(open.get("/health").statusCode()).isEqualTo(200);
        assertThat(open.get("/docs").body()).contains("swagger-ui");
        assertThat(open.get("/openapi.yaml").body()).contains(ORDERS);
    }

    @Test
    void queriesOfTheSeedRunAsPrinted() {
        Map<String, String> queries = Map.of(
                "SELECT * FROM orders ORDER BY created_at DESC LIMIT 10;", "order_number",
                "SELECT * FROM webhook_logs ORDER BY created_at DESC LIMIT 10;", "created_at",
                "SELECT * FROM order_events ORDER BY created_at DESC LIMIT 10;", "order_id");
        queries.entrySet().parallelStream()
                .forEach(query -> assertThat(command(open, query.getKey())).contains(query.getValue()));
    }

    // ---- tools ------------------------------------------------------------------------------------------------------

    private static JsonNode store(HubProcess at, String body) {
        HttpResponse<String> answer = at.post(ORDERS, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer);
    }

    private static JsonNode state(String number) {
        return HubProcess.json(open.get("/api/v1/records/order/" + number, token))
                .path("state");
    }

    /** {@code ./hookline sql}. */
    private static String command(HubProcess at, String statement) {
        ChildProcess sql = at.command("sql", statement);
        assertThat(sql.exitCode()).as(sql.output()).isZero();
        return sql.output();
    }

    private static List<JsonNode> column(String statement) {
        return open.sql(statement)
                .lines()
                .skip(2)
                .filter(line -> line.startsWith("{"))
                .map(Json::read)
                .toList();
    }
}
