package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /api/v1/webhooks/receive}: what the module auto_webhook and Odoo's own action send, and what they get. */
@DisplayName("Seed 001, what Odoo sends")
class OdooModuleIT {
    private static final String RECEIVE = "/api/v1/webhooks/receive";
    private static final String KEY = "push-key-of-the-test";
    private static final AtomicInteger EVENT_IDS = new AtomicInteger(1_000);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String[] token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("WEBHOOK_PUSH_API_KEY", KEY));
        token = new String[] {"Authorization", "Bearer " + hub.token()};
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static HttpResponse<String> send(String body, String... headers) {
        return sendTo(RECEIVE, body, headers);
    }

    /** Every answer is JSON, and comes well before Odoo's own second is over. */
    private static HttpResponse<String> sendTo(String path, String body, String... headers) {
        String[] known = headers.length == 0 ? new String[] {"X-API-Key", KEY} : headers;
        long from = System.nanoTime();
        HttpResponse<String> answer = hub.post(path, body, known);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(1));
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(HubProcess.json(answer).isObject()).isTrue();
        return answer;
    }

    private static JsonNode stored(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode body = HubProcess.json(answer);
        assertThat(body.path("success")).isEqualTo(Json.read("true"));
        assertThat(body.path("message").asText()).isEqualTo("Webhook received and processed");
        assertThat(body.path("processed_at").asText()).endsWith("Z");
        return hub.event(body.path("event_id").asLong());
    }

    private static String pushed(int recordId) {
        return """
                {"event_id": %d, "model": "sale.order", "record_id": %d, "event": "write",
                 "timestamp": "2025-11-16T10:30:00", "priority": "high", "category": "business",
                 "data": {"name": "S%05d", "state": "sale", "partner_id": {"id": 3, "name": "Ann"}, "note": false},
                 "changed_fields": ["state"]}""".formatted(EVENT_IDS.incrementAndGet(), recordId, recordId);
    }

    // ---- who may call -----------------------------------------------------------------------------------------------

    /**
     * BridgeCore's receiver takes these two. A module that is set up with Basic, or with a header of its own, has a source of
     * the kind odoo: see {@link OdooSourceIT}.
     */
    @Test
    void theKeyOrATokenIsNeeded() {
        assertThat(send(pushed(1), "X-API-Key", KEY).statusCode()).isEqualTo(200);
        assertThat(send(pushed(1), token).statusCode()).isEqualTo(200);
        for (String[] headers : List.of(
                new String[] {"X-Odd", "1"},
                new String[] {"X-API-Key", "wrong"},
                new String[] {"X-API-Key", KEY + "x"},
                new String[] {"Authorization", "Bearer wrong"},
                new String[] {"Authorization", "Basic " + KEY})) {
            HttpResponse<String> answer = send(pushed(1), headers);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(HubProcess.json(answer).path("error").path("message").asText())
                    .isEqualTo("Authentication required. Provide Bearer Token or X-API-Key header.");
        }
    }

    // ---- (a) an event -----------------------------------------------------------------------------------------------

    @Test
    void anEventOfTheModuleIsStoredWithItsDataAndItsRecord() {
        JsonNode event = stored(send(pushed(7)));

        assertThat(event.path("model").asText()).isEqualTo("sale.order");
        assertThat(event.path("record_id").asLong()).isEqualTo(7);
        assertThat(event.path("operation").asText()).isEqualTo("write");
        assertThat(event.path("priority").asText()).isEqualTo("high");
        assertThat(event.path("category").asText()).isEqualTo("business");
        assertThat(event.path("occurred_at").asText()).startsWith("2025-11-16T10:30:00");
        assertThat(event.path("changed_fields")).isEqualTo(Json.read("[\"state\"]"));
        assertThat(event.path("payload").path("partner_id")).isEqualTo(Json.read("{\"id\":3,\"name\":\"Ann\"}"));
        JsonNode record = HubProcess.json(hub.get("/api/v1/records/sale.order/7", token));
        assertThat(record.path("state").path("note")).isEqualTo(Json.read("false"));
        assertThat(record.path("state").has("_event_id")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"2025-11-16T10:30:00Z", "2025-11-16T10:30:00", "2025-11-16 10:30:00", "2025-11-16T12:30:00+02:00"
            })
    void everySpellingOfATimeIsUnderstood(String time) {
        String body = pushed(8).replace("2025-11-16T10:30:00", time);

        assertThat(stored(send(body)).path("occurred_at").asText()).startsWith("2025-11-16T10:30:00");
    }

    @Test
    void theSameEventIdIsStoredOnceWhateverTheBody() {
        String body = pushed(9);
        stored(send(body));
        long before = hub.events();
        String eventId = body.replaceFirst("(?s).*?\"event_id\": (\\d+).*", "$1");
        String instant = """
                {"id": 9, "name": "S00009", "_metadata": {"model": "sale.order", "id": 9},
                 "_webhook_metadata": {"event_id": %s, "event_type": "write", "model": "sale.order", "record_id": 9,
                                       "timestamp": "2025-11-16T10:30:00"}}""".formatted(eventId);

        for (String again : List.of(body, instant)) {
            assertThat(HubProcess.json(send(again)).path("duplicate")).isEqualTo(Json.read("true"));
        }
        assertThat(hub.events()).isEqualTo(before);
    }

    @Test
    void whatTheOldServerDroppedIsKept() {
        ObjectNode body = (ObjectNode) Json.read(pushed(10));
        body.set("_webhook_metadata", Json.read("{\"rule_id\":4}"));
        body.put("user_id", 2).put("user_name", "Ann");

        JsonNode payload = stored(send(Json.write(body))).path("payload");

        assertThat(payload.path("_webhook_metadata")).isEqualTo(Json.read("{\"rule_id\":4}"));
        assertThat(payload.path("_user_name").asText()).isEqualTo("Ann");
        assertThat(payload.path("state").asText()).isEqualTo("sale");
    }

    // ---- (b) a record -----------------------------------------------------------------------------------------------

    /** The payload of a record's event, as a device pulls it. */
    private static JsonNode pulled(String path, String body, int record) {
        JsonNode events = HubProcess.json(hub.post(path, body, token)).path("events");
        for (JsonNode event : events) {
            if (event.path("record_id").asInt() == record) {
                return event.path("payload");
            }
        }
        throw new AssertionError(events);
    }

    @Test
    void aRecordSentAtOnceIsStoredAsItIs() {
        String body = """
                {"id": 11, "name": "S00011", "order_line": [{"id": 1, "name": "x"}], "date_order": "2025-11-16T10:30:00",
                 "active": true, "note": false,
                 "_metadata": {"model": "sale.order", "id": 11, "display_name": "S00011", "rule_id": 1, "rule_name": "r"},
                 "_changed_fields": ["name"],
                 "_webhook_metadata": {"event_id": %d, "event_type": "create", "model": "sale.order", "record_id": 11,
                                       "timestamp": "2025-11-16T10:30:00"}}""".formatted(EVENT_IDS.incrementAndGet());

        JsonNode event = stored(send(body));

        assertThat(event.path("operation").asText()).isEqualTo("create");
        assertThat(event.path("record_key").asText()).isEqualTo("11");
        assertThat(event.path("changed_fields")).isEqualTo(Json.read("[\"name\"]"));
        ObjectNode payload = (ObjectNode) event.path("payload");
        assertThat(payload.remove("_business").path("order_number").asText()).isEqualTo("S00011");
        assertThat(payload).isEqualTo(Json.read(body));
        for (JsonNode shown : List.of(
                HubProcess.json(hub.get("/api/v1/webhooks/events?model=sale.order&record_id=11", token))
                        .at("/data/0/payload"),
                pulled(
                        "/api/v2/sync/pull",
                        "{\"user_id\":1,\"device_id\":\"d\",\"app_type\":\"sales_app\",\"limit\":500}",
                        11),
                pulled("/api/v1/odoo-sync/pull", "{\"models\":[\"sale.order\"],\"limit\":1000}", 11))) {
            assertThat(shown).isEqualTo(payload);
        }
        JsonNode state =
                HubProcess.json(hub.get("/api/v1/records/sale.order/11", token)).path("state");
        assertThat(state.path("active")).isEqualTo(Json.read("true"));
        assertThat(state.has("_metadata")).isFalse();
    }

    // ---- (c) a batch ------------------------------------------------------------------------------------------------

    @Test
    void aBatchMakesItsEventsEachStoredOnce() {
        String known = pushed(20);
        stored(send(known));
        String batch = "{\"batch\":true,\"timestamp\":\"2025-11-16T10:30:00\",\"events\":["
                + String.join(",", pushed(21), known, pushed(22)) + "]}";
        long before = hub.events();

        JsonNode answer = HubProcess.json(send(batch));

        assertThat(answer.path("count").asInt()).isEqualTo(3);
        assertThat(answer.has("duplicate")).isFalse();
        assertThat(hub.events()).isEqualTo(before + 2);
        assertThat(HubProcess.json(send(batch)).path("duplicate")).isEqualTo(Json.read("true"));
        assertThat(hub.events()).isEqualTo(before + 2);
    }

    @Test
    void aBatchWithAWrongEventIsRefusedAsAWhole() {
        long before = hub.events();

        HttpResponse<String> answer =
                send("{\"batch\":true,\"events\":[" + pushed(23) + ",{\"model\":\"sale.order\",\"event\":\"write\"}]}");

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("events[1].record_id");
        assertThat(hub.events()).isEqualTo(before);
    }

    // ---- (d), (e) tests ---------------------------------------------------------------------------------------------

    @Test
    void theTestOfTheConnectionIsAnsweredAndNotStored() {
        HttpRequest.Builder head =
                HttpRequest.newBuilder(hub.uri(RECEIVE)).method("HEAD", HttpRequest.BodyPublishers.noBody());
        assertThat(hub.send(head).statusCode()).isEqualTo(200);
        long before = hub.events();

        for (String test : List.of(
                "{\"test\":true,\"message\":\"Connection test from Odoo Webhook Module\","
                        + "\"timestamp\":\"2025-11-16T10:30:00\",\"subscriber\":\"Hub\"}",
                pushed(-1),
                pushed(5).replace("\"data\": {", "\"data\": {\"_test_event\": true, "))) {
            HttpResponse<String> answer = send(test);
            assertThat(answer.statusCode()).as(test).isEqualTo(200);
            assertThat(answer.body()).contains("nothing was stored");
        }
        assertThat(hub.events()).isEqualTo(before);
    }

    // ---- Odoo's own action ------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "'', write, sale.order.write",
        "?operation=create, create, sales_order.created",
        "?operation=write, write, sale.order.write",
        "?operation=unlink, unlink, sale.order.unlink"
    })
    void odoosOwnActionSaysInItsUrlWhatWasDone(String query, String operation, String type) {
        String body = """
                {"_action": "Notify(#12)", "_id": 31, "_model": "sale.order", "amount_total": 115.0, "id": 31,
                 "name": "S00031", "note": false, "order_line": [1, 2], "partner_id": 3,
                 "write_date": "2024-01-31 10:00:00"}""";

        JsonNode event = stored(sendTo(RECEIVE + query, body));

        assertThat(event.path("operation").asText()).isEqualTo(operation);
        assertThat(event.path("event_type").asText()).isEqualTo(type);
        ObjectNode payload = (ObjectNode) event.path("payload");
        payload.remove("_business");
        assertThat(payload).isEqualTo(Json.read(body));
        assertThat(hub.get("/api/v1/records/sale.order/31", token).statusCode())
                .isEqualTo(operation.equals("unlink") ? 404 : 200);
    }

    @Test
    void theSameStateAgainIsAnotherEventSinceOdoosActionHasNoId() {
        String body = "{\"_action\":\"Notify(#12)\",\"_id\":32,\"_model\":\"sale.order\",\"id\":32}";
        long before = hub.events();

        stored(send(body));
        stored(send(body));

        assertThat(hub.events()).isEqualTo(before + 2);
    }

    // ---- wrong bodies -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "model, null, model",
        "model, '\"\"', model",
        "record_id, null, record_id",
        "record_id, '\"seven\"', record_id",
        "record_id, '[1]', record_id",
        "event, null, event",
        "event, '\"renamed\"', event",
        "timestamp, '\"soon\"', timestamp",
        "priority, '\"urgent\"', priority",
        "category, '\"odd\"', category",
        "data, '[]', data",
        "changed_fields, '\"state\"', changed_fields",
        "changed_fields, '[1]', changed_fields",
        "event_id, '\"x\"', event_id",
        "user_id, '\"x\"', user_id",
        "user_name, true, user_name"
    })
    void aWrongFieldIs422AndNamed(String field, String value, String named) {
        ObjectNode body = (ObjectNode) Json.read(pushed(40));
        body.set(field, Json.read(value));
        long before = hub.events();

        HttpResponse<String> answer = send(Json.write(body));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        JsonNode error = HubProcess.json(answer).path("error");
        assertThat(error.path("type").asText()).isEqualTo("ValidationError");
        assertThat(error.path("details").path(0).path("loc")).isEqualTo(Json.read("[\"body\",\"" + named + "\"]"));
        assertThat(hub.events()).isEqualTo(before);
    }

    @Test
    void noJsonIs400() {
        for (String body : List.of("", "{", "[]", "webhook_id=3")) {
            assertThat(send(body).statusCode()).as(body).isEqualTo(400);
        }
    }
}
