package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The event catalogue and what publishing makes of it, over HTTP. */
class EventTypesIT {
    private static final String TYPES = "/api/v1/event-types";
    private static final String SETTINGS = "/api/v1/tenant/catalogue";
    private static final String EVENTS = "/api/v1/tenant/webhooks/events";
    private static final String NAME = "shipment.delivered";
    private static final String SHIPMENT = """
            {"name":"shipment.delivered","description":"Shipment delivered",
             "schema":{"type":"object","required":["shipment_id"],"properties":{"shipment_id":{"type":"string"}}},
             "sample":{"shipment_id":"SH-1"}}""";
    private static final String INVOICE = """
            {"invoice_id":"inv-123","invoice_number":"INV-2024-001","amount":"1500.00","currency":"USD",
             "customer_name":"Acme Corp","status":"draft","created_at":"2024-02-14T15:30:45.123456"}""";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String[] token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of());
        token = new String[] {"Authorization", "Bearer " + hub.token()};
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @AfterEach
    void leaveNothing() {
        send("DELETE", TYPES + "/" + NAME, "");
        send("PATCH", SETTINGS, "{\"validation\":\"warn\"}");
    }

    @Test
    void nobodyMakesTheHubsOwnEventsOrTypesOfTheirNames() {
        String own = "{\"event\":\"webhook.%s\",\"resource_type\":\"w\",\"resource_id\":\"1\",\"data\":{}}";
        String forged = own.formatted("subscription.disabled");

        HttpResponse<String> one = send("POST", EVENTS, own.formatted("delivery.dead"));
        HttpResponse<String> many = send("POST", EVENTS, "{\"events\":[" + own.formatted("x") + "," + forged + "]}");

        assertThat(one.statusCode()).isEqualTo(422);
        assertThat(HubProcess.json(one).at("/error/details/0/loc").toString()).contains("event");
        assertThat(many.statusCode()).isEqualTo(422);
        assertThat(HubProcess.json(many).at("/error/details/0/loc").toString()).contains("events[1].event");
        assertThat(send("POST", EVENTS, own.formatted("x")).statusCode()).isEqualTo(202);
        assertThat(send("POST", TYPES, "{\"name\":\"webhook.delivery.dead\"}").statusCode())
                .isEqualTo(409);
    }

    private static HttpResponse<String> send(String method, String path, String body) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path))
                .headers(token)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> publish(String event, Object id, String data, String... headers) {
        ObjectNode body = event(event, data);
        body.set("resource_id", Json.read(Json.write(id)));
        HttpRequest.Builder request = HttpRequest.newBuilder(hub.uri(EVENTS))
                .headers(token)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        return hub.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static ObjectNode event(String event, String data) {
        ObjectNode body =
                Json.object().put("event", event).put("resource_type", "any").put("resource_id", "1");
        body.set("data", Json.read(data));
        return body;
    }

    private static JsonNode ok(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return HubProcess.json(answer);
    }

    private static String field(HttpResponse<String> answer) {
        return ok(answer, 422).at("/error/details/0/loc/1").asText();
    }

    @Test
    void seventeenTypesAreListedWithSchemaAndSample() {
        JsonNode list = ok(send("GET", TYPES, ""), 200);

        assertThat(list.path("count").asInt()).isEqualTo(19);
        for (JsonNode type : list.path("data")) {
            assertThat(type.path("built_in").asBoolean()).isTrue();
            assertThat(type.path("schema").isObject()).isTrue();
            assertThat(type.path("sample").isObject()).isTrue();
        }
        JsonNode confirmed = ok(send("GET", TYPES + "/sales_order.confirmed", ""), 200);
        assertThat(confirmed.path("derived_from").toString()).contains("sale.order: A quotation becomes an order");
        assertThat(confirmed.at("/sample/amount").textValue()).isEqualTo("5000.00");
    }

    @Test
    void ownTypeIsMadeChangedAndDeleted() {
        JsonNode made = ok(send("POST", TYPES, SHIPMENT), 201);
        assertThat(made.path("built_in").asBoolean()).isFalse();
        assertThat(ok(send("GET", TYPES, ""), 200).path("count").asInt()).isEqualTo(20);

        ok(send("POST", TYPES, SHIPMENT), 409);
        JsonNode changed = ok(send("PATCH", TYPES + "/" + NAME, "{\"description\":\"At the door\"}"), 200);
        assertThat(changed.path("description").asText()).isEqualTo("At the door");
        assertThat(changed.at("/sample/shipment_id").asText()).isEqualTo("SH-1");
        JsonNode put = ok(send("PUT", TYPES + "/" + NAME, "{\"description\":\"Anything\"}"), 200);
        assertThat(put.path("schema").isNull()).isTrue();

        ok(send("DELETE", TYPES + "/" + NAME, ""), 200);
        ok(send("DELETE", TYPES + "/" + NAME, ""), 404);
        ok(send("PATCH", TYPES + "/" + NAME, "{}"), 404);
        ok(send("GET", TYPES + "/" + NAME, ""), 404);
        ok(send("PUT", TYPES + "/" + NAME, "{}"), 201);
    }

    @Test
    void whatIsWrongWithATypeIsNamed() {
        assertThat(field(send("POST", TYPES, "{}"))).isEqualTo("name");
        assertThat(field(send("POST", TYPES, "{\"name\":\"Shipment\"}"))).isEqualTo("name");
        assertThat(field(send("PUT", TYPES + "/Shipment", "{}"))).isEqualTo("name");
        assertThat(field(send("PUT", TYPES + "/" + NAME, "{\"description\":5}")))
                .isEqualTo("description");
        assertThat(field(send("PUT", TYPES + "/" + NAME, "{\"schema\":[]}"))).isEqualTo("schema");
        assertThat(field(send("PUT", TYPES + "/" + NAME, "{\"schema\":{\"type\":\"objekt\"}}")))
                .isEqualTo("schema");
        assertThat(field(send("PUT", TYPES + "/" + NAME, SHIPMENT.replace("\"SH-1\"", "5"))))
                .isEqualTo("sample.shipment_id");
        ObjectNode large = Json.object();
        large.putObject("sample").put("a", "x".repeat(40_000));
        assertThat(field(send("PUT", TYPES + "/" + NAME, large.toString()))).isEqualTo("sample");
        ok(send("PUT", TYPES + "/invoice.created", "{}"), 409);
        ok(send("DELETE", TYPES + "/invoice.created", ""), 409);
        assertThat(hub.get(TYPES).statusCode()).isEqualTo(401);
    }

    @Test
    void eventAsItsSchemaSaysIsStoredWithoutAWord() {
        JsonNode answer = ok(publish("invoice.created", "inv-123", INVOICE), 202);

        assertThat(answer.has("warnings")).isFalse();
        assertThat(answer.path("ids")).hasSize(1);
    }

    @Test
    void eventThatIsNotIsStoredWithAWarning() {
        JsonNode answer = ok(publish("invoice.created", 5, "{\"invoice_id\":\"inv-1\",\"amount\":1500.0}"), 202);

        assertThat(answer.path("ids")).hasSize(1);
        assertThat(answer.path("warnings").findValuesAsText("field"))
                .containsExactlyInAnyOrder("data.amount", "data.currency");
        assertThat(hub.get("/metrics").body())
                .contains("webhook_schema_violations_total{kind=\"schema\",outcome=\"warned\"}");
    }

    @Test
    void unknownTypeIsStoredWithOneWarningForEachName() {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (int i = 0; i < 3; i++) {
            events.add(event("shipment.lost", "{}"));
        }

        JsonNode answer = ok(send("POST", EVENTS, body.toString()), 202);

        assertThat(answer.path("count").asInt()).isEqualTo(3);
        assertThat(answer.path("warnings").findValuesAsText("field")).containsExactly("events[0].event");
    }

    @Test
    void tenantMayHaveThemRefusedInstead() {
        ok(send("PATCH", SETTINGS, "{\"validation\":\"refuse\"}"), 200);
        assertThat(ok(send("GET", SETTINGS, ""), 200).path("validation").asText())
                .isEqualTo("refuse");
        ok(send("POST", TYPES, SHIPMENT), 201);
        ObjectNode body = Json.object();
        body.putArray("events").add(event(NAME, "{\"shipment_id\":\"SH-1\"}")).add(event(NAME, "{\"shipment_id\":1}"));

        assertThat(field(send("POST", EVENTS, body.toString()))).isEqualTo("events[1].data.shipment_id");
        assertThat(field(publish("shipment.lost", "1", "{}"))).isEqualTo("event");
        ok(publish(NAME, "SH-1", "{\"shipment_id\":\"SH-1\"}"), 202);
        assertThat(field(send("PATCH", SETTINGS, "{\"validation\":\"off\"}"))).isEqualTo("validation");
    }

    @Test
    void publishKnowsItsLimits() {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (int i = 0; i < 1_000; i++) {
            events.add(event("shipment.lost", "{}"));
        }
        assertThat(ok(send("POST", EVENTS, body.toString()), 202).path("ids")).hasSize(1_000);

        events.add(event("shipment.lost", "{}"));
        assertThat(field(send("POST", EVENTS, body.toString()))).isEqualTo("events");
        assertThat(field(send("POST", EVENTS, "{\"events\":[]}"))).isEqualTo("events");
        assertThat(field(send("POST", EVENTS, "{\"events\":null}"))).isEqualTo("events");
        assertThat(field(send("POST", EVENTS, "{\"events\":[5]}"))).isEqualTo("events[0]");
        ok(send("POST", EVENTS, "{\"events\":[]} x"), 400);
        ok(send("POST", EVENTS, "{\"data\":\"" + "x".repeat(17 << 20) + "\"}"), 413);
    }

    @Test
    void sameRequestUnderTheSameKeyIsStoredOnce() {
        String[] key = {"Idempotency-Key", "event-types-it-1"};

        JsonNode first = ok(publish("invoice.created", "inv-9", INVOICE, key), 202);
        JsonNode second = ok(publish("invoice.created", "inv-9", INVOICE, key), 202);

        assertThat(second.path("duplicate").asBoolean()).isTrue();
        assertThat(second.path("ids")).isEqualTo(first.path("ids"));
    }

    @Test
    void hubRefusesToStartOnRulesItCannotRead(@TempDir Path folder) throws Exception {
        Path rules = Files.writeString(folder.resolve("rules.json"), "{\"rules\":[{\"type\":\"a.b\"}]}");

        HubProcess.Refused refused =
                HubProcess.startRefused(folder.resolve("data"), Map.of("HOOKLINE_BUSINESS_RULES", rules.toString()));

        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.output())
                .contains("HOOKLINE_BUSINESS_RULES: " + rules)
                .contains("'rules[0].model' must be a text");
    }
}
