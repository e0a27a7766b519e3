package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.Receiver;
import dev.hookline.Subscriber;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A source of the kind {@code odoo}, line by line of what the module sends; and the business types that its changes and those of
 * orders get, up to a subscriber.
 */
class OdooSourceIT {
    private static final String SOURCES = "/api/v1/sources";
    private static final String SECRET = "the-secret-of-this-odoo";
    private static final AtomicInteger NEXT = new AtomicInteger(5_000);
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String[] token;
    private static Subscriber tenant;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(
                data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8", "WEBHOOK_PUSH_API_KEY", "push-key"));
        token = new String[] {"Authorization", "Bearer " + hub.token()};
        tenant = new Subscriber(hub);
        assertThat(make("{\"name\":\"erp\",\"kind\":\"odoo\",\"secret\":\"" + SECRET + "\"}")
                        .statusCode())
                .isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static HttpResponse<String> make(String body) {
        return hub.post(SOURCES, body, token);
    }

    /** Every answer is JSON, and comes well before Odoo's own second is over. */
    private static HttpResponse<String> send(String body) {
        return send("", body);
    }

    private static HttpResponse<String> send(String query, String body) {
        long from = System.nanoTime();
        HttpResponse<String> answer = hub.post("/in/erp/" + SECRET + query, body);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(1));
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(HubProcess.json(answer).isObject()).isTrue();
        return answer;
    }

