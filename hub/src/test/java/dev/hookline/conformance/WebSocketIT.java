package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import dev.hookline.WebSocketProbe;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSocket as BridgeCore's clients speak it: every message of a client and its answer, and every push. */
class WebSocketIT {
    private static final String KEY = "odoo-module-key";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;
    private static long admin;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("WEBHOOK_PUSH_API_KEY", KEY));
        HttpResponse<String> login = hub.post(
                "/auth/login",
                Json.object()
                        .put("username", "admin")
                        .put("password", HubProcess.PASSWORD)
                        .toString());
        token = HubProcess.json(login).path("access_token").asText();
        admin = HubProcess.json(login).path("user").path("id").asLong();
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static WebSocketProbe connect() {
        return WebSocketProbe.open(hub.uri("/api/v1/ws/" + admin), "Authorization", "Bearer " + token);
    }

    /** An event as the Odoo module sends it; answers its position. */
    private static long odoo(String model, int record, String event, String priority) {
        String body = """
                {"event_id":%d,"model":"%s","record_id":%d,"event":"%s","timestamp":"2025-11-16T10:30:00",\
                "priority":"%s","category":"business","data":{"name":"SO-%d"}}""".formatted(System.nanoTime() & 0xFFFFFF, model, record, event, priority, record);
        HttpResponse<String> answer = hub.post("/api/v1/webhooks/receive", body, "X-API-Key", KEY);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ws", "/ws/%d", "/api/v1/ws/%d"})
    void opensOnEveryPathOfTheSeedAndOfTheFlutterClient(String path) {
        try (WebSocketProbe socket =
                WebSocketProbe.open(hub.uri(path.formatted(admin)), "Authorization", "Bearer " + token)) {
            assertThat(socket.ask("{\"type\":\"ping\",\"timestamp\":7}"))
                    .isEqualTo(Json.read("{\"type\":\"pong\",\"timestamp\":7}"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"critical_events", "urgent_updates", "sync_events", "system_status", "anything"})
    void subscribesToAChannelAndUnsubscribes(String channel) {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask("{\"type\":\"subscribe\",\"channel\":\"" + channel + "\"}"))
                    .isEqualTo(Json.read("{\"type\":\"status\",\"message\":\"Subscribed to " + channel
                            + "\",\"channel\":\"" + channel + "\"}"));
            assertThat(socket.ask("{\"type\":\"unsubscribe\",\"channel\":\"" + channel + "\"}"))
                    .isEqualTo(Json.read("{\"type\":\"status\",\"message\":\"Unsubscribed from " + channel
                            + "\",\"channel\":\"" + channel + "\"}"));
        }
    }

    @Test
    void echoesTheTimestampOfAPingWhateverItIs() {
        try (WebSocketProbe socket = connect()) {
            for (String timestamp : List.of("\"2025-11-16T10:30:00.000Z\"", "1763289000000", "null", "{\"a\":[1]}")) {
                assertThat(socket.ask("{\"type\":\"ping\",\"timestamp\":" + timestamp + "}"))
                        .isEqualTo(Json.read("{\"type\":\"pong\",\"timestamp\":" + timestamp + "}"));
            }
            assertThat(socket.ask("{\"type\":\"ping\"}"))
                    .isEqualTo(Json.read("{\"type\":\"pong\",\"timestamp\":null}"));
        }
    }

    @Test
    void subscribesToRecordsOfAModel() {
        try (WebSocketProbe socket = connect()) {
            String rest = "\"system_id\":\"odoo-main\",\"model\":\"sale.order\",\"record_ids\":[7,8]}";

            assertThat(socket.ask("{\"type\":\"subscribe_model\"," + rest))
                    .isEqualTo(Json.read(
                            "{\"type\":\"status\",\"message\":\"Subscribed to sale.order records: [7, 8]\"," + rest));
            odoo("sale.order", 9, "write", "low");
            long position = odoo("sale.order", 8, "write", "low");
            JsonNode push = socket.await("model_update");

            assertThat(push.path("id").asLong()).isEqualTo(position);
            assertThat(push.path("system_id").asText()).isEqualTo("odoo-main");
            assertThat(push.path("model").asText()).isEqualTo("sale.order");
            assertThat(push.path("record_id").asLong()).isEqualTo(8);
            assertThat(push.path("operation").asText()).isEqualTo("write");
            assertThat(push.path("data").path("name").asText()).isEqualTo("SO-8");
            assertThat(push.path("timestamp").asText()).isEqualTo("2025-11-16T10:30:00Z");
            assertThat(socket.messages("model_update")).hasSize(1);
            assertThat(socket.ask("{\"type\":\"unsubscribe_model\"," + rest)
                            .path("message")
                            .asText())
                    .isEqualTo("Unsubscribed from sale.order records: [7, 8]");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"subscribe_model\"}",
                "{\"type\":\"subscribe_model\",\"system_id\":\"odoo\",\"model\":\"sale.order\"}",
                "{\"type\":\"subscribe_model\",\"system_id\":\"odoo\",\"model\":\"sale.order\",\"record_ids\":[]}",
                "{\"type\":\"unsubscribe_model\",\"model\":\"sale.order\",\"record_ids\":[1]}"
            })
    void saysWhatASubscriptionToRecordsNeeds(String message) {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask(message))
                    .isEqualTo(Json.read(
                            "{\"type\":\"error\",\"message\":\"system_id, model, and record_ids are required\"}"));
        }
    }

    @Test
    void subscribesToLiveTracking() {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask("{\"type\":\"subscribe_live_tracking\"}")).isEqualTo(Json.read("""
                            {"type":"status","message":"Subscribed to live tracking","channel":"live_tracking",
                             "models":["shuttle.vehicle.position","shuttle.gps.position","shuttle.trip"]}"""));
            odoo("sale.order", 1, "write", "high");
            odoo("shuttle.trip", 3, "create", "low");

            JsonNode push = socket.await("webhook_event");
            assertThat(push.path("channel").asText()).isEqualTo("live_tracking");
            assertThat(push.path("model").asText()).isEqualTo("shuttle.trip");
        }
    }

    @Test
    void subscribesToAllEventsOfAModelWhateverTheirPriority() {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask("{\"type\":\"subscribe_model_channel\",\"model\":\"sale.order\"}"))
                    .isEqualTo(Json.read("""
                            {"type":"status","message":"Subscribed to all sale.order events",
                             "channel":"model:sale.order","model":"sale.order"}"""));
            long position = odoo("sale.order", 42, "create", "low");

            JsonNode push = socket.await("webhook_event");

            assertThat(push.path("channel").asText()).isEqualTo("model:sale.order");
            assertThat(push.path("event").asText()).isEqualTo("create");
            assertThat(push.path("event_type").isTextual()).isTrue();
            assertThat(push.path("id").asLong()).isEqualTo(position);
            assertThat(push.path("model").asText()).isEqualTo("sale.order");
            assertThat(push.path("record_id").asLong()).isEqualTo(42);
            assertThat(push.path("priority").asText()).isEqualTo("low");
            assertThat(push.path("data").path("name").asText()).isEqualTo("SO-42");
            assertThat(push.path("timestamp").asText()).isEqualTo("2025-11-16T10:30:00Z");
            assertThat(socket.ask("{\"type\":\"unsubscribe_model_channel\",\"model\":\"sale.order\"}"))
                    .isEqualTo(Json.read("""
                            {"type":"status","message":"Unsubscribed from all sale.order events",
                             "channel":"model:sale.order","model":"sale.order"}"""));
        }
    }

    @Test
    void pushesWhatIsOfHighPriorityToCriticalEventsAndUrgentUpdates() {
        try (WebSocketProbe socket = connect()) {
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"critical_events\"}");
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"urgent_updates\"}");
            odoo("sale.order", 1, "write", "medium");
            long position = odoo("sale.order", 2, "write", "high");

            JsonNode critical = socket.await("critical_event");
            JsonNode urgent = socket.await("urgent_update");

            assertThat(critical.path("channel").asText()).isEqualTo("critical_events");
            assertThat(critical.path("priority").asText()).isEqualTo("high");
            assertThat(urgent.path("channel").asText()).isEqualTo("urgent_updates");
            assertThat(urgent.path("event")).isEqualTo(critical.path("event"));
            readAsTheFlutterClientDoes(critical.path("event"), position);
            assertThat(critical.path("event").path("event_type").isTextual()).isTrue();
            assertThat(critical.path("event").path("data").path("name").asText())
                    .isEqualTo("SO-2");
            assertThat(socket.messages("critical_event")).hasSize(1);
        }
    }

    @Test
    void pushesSyncEventsThatTellADeviceToPull() {
        try (WebSocketProbe socket = connect()) {
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"sync_events\",\"app_type\":\"sales_app\"}");
            long position = odoo("sale.order", 5, "write", "low");

            JsonNode push = socket.await("sync_event");

            assertThat(push.path("channel").asText()).isEqualTo("sync_events");
            assertThat(push.path("action").asText()).isEqualTo("trigger_sync");
            assertThat(push.path("event").path("app_type").asText()).isEqualTo("sales_app");
            assertThat(push.path("event").path("event_type").isTextual()).isTrue();
            readAsTheFlutterClientDoes(push.path("event"), position);
        }
    }

    /** {@code SyncEvent.fromJson} casts {@code id} and {@code record_id} to int, the others to String, none of them null. */
    private static void readAsTheFlutterClientDoes(JsonNode event, long position) {
        assertThat(event.path("id").isIntegralNumber()).isTrue();
        assertThat(event.path("id").asLong()).isEqualTo(position);
        assertThat(event.path("record_id").isIntegralNumber()).isTrue();
        for (String text : List.of("model", "event", "timestamp")) {
            assertThat(event.path(text).isTextual()).as(text).isTrue();
        }
    }

    /** A booking has a reference for a key; its number is the one that every other view shows. */
    @Test
    void pushesOfRecordsWhoseKeyIsNoNumberHoldTheCastsToo() {
        String reference = "BK-cast";
        try (WebSocketProbe socket = connect()) {
            socket.ask("{\"type\":\"subscribe_model_channel\",\"model\":\"booking\"}");
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"sync_events\"}");
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"critical_events\"}");
            long first = booking(reference);
            JsonNode event = socket.await("webhook_event");
            JsonNode sync = socket.await("sync_event").path("event");
            long number = event.path("record_id").asLong();

            readAsTheFlutterClientDoes(event, first);
            readAsTheFlutterClientDoes(sync, first);
            assertThat(event.path("record_key").asText()).isEqualTo(reference);
            assertThat(number).isPositive().isEqualTo(sync.path("record_id").asLong());
            assertThat(HubProcess.json(
                                    hub.get("/api/v1/records/booking/" + reference, "Authorization", "Bearer " + token))
                            .path("id")
                            .asLong())
                    .isEqualTo(number);
            assertThat(socket.ask(
                                    "{\"type\":\"subscribe_model\",\"system_id\":\"s\",\"model\":\"booking\",\"record_ids\":["
                                            + number + "]}")
                            .path("type")
                            .asText())
                    .isEqualTo("status");
            long second = booking(reference);
            JsonNode update = socket.await("model_update");
            readAsTheFlutterClientDoes(update.deepCopy(), second);
            assertThat(update.path("record_id").asLong()).isEqualTo(number);
        }
        long last;
        try (WebSocketProbe resumed = WebSocketProbe.open(hub.uri("/ws?since=0"), "Authorization", "Bearer " + token)) {
            resumed.ask("{\"type\":\"subscribe_model_channel\",\"model\":\"booking\"}");
            last = booking("BK-cast-2");
            long wanted = last;
            resumed.await(message -> message.path("id").asLong() == wanted);
            for (JsonNode push : resumed.messages("webhook_event")) {
                readAsTheFlutterClientDoes(push, push.path("id").asLong());
                assertThat(push.path("record_id").asLong()).isPositive();
            }
        }
    }

    private static long booking(String reference) {
        HttpResponse<String> answer = hub.post(
                "/api/webhook/booking", "{\"event_type\":\"booking.created\",\"booking_ref\":\"" + reference + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    @ParameterizedTest
    @CsvSource({"system, system_status", "notification, operations"})
    void notifiesOfWhatIsAboutNoBusiness(String category, String channel) {
        String body = "{\"model\":\"ir.cron\",\"record_id\":3,\"event\":\"write\",\"category\":\"" + category
                + "\",\"data\":{\"name\":\"Cron\"}}";
        try (WebSocketProbe socket = connect()) {
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"" + channel + "\"}");
            assertThat(hub.post("/api/v1/webhooks/receive", body, "X-API-Key", KEY)
                            .statusCode())
                    .isEqualTo(200);

            JsonNode push = socket.await("notification");

            assertThat(push.path("channel").asText()).isEqualTo(channel);
            assertThat(push.path("data").path("model").asText()).isEqualTo("ir.cron");
            assertThat(push.path("data").path("data").path("name").asText()).isEqualTo("Cron");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"shuttle.vehicle.position", "shuttle.gps.position", "shuttle.trip"})
    void pushesWhatMovesToLiveTrackingWhateverItsPriority(String model) {
        try (WebSocketProbe socket = connect()) {
            socket.ask("{\"type\":\"subscribe_live_tracking\"}");
            long position = odoo(model, 4, "write", "low");

            JsonNode push = socket.await("webhook_event");

            assertThat(push.path("id").asLong()).isEqualTo(position);
            assertThat(push.path("channel").asText()).isEqualTo("live_tracking");
            assertThat(push.path("model").asText()).isEqualTo(model);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "request_driver_location",
                "location_response",
                "driver_status_update",
                "subscribe_channel",
                "no such type"
            })
    void saysThatATypeIsUnknown(String type) {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask("{\"type\":\"" + type + "\"}"))
                    .isEqualTo(Json.read("{\"type\":\"error\",\"message\":\"Unknown message type: " + type + "\"}"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "", "[1]", "7", "\"ping\"", "{\"type\":\"ping\",\"timestamp\":\"\\u0000\"}"})
    void saysThatAMessageIsNoJson(String text) {
        try (WebSocketProbe socket = connect()) {
            assertThat(socket.ask(text)).isEqualTo(Json.read("{\"type\":\"error\",\"message\":\"Invalid JSON\"}"));
            assertThat(socket.ask("{\"type\":\"ping\"}").path("type").asText()).isEqualTo("pong");
        }
    }

    @Test
    void statsCountConnectionsUsersAndChannels() {
        try (WebSocketProbe one = connect();
                WebSocketProbe two = connect()) {
            one.ask("{\"type\":\"subscribe\",\"channel\":\"counted\"}");
            two.ask("{\"type\":\"subscribe\",\"channel\":\"counted\"}");
            two.ask("{\"type\":\"subscribe_model_channel\",\"model\":\"counted\"}");

            JsonNode stats = HubProcess.json(hub.get("/api/v1/ws/stats", "Authorization", "Bearer " + token));

            assertThat(stats.path("active_connections").asInt()).isGreaterThanOrEqualTo(2);
            assertThat(stats.path("active_users").asInt()).isEqualTo(1);
            assertThat(stats.path("channels").path("counted").asInt()).isEqualTo(2);
            assertThat(stats.path("channels").path("model:counted").asInt()).isEqualTo(1);
        }
    }

    /** There was no authentication, and the user was who the path said. */
    @Test
    void a11_14_nobodyEntersWithoutATokenOrAsSomebodyElse() {
        assertThatThrownBy(() -> WebSocketProbe.open(hub.uri("/ws"), "Authorization", "Bearer nonsense"))
                .isInstanceOfSatisfying(
                        WebSocketProbe.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(401));
        assertThatThrownBy(() -> WebSocketProbe.open(hub.uri("/ws?token=nonsense")))
                .isInstanceOfSatisfying(
                        WebSocketProbe.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(401));
        try (WebSocketProbe stranger = WebSocketProbe.open(hub.uri("/api/v1/ws/" + admin))) {
            assertThat(stranger.ask("{\"type\":\"subscribe\",\"channel\":\"critical_events\"}")
                            .path("message")
                            .asText())
                    .startsWith("Not authenticated");
            assertThat(stranger.awaitClose()).isEqualTo(1008);
        }
    }

    /** Decision 15: the path of conversations is left out. */
    @Test
    void thereIsNoPathForConversations() {
        assertThatThrownBy(() -> WebSocketProbe.open(hub.uri("/api/v1/ws/conversations?token=" + token)))
                .isInstanceOfSatisfying(
                        WebSocketProbe.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(404));
    }
}
