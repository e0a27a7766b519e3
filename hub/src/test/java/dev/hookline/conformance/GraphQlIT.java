package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import dev.hookline.WebSocketProbe;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GraphQL as seed 001 promises it, and what its schema leaves open. */
class GraphQlIT {
    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore admin;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of());
        admin = BridgeCore.admin(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static JsonNode ask(String query) {
        return admin.ask(query);
    }

    /** The resolvers were stubs. */
    @Test
    void a11_16_theSeedsOwnQueryAnswersTheEventsOfItsModel() {
        admin.push("res.partner", 1, "write");
        long position = admin.push("sale.order", 7, "create");

        JsonNode answer = ask("query { webhookEvents(filter: {model: \"sale.order\"}, limit: 1)"
                + " { id model recordId event timestamp position record { key } deliveries { id } } }");

        assertThat(answer.path("errors").isMissingNode()).as(answer.toString()).isTrue();
        JsonNode event = answer.path("data").path("webhookEvents").path(0);
        assertThat(event.path("id").asLong()).isEqualTo(position);
        assertThat(event.path("model").asText()).isEqualTo("sale.order");
        assertThat(event.path("recordId").asLong()).isEqualTo(7);
        assertThat(event.path("event").asText()).isEqualTo("create");
        assertThat(event.path("timestamp").asText()).isEqualTo("2025-11-16T10:30:00Z");
        assertThat(event.path("deliveries").isEmpty()).isTrue();
    }

    /** A6, type by type; what is there beside it is the hub's own. */
    @Test
    void theSchemaHasTheSeedsTypesAsTheyStand() {
        JsonNode types =
                ask("{ __schema { types { name fields { name args { name defaultValue type { ...t } } type { ...t } }"
                                + " inputFields { name type { ...t } } } } }"
                                + " fragment t on __Type { name kind ofType { name kind ofType { name kind ofType { name } } } }")
                        .path("data")
                        .path("__schema")
                        .path("types");

        assertThat(fields(types, "WebhookEvent", "fields"))
                .contains("id: Int!", "model: String!", "recordId: Int!", "event: String!", "timestamp: DateTime!");
        assertThat(fields(types, "ModelSummary", "fields")).contains("model: String!", "count: Int!");
        assertThat(fields(types, "UpdatesSummary", "fields"))
                .contains("hasUpdates: Boolean!", "lastUpdateAt: String", "models: [ModelSummary!]!");
        assertThat(fields(types, "WebhookEventFilter", "inputFields"))
                .contains("model: String", "event: String", "since: DateTime");
        assertThat(fields(types, "Query", "fields"))
                .contains("webhookEvents: [WebhookEvent!]!", "updatesSummary: UpdatesSummary!");
        assertThat(fields(types, "Mutation", "fields")).contains("resetSyncState: Boolean!");
        JsonNode query = named(types, "Query").path("fields");
        assertThat(fields(query, "webhookEvents", "args"))
                .contains("filter: WebhookEventFilter", "limit: Int!", "offset: Int!");
        assertThat(named(named(query, "webhookEvents").path("args"), "limit")
                        .path("defaultValue")
                        .asText())
                .isEqualTo("100");
        assertThat(named(named(query, "webhookEvents").path("args"), "offset")
                        .path("defaultValue")
                        .asText())
                .isEqualTo("0");
        assertThat(fields(query, "updatesSummary", "args")).contains("since: DateTime");
        assertThat(fields(named(types, "Mutation").path("fields"), "resetSyncState", "args"))
                .contains("userId: Int!", "deviceId: String!");
    }

    private static JsonNode named(JsonNode list, String name) {
        for (JsonNode one : list) {
            if (one.path("name").asText().equals(name)) {
                return one;
            }
        }
        throw new AssertionError(name + " is not there");
    }

    private static List<String> fields(JsonNode types, String type, String kind) {
        List<String> fields = new ArrayList<>();
        named(types, type)
                .path(kind)
                .forEach(field -> fields.add(field.path("name").asText() + ": " + written(field.path("type"))));
        return fields;
    }

    private static String written(JsonNode type) {
        return switch (type.path("kind").asText()) {
            case "NON_NULL" -> written(type.path("ofType")) + "!";
            case "LIST" -> "[" + written(type.path("ofType")) + "]";
            default -> type.path("name").asText();
        };
    }

    @Test
    void theFilterTheLimitAndTheOffsetNarrowTheList() {
        long create = admin.push("filtered.model", 1, "create");
        long write = admin.push("filtered.model", 1, "write");
        String list = "{ webhookEvents(%s) { id } }";

        assertThat(ids(list.formatted("filter: {model: \"filtered.model\"}"))).containsExactly(write, create);
        assertThat(ids(list.formatted("filter: {model: \"filtered.model\"}, limit: 1, offset: 1")))
                .containsExactly(create);
        assertThat(ids(list.formatted("filter: {model: \"filtered.model\", event: \"create\"}")))
                .containsExactly(create);
        assertThat(ids(list.formatted("filter: {model: \"filtered.model\", since: \"2999-01-01T00:00:00Z\"}")))
                .isEmpty();
        assertThat(ask("{ updatesSummary(since: \"2999-01-01T00:00:00Z\") { hasUpdates } }")
                        .path("data")
                        .path("updatesSummary")
                        .path("hasUpdates")
                        .asBoolean(true))
                .isFalse();
    }

    private static List<Long> ids(String query) {
        return BridgeCore.ids(ask(query).path("data").path("webhookEvents"));
    }

    /** {@code recordId: Int!}: a booking's key is a reference. */
    @Test
    void aRecordWithoutANumberHasTheOneThatTheHubKeepsItUnder() {
        assertThat(hub.post("/api/webhook/booking", "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-graph\"}")
                        .statusCode())
                .isEqualTo(200);

        JsonNode answer = ask("{ webhookEvents(filter: {model: \"booking\"}, limit: 1) { recordId } }");

        assertThat(answer.path("data")
                        .path("webhookEvents")
                        .path(0)
                        .path("recordId")
                        .asLong())
                .as(answer.toString())
                .isEqualTo(BridgeCore.ok(admin.get("/api/v1/records/booking/BK-graph"))
                        .path("id")
                        .asLong());
    }

    @Test
    void theSummaryCountsWhatIsThere() {
        admin.push("summed.model", 1, "write");

        JsonNode summary = ask("{ updatesSummary { hasUpdates lastUpdateAt models { model count } } }")
                .path("data")
                .path("updatesSummary");

        assertThat(summary.path("hasUpdates").asBoolean()).isTrue();
        assertThat(summary.path("lastUpdateAt").asText()).endsWith("Z");
        assertThat(summary.path("models").findValuesAsText("model")).contains("summed.model");
    }

    @Test
    void theSyncStateOfADeviceIsReset() {
        String reset = "mutation { resetSyncState(userId: %d, deviceId: \"%s\") }";
        admin.pull(admin.pullOf("graph-device", "sales_app"));

        assertThat(ask(reset.formatted(admin.userId, "graph-device"))
                        .path("data")
                        .path("resetSyncState")
                        .asBoolean())
                .isTrue();
        assertThat(ask(reset.formatted(admin.userId, "nobody"))
                        .path("data")
                        .path("resetSyncState")
                        .asBoolean(true))
                .isFalse();
    }

    @Test
    void everyListAnswers() {
        JsonNode answer = ask("{ records(model: \"booking\") { key state } deliveries { items { id } next }"
                + " deadLetters { items { id } } subscriptions { id } sources { name } devices { deviceId } }");

        assertThat(answer.path("errors").isMissingNode()).as(answer.toString()).isTrue();
    }

    @Test
    void errorsNameTheFieldAndWhatIsTooDeepOrTooDearIsRefused() {
        JsonNode limit =
                ask("{ webhookEvents(limit: 0) { id } }").path("errors").path(0);
        assertThat(limit.path("path").path(0).asText()).isEqualTo("webhookEvents");
        assertThat(limit.path("extensions").path("argument").asText()).isEqualTo("limit");
        assertThat(ask("{ webhookEvents { nothing } }")
                        .path("errors")
                        .path(0)
                        .path("message")
                        .asText())
                .contains("nothing");
        assertThat(ask("{ webhookEvents(limit: 1000) { deliveries { webhookEvent { deliveries { id } } } } }")
                        .path("errors")
                        .path(0)
                        .path("message")
                        .asText())
                .contains("complexity");
        assertThat(admin.post("/graphql", "{}").statusCode()).isEqualTo(422);
        assertThat(hub.post("/graphql", "{}").statusCode()).isEqualTo(401);
    }

    private static String code(JsonNode answer) {
        return answer.path("errors").path(0).path("extensions").path("code").asText();
    }

    @Test
    void eachFieldHasTheRuleOfItsRouteAndShowsTheTenantsOwn() {
        long own = admin.push("sale.order", 8, "create");
        BridgeCore device = BridgeCore.user(hub, "default", "graph-phone", Role.DEVICE);
        BridgeCore stranger = BridgeCore.user(hub, "graph-other", "graph-stranger", Role.OWNER);
        String event = "{ webhookEvent(position: %d) { id } }".formatted(own);

        assertThat(admin.ask(event).path("data").path("webhookEvent").path("id").asLong())
                .isEqualTo(own);
        assertThat(code(device.ask(event))).isEqualTo("FORBIDDEN");
        assertThat(device.ask("{ devices { deviceId } }").path("errors").isMissingNode())
                .isTrue();
        assertThat(stranger.ask(event).path("data").path("webhookEvent").isNull())
                .isTrue();
        assertThat(stranger.ask("{ webhookEvents { id } }")
                        .path("data")
                        .path("webhookEvents")
                        .isEmpty())
                .isTrue();
        String reset = "mutation { resetSyncState(userId: %d, deviceId: \"graph-tablet\") }".formatted(admin.userId);
        admin.pull(admin.pullOf("graph-tablet", "sales_app"));
        assertThat(code(stranger.ask(reset))).isEqualTo("NOT_FOUND");
        assertThat(code(stranger.ask("{ devices(userId: %d) { deviceId } }".formatted(admin.userId))))
                .isEqualTo("NOT_FOUND");
        assertThat(code(device.ask(reset))).isEqualTo("FORBIDDEN");
    }

    @Test
    void nullsAndTextsThatNoDatabaseTakesAreNoFailures() {
        assertThat(ask("{ webhookEvents(filter: null, limit: 1) { id } updatesSummary(since: null) { hasUpdates } }")
                        .path("errors")
                        .isMissingNode())
                .isTrue();
        for (String query : new String[] {
            "{ webhookEvents(filter: {model: \"a\\u0000\"}) { id } }",
            "{ deliveries(event: \"a\\u0000\") { next } }",
            "{ records(model: \"a\\u0000\") { key } }",
            "{ deliveries(before: \"x\") { next } }"
        }) {
            assertThat(code(ask(query))).as(query).isEqualTo("BAD_USER_INPUT");
        }
        assertThat(code(ask("subscription { webhookEventStream(models: null) { id } }")))
                .isEqualTo("BAD_REQUEST");
    }

    @Test
    void aGetAsksButDoesNotChange() {
        JsonNode asked = BridgeCore.ok(admin.get("/graphql?query=%7B__typename%7D"));
        JsonNode changed =
                BridgeCore.ok(admin.get("/graphql?query=mutation%7BresetSyncState(userId:1,deviceId:%22x%22)%7D"));

        assertThat(asked.path("data").path("__typename").asText()).isEqualTo("Query");
        assertThat(code(changed)).isEqualTo("BAD_REQUEST");
    }

    @Test
    void aSubscriptionIsPushedItsModelsAndResumesAfterAPosition() {
        long before = admin.push("streamed.model", 1, "create");
        String query =
                "subscription { webhookEventStream(models: [\"streamed.model\"], after: %d) { id recordId model } }"
                        .formatted(before);
        try (WebSocketProbe socket = WebSocketProbe.of("graphql-transport-ws", hub.uri("/graphql"))) {
            socket.send(Json.object()
                    .put("type", "connection_init")
                    .set("payload", Json.object().put("token", admin.token)));
            socket.await("connection_ack");
            long missed = admin.push("streamed.model", 2, "write");
            socket.send(Json.object()
                    .put("type", "subscribe")
                    .put("id", "1")
                    .set("payload", Json.object().put("query", query)));
            admin.push("other.model", 3, "write");

            JsonNode first = socket.await("next").path("payload").path("data").path("webhookEventStream");
            assertThat(first.path("id").asLong()).isEqualTo(missed);
            assertThat(first.path("recordId").asLong()).isEqualTo(2);
            long live = admin.push("streamed.model", 4, "write");
            socket.await(message -> message.path("payload")
                            .path("data")
                            .path("webhookEventStream")
                            .path("id")
                            .asLong()
                    == live);
            assertThat(socket.messages("next")).hasSize(2);
        }
    }

    @Test
    void aSocketWithoutATokenIsRefused() {
        try (WebSocketProbe socket = WebSocketProbe.of("graphql-transport-ws", hub.uri("/graphql"))) {
            socket.send("{\"type\":\"connection_init\"}");
            assertThat(socket.awaitClose()).isEqualTo(4403);
        }
    }
}
