package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.ChildProcess;
import dev.hookline.HubProcess;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Orders of seed 002, line by line: its curl lines and its senders in Python, Node and curl run as they are printed, but for
 * the address, against a hub in a process of its own.
 */
@DisplayName("Seed 002, orders")
class OrdersIT {
    private static final String SECRET = "your-webhook-secret";
    private static final String ORDERS = "/api/v2/webhooks/orders";
    private static final String LOGS = "/api/v2/webhooks/logs";
    private static final String SEED_ORIGIN = "http://localhost:8001";

    @TempDir
    static Path data;

    @TempDir
    static Path openData;

    @TempDir
    static Path scripts;

    /** With the secret set. */
    private static HubProcess hub;

    /** Without one. */
    private static HubProcess open;

    private static String[] token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("WEBHOOK_SECRET", SECRET));
        open = HubProcess.start(openData, Map.of("WEBHOOK_SECRET", ""));
        token = new String[] {"Authorization", "Bearer " + open.token()};
    }

    @AfterAll
    static void stop() {
        open.close();
        hub.close();
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
        assertThat(HubProcess.json(hub.get("/api/v2/webhooks/test")).path("signature_required"))
                .isEqualTo(Json.read("true"));
    }

    @Test
    void firstOrderOfAFreshHubAnswersAsPrintedAndIsStored(@TempDir Path folder) {
        try (HubProcess fresh = HubProcess.start(folder, Map.of("WEBHOOK_SECRET", ""))) {
            ChildProcess curl = shell(fresh, ChildProcess.resource("seeds/002_test_order.sh"));

            assertThat(curl.output())
                    .endsWith("{\"success\":true,\"message\":\"Order received and processed successfully\","
                            + "\"order_id\":1,\"order_number\":\"12345\"}");
            await().untilAsserted(() -> {
                JsonNode log = Json.read(
                                shell(fresh, "curl -s " + SEED_ORIGIN + LOGS).output())
                        .path("logs")
                        .path(0);
                assertThat(log.path("status").asText()).isEqualTo("success");
                assertThat(log.path("payload").asText()).contains("Nike Shoes");
            });
            assertThat(fresh.sql("SELECT * FROM webhook_logs ORDER BY created_at DESC LIMIT 10"))
                    .contains(ORDERS, "success", "(1 row)");
            assertThat(fresh.sql("SELECT * FROM orders ORDER BY created_at DESC LIMIT 10"))
                    .contains("| 12345 ", "Nike Shoes", "99.99", "customer@example.com", "pending", "(1 row)");
            assertThat(fresh.sql("SELECT * FROM order_events")).contains("(0 rows)");
        }
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
        try (ExecutorService senders = Executors.newFixedThreadPool(40)) {
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

    // ---- Signatures -------------------------------------------------------------------------------------------------

    @Test
    void pythonSenderOfTheSeedIsAccepted() throws IOException {
        String python = List.of("/usr/bin/python3", "python3").stream()
                .filter(candidate -> ChildProcess.works(candidate, "-c", "import requests"))
                .findFirst()
                .orElse("");
        assumeTrue(!python.isEmpty(), "Python's requests is not installed (apt-get install python3-requests)");
        String script = ChildProcess.resource("seeds/002_sender.py").replace(SEED_ORIGIN, origin(hub));
        long before = orders(hub);

        assertAccepted(ChildProcess.run(scripts, python, file("sender.py", script)), before);
    }

    @Test
    void nodeSenderOfTheSeedIsAccepted() throws IOException {
        assumeTrue(ChildProcess.works("node", "--version") && ChildProcess.works("npm", "--version"), "no node or npm");
        Path folder = Path.of("target", "node").toAbsolutePath();
        if (!Files.isDirectory(folder.resolve("node_modules").resolve("axios"))) {
            Files.createDirectories(folder);
            ChildProcess install = ChildProcess.run(
                    folder, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder.toString(), "axios@1");
            assertThat(install.exitCode()).as(install.output()).isZero();
        }
        String script = ChildProcess.resource("seeds/002_sender.js").replace(SEED_ORIGIN, origin(hub));
        Path file = folder.resolve("sender.js");
        Files.writeString(file, script);
        long before = orders(hub);

        assertAccepted(ChildProcess.run(folder, "node", file.toString()), before);
    }

    @Test
    void curlSenderOfTheSeedIsAccepted() {
        assumeTrue(ChildProcess.works("openssl", "version"), "no openssl");
        long before = orders(hub);

        ChildProcess sender = shell(hub, ChildProcess.resource("seeds/002_sender.sh"));

        assertAccepted(sender, before);
        assertThat(sender.output()).contains("\"success\":true");
    }

    private void assertAccepted(ChildProcess sender, long before) {
        assertThat(sender.exitCode()).as(sender.output()).isZero();
        assertThat(orders(hub)).as(sender.output()).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @CsvSource({"curl, bash", "python, python3", "node, node", "java, java"})
    void everySnippetOfTheHelpWorksAsItStands(String language, String program) throws IOException {
        JsonNode help = HubProcess.json(hub.get("/api/v2/webhooks/signature-help"));
        assertThat(help.path("url").asText()).isEqualTo(hub.url() + ORDERS);
        assertThat(help.path("examples").fieldNames())
                .toIterable()
                .containsExactly("curl", "python", "node", "java", "php");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command = program.equals("java") ? java : program;
        assumeTrue(ChildProcess.works(command, "--version"), "no " + program);
        String name = program.equals("java") ? "SendOrder.java" : "snippet-" + language;
        long before = orders(hub);

        ChildProcess sender = ChildProcess.run(
                scripts,
                command,
                file(name, help.path("examples").path(language).asText()));

        assertAccepted(sender, before);
        assertThat(sender.output()).contains("\"success\":true");
    }

    @Test
    void helpNamesTheAddressThatTheCallerUsed() {
        String url = HubProcess.json(hub.get("/api/v2/webhooks/signature-help", "X-Forwarded-Proto", "https"))
                .path("url")
                .asText();

        assertThat(url).isEqualTo(hub.url().replace("http://", "https://") + ORDERS);
    }

    @Test
    void signatureIsTakenAsHexOfEitherCaseWithOrWithoutItsAlgorithm() {
        String body = "{\"order_number\":\"SIGNED\"}";
        String hex = HexFormat.of().formatHex(hmac(body));
        for (String header : List.of("X-Webhook-Signature", "X-Signature")) {
            for (String value : List.of(hex, hex.toUpperCase(Locale.ROOT), "sha256=" + hex)) {
                assertThat(hub.post(ORDERS, body, header, value).statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void wrongOrMissingSignatureIs401AndNothingIsStored() {
        long before = orders(hub);
        String body = "{\"order_number\":\"FORGED\"}";
        String hex = HexFormat.of().formatHex(hmac(body));

        assertRefused(hub.post(ORDERS, body), 401, "Invalid signature");
        for (String wrong : List.of("test", "", "sha256=", hex.substring(1), hex.replace(hex.charAt(0), 'f') + "0")) {
            assertRefused(hub.post(ORDERS, body, "X-Webhook-Signature", wrong), 401, "Invalid signature");
        }
        assertRefused(
                hub.post(ORDERS, body, "X-Webhook-Signature", hex, "X-Signature", "test"), 401, "Invalid signature");
        assertRefused(hub.post(ORDERS, body + " ", "X-Webhook-Signature", hex), 401, "Invalid signature");
        assertThat(orders(hub)).isEqualTo(before);
    }

    @Test
    void withoutASecretEverySignatureIsAcceptedSinceNoneCanBeChecked() {
        assertThat(open.post(ORDERS, "{\"order_number\":\"UNCHECKED\"}", "X-Webhook-Signature", "test")
                        .statusCode())
                .isEqualTo(200);
    }

    // ---- Shopify and WooCommerce ------------------------------------------------------------------------------------

    @Test
    void shopifysWebhookIsAccepted() {
        String body = ChildProcess.resource("payloads/shopify-orders-create.json");

        HttpResponse<String> answer = hub.post(
                ORDERS,
                body,
                "X-Shopify-Topic",
                "orders/create",
                "X-Shopify-Webhook-Id",
                "shop-1",
                "X-Shopify-Hmac-Sha256",
                Base64.getEncoder().encodeToString(hmac(body)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(hub.sql("SELECT product, total, customer_name FROM orders WHERE order_number = '1042'"))
                .contains("Trail Shoe - 39 | 69.85 | Lena Vogt");
        assertRefused(
                hub.post(ORDERS, body, "X-Shopify-Topic", "orders/create", "X-Shopify-Hmac-Sha256", "AAAA"),
                401,
                "Invalid signature");
    }

    @Test
    void wooCommercesPingAndWebhookAreAccepted() {
        HttpRequest.Builder ping = HttpRequest.newBuilder(hub.uri(ORDERS))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("webhook_id=3"));
        assertThat(hub.send(ping).statusCode()).isEqualTo(200);
        String body = ChildProcess.resource("payloads/woocommerce-order-created.json");

        HttpResponse<String> answer = hub.post(
                ORDERS,
                body,
                "X-WC-Webhook-Topic",
                "order.created",
                "X-WC-Webhook-Signature",
                Base64.getEncoder().encodeToString(hmac(body)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(hub.sql("SELECT product, total, customer_name FROM orders WHERE order_number = '727'"))
                .contains("Single #1 | 29.35 | Paul Kern");
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
        assertRefused(hub.get(LOGS), 401, "Not authenticated");
        assertThat(hub.get(LOGS, "Authorization", "Bearer " + hub.token()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void healthAndDocsAreThere() {
        assertThat(open.get("/health").statusCode()).isEqualTo(200);
        assertThat(open.get("/docs").body()).contains("swagger-ui");
        assertThat(open.get("/openapi.yaml").body()).contains(ORDERS);
    }

    @Test
    void queriesOfTheSeedRunAsPrinted() {
        assertThat(command(open, "SELECT * FROM orders ORDER BY created_at DESC LIMIT 10;"))
                .contains("order_number");
        assertThat(command(open, "SELECT * FROM webhook_logs ORDER BY created_at DESC LIMIT 10;"))
                .contains("created_at");
        assertThat(command(open, "SELECT * FROM order_events ORDER BY created_at DESC LIMIT 10;"))
                .contains("order_id");
    }

    // ---- tools ------------------------------------------------------------------------------------------------------

    private static JsonNode store(HubProcess at, String body) {
        HttpResponse<String> answer = at.post(ORDERS, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer);
    }

    private static void assertRefused(HttpResponse<String> answer, int status, String message) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode body = HubProcess.json(answer);
        assertThat(body.path("success")).isEqualTo(Json.read("false"));
        assertThat(body.path("message").asText()).contains(message);
    }

    private static JsonNode state(String number) {
        return HubProcess.json(open.get("/api/v1/records/order/" + number, token))
                .path("state");
    }

    /** The seed's address is a name of loopback, and so is the test's. */
    private static String origin(HubProcess at) {
        return at.url().replace("127.0.0.1", "localhost");
    }

    private static ChildProcess shell(HubProcess at, String script) {
        return ChildProcess.run(scripts, "bash", "-c", script.replace(SEED_ORIGIN, origin(at)));
    }

    private static String file(String name, String text) throws IOException {
        Path file = scripts.resolve(name);
        Files.writeString(file, text);
        return file.toString();
    }

    private static byte[] hmac(String body) {
        return new HmacSha256(SECRET.getBytes(StandardCharsets.UTF_8)).sign(body.getBytes(StandardCharsets.UTF_8));
    }

    /** {@code ./hookline sql}. */
    private static String command(HubProcess at, String statement) {
        ChildProcess sql = at.command("sql", statement);
        assertThat(sql.exitCode()).as(sql.output()).isZero();
        return sql.output();
    }

    private static long orders(HubProcess at) {
        String table = at.sql("SELECT count(*) FROM event WHERE model = 'order'");
        return Long.parseLong(table.lines().toList().get(2).strip());
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