    private static JsonNode taken(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer);
    }

    private static JsonNode stored(HttpResponse<String> answer) {
        return hub.event(taken(answer).path("event_id").asLong());
    }

    /** What the module's cron sends. */
    private static String pushed(int eventId, String model, int record, String operation, String fields) {
        return """
                {"event_id": %d, "model": "%s", "record_id": %d, "event": "%s", "timestamp": "2025-11-16T10:30:00",
                 "priority": "high", "category": "business", "data": %s}""".formatted(eventId, model, record, operation, fields);
    }

    private static String pushed(int record, String fields) {
        return pushed(NEXT.incrementAndGet(), "sale.order", record, "write", fields);
    }

    private static String batch(String... events) {
        return "{\"batch\":true,\"timestamp\":\"2025-11-16T10:30:00\",\"events\":[" + String.join(",", events) + "]}";
    }

    // ---- The source -------------------------------------------------------------------------------------------------

    @Test
    void kindSaysWhatOdooSendsAndWhereItCanKeepASecret() {
        JsonNode source = HubProcess.json(make("{\"name\":\"kind\",\"kind\":\"odoo\"}"));

        assertThat(source.path("kind").asText()).isEqualTo("odoo");
        assertThat(source.at("/scheme/name").asText()).isEqualTo("url-secret");
        assertThat(source.path("mapping").asText()).isEqualTo("odoo");
        assertThat(hub.post("/in/kind/" + source.path("secret").asText(), pushed(1, "{}"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post("/in/kind", pushed(1, "{}")).statusCode()).isEqualTo(401);
    }

    @Test
    void moduleMayProveItselfByItsHeadersInstead() {
        make("{\"name\":\"by-key\",\"kind\":\"odoo\",\"scheme\":{\"name\":\"api-key\"},\"secret\":\"" + SECRET + "\"}");
        make("{\"name\":\"by-token\",\"kind\":\"odoo\",\"scheme\":{\"name\":\"bearer\"},\"secret\":\"" + SECRET
                + "\"}");
        make("{\"name\":\"by-own-header\",\"kind\":\"odoo\",\"scheme\":{\"name\":\"api-key\",\"header\":\"X-Our-Key\"},"
                + "\"secret\":\"" + SECRET + "\"}");
        make("{\"name\":\"by-basic\",\"kind\":\"odoo\",\"scheme\":{\"name\":\"basic\"},\"secret\":\"" + SECRET + "\"}");

        for (String[] proof : List.of(
                new String[] {"by-key", "X-API-Key", SECRET},
                new String[] {"by-own-header", "X-Our-Key", SECRET},
                new String[] {"by-token", "Authorization", "Bearer " + SECRET},
                new String[] {"by-basic", "Authorization", "Basic " + SECRET})) {
            String path = "/in/" + proof[0];
            assertThat(hub.post(path, pushed(2, "{}"), proof[1], proof[2]).statusCode())
                    .as(path)
                    .isEqualTo(200);
            assertThat(hub.post(path, pushed(2, "{}"), proof[1], proof[2] + "x").statusCode())
                    .as(path)
                    .isEqualTo(401);
            assertThat(hub.post(path, pushed(2, "{}")).statusCode()).as(path).isEqualTo(401);
        }
    }

    @Test
    void otherKindsAreRefusedAndAKindStays() {
        for (String kind : List.of("\"sap\"", "1", "{}", "\"\"")) {
            HttpResponse<String> answer = make("{\"name\":\"odd\",\"kind\":" + kind + "}");
            assertThat(answer.statusCode()).as(kind).isEqualTo(422);
            assertThat(HubProcess.json(answer).at("/error/details/0/loc/1").asText())
                    .isEqualTo("kind");
        }
        long id = HubProcess.json(make("{\"name\":\"stays\",\"kind\":\"webhook\"}"))
                .path("id")
                .asLong();
        HttpRequest.Builder change = HttpRequest.newBuilder(hub.uri(SOURCES + "/" + id))
                .headers(token)
                .method("PATCH", BodyPublishers.ofString("{\"kind\":\"odoo\"}"));
        assertThat(hub.send(change).statusCode()).isEqualTo(422);
    }

    @Test
    void moduleAsksFirstWhetherThePathIsThere() {
        assertThat(head("/in/erp/" + SECRET)).isEqualTo(200);
        assertThat(head("/in/erp")).isEqualTo(200);
        assertThat(head("/in/nobody")).isEqualTo(404);
    }

    private static int head(String path) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path)).method("HEAD", BodyPublishers.noBody()))
                .statusCode();
    }

    // ---- The shapes of the module, and Odoo's own -------------------------------------------------------------------

    @Test
    void eventOfTheModule() {
        JsonNode event = stored(send(pushed(7, "{\"name\":\"S00007\",\"note\":false}")));

        assertThat(event.path("source").asText()).isEqualTo("erp");
        assertThat(event.path("model").asText()).isEqualTo("sale.order");
        assertThat(event.path("record_id").asLong()).isEqualTo(7);
        assertThat(event.path("priority").asText()).isEqualTo("high");
        assertThat(event.path("occurred_at").asText()).startsWith("2025-11-16T10:30:00");
        JsonNode state =
                HubProcess.json(hub.get("/api/v1/records/sale.order/7", token)).path("state");
        assertThat(state).isEqualTo(Json.read("{\"name\":\"S00007\",\"note\":false}"));
    }

    @Test
    void recordSentAtOnce() {
        String body = """
                {"id": 11, "name": "SP11", "active": true, "_metadata": {"model": "stock.picking", "id": 11},
                 "_changed_fields": ["name"],
                 "_webhook_metadata": {"event_id": %d, "event_type": "create", "model": "stock.picking", "record_id": 11,
                                       "timestamp": "2025-11-16T10:30:00"}}""".formatted(NEXT.incrementAndGet());

        JsonNode event = stored(send(body));

        assertThat(event.path("operation").asText()).isEqualTo("create");
        assertThat(event.path("event_type").asText()).isEqualTo("stock.picking.create");
        assertThat(event.path("changed_fields")).isEqualTo(Json.read("[\"name\"]"));
        assertThat(event.path("payload")).isEqualTo(Json.read(body));
    }

    @Test
    void testsAreAnsweredAndNotStored() {
        long before = hub.events();

        for (String test : List.of(
                "{\"test\":true,\"message\":\"Connection test from Odoo Webhook Module\","
                        + "\"timestamp\":\"2025-11-16T10:30:00\",\"subscriber\":\"Hub\"}",
                pushed(-1, "{}"),
                pushed(5, "{\"_test_event\":true}"))) {
            assertThat(taken(send(test)).path("message").asText()).contains("nothing was stored");
        }
        assertThat(hub.events()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"'', write", "?operation=create, create", "?operation=write, write", "?operation=unlink, unlink"})
    void odoosOwnActionSaysInItsUrlWhatWasDone(String query, String operation) {
        JsonNode event = stored(send(
                query,
                "{\"_action\":\"Notify(#12)\",\"_id\":31,\"_model\":\"stock.picking\",\"id\":31,"
                        + "\"write_date\":\"2024-01-31 10:00:00\"}"));

        assertThat(event.path("operation").asText()).isEqualTo(operation);
        assertThat(event.path("event_type").asText()).isEqualTo("stock.picking." + operation);
        assertThat(event.path("occurred_at").asText()).startsWith("2024-01-31T10:00:00");
        assertThat(hub.get("/api/v1/records/stock.picking/31", token).statusCode())
                .isEqualTo(operation.equals("unlink") ? 404 : 200);
    }

    /** The module puts a template of the user's in the place of its body: only a mapping can say what that means. */
    @Test
    void bodyOfATemplateIsUnderstoodByAMappingOfItsOwn() {
        make("{\"name\":\"template\",\"kind\":\"odoo\",\"secret\":\"" + SECRET + "\",\"mapping\":"
                + "{\"model\":\"sale.order\",\"record_key\":{\"from\":\"order.number\"},\"operation\":{\"from\":\"what\"},"
                + "\"deduplication_key\":{\"from\":\"nr\"},\"fields\":[{\"name\":\"state\",\"from\":\"order.state\"}],"
                + "\"keep_rest\":false}}");
        String body = "{\"what\":\"create\",\"nr\":77,\"order\":{\"number\":\"S00077\",\"state\":\"sale\"}}";

        JsonNode event = stored(hub.post("/in/template/" + SECRET, body));

        assertThat(event.path("model").asText()).isEqualTo("sale.order");
        assertThat(event.path("record_key").asText()).isEqualTo("S00077");
        assertThat(event.path("operation").asText()).isEqualTo("create");
        assertThat(event.at("/payload/state").asText()).isEqualTo("sale");
        assertThat(taken(hub.post("/in/template/" + SECRET, body))
                        .path("duplicate")
                        .asBoolean())
                .isTrue();
        assertThat(send(body).statusCode()).isEqualTo(422);
    }

    // ---- Each event once, by its own id -----------------------------------------------------------------------------

    @Test
    void eventsOfABatchAreStoredOnceEachWhateverTheyComeWith() {
        String known = pushed(20, "{}");
        String other = pushed(21, "{}");
        long alone = taken(send(known)).path("event_id").asLong();
        long before = hub.events();

        JsonNode half = taken(send(batch(other, known, other)));
        assertThat(hub.events()).isEqualTo(before + 1);
        assertThat(half.path("event_id").asLong()).isEqualTo(alone);
        assertThat(half.path("count").asInt()).isEqualTo(3);
        assertThat(half.path("duplicates").asInt()).isEqualTo(2);
        assertThat(half.has("duplicate")).isFalse();

        JsonNode again = taken(send(batch(other, known)));
        assertThat(again.path("duplicate").asBoolean()).isTrue();
        assertThat(taken(send(other)).path("duplicate").asBoolean()).isTrue();
        assertThat(hub.events()).isEqualTo(before + 1);
    }

    @Test
    void batchOfEventsWithAndWithoutIdsIsStoredOnce() {
        String nameless = "{\"model\":\"sale.order\",\"record_id\":26,\"event\":\"write\",\"data\":{\"n\":%d}}";
        String batch = batch(nameless.formatted(1), pushed(27, "{}"), nameless.formatted(2));
        long before = hub.events();

        assertThat(taken(send(batch)).path("count").asInt()).isEqualTo(3);
        assertThat(taken(send(batch)).path("duplicate").asBoolean()).isTrue();
        assertThat(hub.events()).isEqualTo(before + 3);
    }

    @Test
    void batchWithAWrongEventIsRefusedAsAWhole() {
        long before = hub.events();

        HttpResponse<String> answer = send(batch(pushed(23, "{}"), "{\"model\":\"sale.order\",\"event\":\"write\"}"));

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("events[1]: 'record_id' is required");
        assertThat(hub.events()).isEqualTo(before);
    }

    @Test
    void batchThatWasNotStoredIsReplayedEventByEvent() {
        make("{\"name\":\"mended\",\"kind\":\"odoo\",\"scheme\":{\"name\":\"none\"},"
                + "\"mapping\":{\"model\":\"m\",\"record_key\":{\"from\":\"nothing\"}}}");
        String known = pushed(24, "{}");
        HttpResponse<String> refused = hub.post("/in/mended", batch(known, pushed(25, "{}")));
        assertThat(refused.statusCode()).isEqualTo(422);
        String calls = "/api/v1/calls?source=mended";
        await().atMost(SOON)
                .until(() ->
                        HubProcess.json(hub.get(calls, token)).path("count").asInt() == 1);
        JsonNode call = HubProcess.json(hub.get(calls, token)).at("/data/0");
        long source = HubProcess.json(hub.get(SOURCES, token))
                .path("data")
                .valueStream()
                .filter(one -> one.path("name").asText().equals("mended"))
                .findFirst()
                .orElseThrow()
                .path("id")
                .asLong();
        hub.send(HttpRequest.newBuilder(hub.uri(SOURCES + "/" + source))
                .headers(token)
                .method("PATCH", BodyPublishers.ofString("{\"mapping\":\"odoo\"}")));
        taken(hub.post("/in/mended", known));
        long before = hub.events();
        String replay = "/api/v1/calls/" + call.path("id").asLong() + "/replay";

        JsonNode first = taken(hub.post(replay, "", token));
        JsonNode second = taken(hub.post(replay, "", token));

        assertThat(hub.events()).isEqualTo(before + 1);
        assertThat(first.path("count").asInt()).isEqualTo(2);
        assertThat(first.path("duplicates").asInt()).isOne();
        assertThat(first.path("duplicate").asBoolean()).isFalse();
        assertThat(second.path("duplicate").asBoolean()).isTrue();
        assertThat(taken(hub.post("/in/mended", known)).path("duplicate").asBoolean())
                .isTrue();
    }

    // ---- What a change means ----------------------------------------------------------------------------------------

    private static String type(HttpResponse<String> answer) {
        return stored(answer).path("event_type").asText();
    }

    @Test
    void orderThatIsConfirmedReachesItsSubscriberOnceInTheShapeOfItsType() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), "sales_order.confirmed");
            String draft = """
                    {"id":40,"name":"S00040","state":"draft","amount_total":5000.0,"currency_id":{"id":2,"name":"EUR"},
                     "partner_id":{"id":7,"name":"Acme"}}""";

            assertThat(type(send(pushed(NEXT.incrementAndGet(), "sale.order", 40, "create", draft))))
                    .isEqualTo("sales_order.created");
            assertThat(type(send(pushed(40, "{\"note\":\"x\"}")))).isEqualTo("sale.order.write");
            JsonNode confirmed = stored(send(pushed(40, "{\"state\":\"sale\"}")));
            assertThat(type(send(pushed(40, "{\"state\":\"sale\"}")))).isEqualTo("sale.order.write");

            assertThat(confirmed.path("event_type").asText()).isEqualTo("sales_order.confirmed");
            assertThat(confirmed.at("/payload/state").asText()).isEqualTo("sale");
            await().atMost(SOON).until(() -> tenant.status(subscription).equals("delivered"));
            assertThat(receiver.received()).hasSize(1);
            JsonNode body = receiver.received().getFirst().json();
            assertThat(body.path("event").asText()).isEqualTo("sales_order.confirmed");
            assertThat(body.path("resource_id").asText()).isEqualTo("40");
            assertThat(body.path("data")).isEqualTo(Json.read("""
                    {"order_id":"40","order_number":"S00040","customer_id":"7","customer_name":"Acme",
                     "amount":"5000.00","currency":"EUR"}"""));
            JsonNode state = HubProcess.json(hub.get("/api/v1/records/sale.order/40", token))
                    .path("state");
            assertThat(state.path("state").asText()).isEqualTo("sale");
            assertThat(state.has("_business")).isFalse();
        }
    }

    @Test
    void changesWithinABatchAreFollowed() {
        JsonNode answer = taken(send(batch(
                pushed(NEXT.incrementAndGet(), "sale.order", 41, "create", "{\"id\":41,\"state\":\"draft\"}"),
                pushed(41, "{\"state\":\"sale\"}"),
                pushed(41, "{\"state\":\"sale\",\"note\":\"y\"}"),
                pushed(41, "{\"state\":\"cancel\"}"))));

        long first = answer.path("event_id").asLong();
        assertThat(List.of(hub.event(first), hub.event(first + 1), hub.event(first + 2), hub.event(first + 3)))
                .extracting(event -> event.path("event_type").asText())
                .containsExactly(
                        "sales_order.created", "sales_order.confirmed", "sale.order.write", "sales_order.cancelled");
    }

    @Test
    void whereTheStateBeforeIsNotKnownTheListOfChangedFieldsCounts() {
        ObjectNode other = (ObjectNode) Json.read(pushed(42, "{\"state\":\"sale\",\"note\":\"z\"}"));
        other.putArray("changed_fields").add("note");
        ObjectNode state = (ObjectNode) Json.read(pushed(43, "{\"state\":\"sale\",\"note\":\"z\"}"));
        state.putArray("changed_fields").add("state");

        assertThat(type(send(Json.write(other)))).isEqualTo("sale.order.write");
        assertThat(type(send(Json.write(state)))).isEqualTo("sales_order.confirmed");
        assertThat(type(send(pushed(44, "{\"state\":\"sale\"}")))).isEqualTo("sales_order.confirmed");
    }

    @Test
    void whatComesInOverTheReceiverOfTheModuleIsUnderstoodToo() {
        String[] key = {"X-API-Key", "push-key"};
        String body = pushed(45, "{\"id\":45,\"state\":\"sale\"}");

        HttpResponse<String> answer = hub.post("/api/v1/webhooks/receive", body, key);

        assertThat(type(answer)).isEqualTo("sales_order.confirmed");
        assertThat(type(hub.post(
                        "/api/v1/webhooks/receive?operation=create",
                        "{\"_model\":\"res.partner\",\"_id\":46,\"id\":46,\"name\":\"Acme\"}",
                        key)))
                .isEqualTo("customer.created");
    }

    @Test
    void bodyInTheLogOfCallsIsAsItWasSent() {
        String body = "{\"_model\":\"res.partner\",\"_id\":47,\"id\":47,\"name\":\"Acme\"}";
        long position = taken(send("?operation=create", body)).path("event_id").asLong();
        assertThat(hub.event(position).at("/payload/_business/customer_name").asText())
                .isEqualTo("Acme");

        String calls = "/api/v1/calls?source=erp&limit=500";
        await().atMost(SOON).untilAsserted(() -> {
            JsonNode call = HubProcess.json(hub.get(calls, token))
                    .path("data")
                    .valueStream()
                    .filter(one -> one.path("event_id").asLong() == position)
                    .findFirst()
                    .orElseThrow();
            JsonNode shown =
                    HubProcess.json(hub.get("/api/v1/calls/" + call.path("id").asLong(), token));
            assertThat(Json.read(shown.path("body").asText())).isEqualTo(Json.read(body));
        });
    }

    @Test
    void ordersOfShopsGetTheirBusinessTypes() {
        JsonNode created = orderEvent("{\"order_number\":\"B-1\",\"total\":12.5,\"email\":\"a@example.com\"}");
        JsonNode received = orderEvent("{\"order_number\":\"B-1\",\"product\":\"Lamp\"}");
        JsonNode confirmed = orderEvent("{\"order_number\":\"B-1\",\"status\":\"verified\"}");
        JsonNode again = orderEvent("{\"order_number\":\"B-1\",\"status\":\"verified\"}");
        JsonNode cancelled = orderEvent("{\"order_number\":\"B-1\",\"status\":\"cancelled\"}");

        assertThat(List.of(created, received, confirmed, again, cancelled))
                .extracting(event -> event.path("event_type").asText())
                .containsExactly(
                        "sales_order.created",
                        "order.received",
                        "sales_order.confirmed",
                        "order.received",
                        "sales_order.cancelled");
        assertThat(created.path("operation").asText()).isEqualTo("create");
        assertThat(received.path("operation").asText()).isEqualTo("write");
        assertThat(confirmed.at("/payload/_business/amount").asText()).isEqualTo("12.50");
        assertThat(created.at("/payload/_business/order_id").asText()).matches("\\d+");
    }

    private static JsonNode orderEvent(String body) {
        String number = Json.read(body).path("order_number").asText();
        taken(hub.post("/api/v2/webhooks/orders", body));
        return Json.read(hub.sql("SELECT row_to_json(event) FROM event WHERE model = 'order' AND record_key = '"
                        + number + "' ORDER BY position DESC LIMIT 1")
                .lines()
                .toList()
                .get(2));
    }
}
