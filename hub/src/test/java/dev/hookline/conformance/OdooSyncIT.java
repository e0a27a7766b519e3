package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/v1/odoo-sync}: every line of what clients of seed 001's way to Odoo send and expect. */
@DisplayName("Seed 001, the API for Odoo")
class OdooSyncIT {
    private static final String BASE = "/api/v1/odoo-sync";
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore ann;
    private static BridgeCore bob;

    private final String device = "device-" + NEXT.incrementAndGet();
    private final String model = "o_" + NEXT.get();

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of());
        ann = BridgeCore.user(hub, "default", "ann");
        bob = BridgeCore.user(hub, "default", "bob");
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private List<Long> push(int events) {
        return IntStream.range(0, events)
                .mapToObj(i -> ann.push(model, i + 1, "write"))
                .toList();
    }

    private JsonNode pull(String body) {
        return ok(ann.post(BASE + "/pull", body));
    }

    private String ofDevice(String more) {
        return "{\"user_id\":" + ann.userId + ",\"device_id\":\"" + device + "\"" + more + "}";
    }

    // ---- pull -------------------------------------------------------------------------------------------------------

    @Test
    void pullReadsFromTheIdThatIsGivenByBodyAndByQuery() {
        List<Long> pushed = push(3);
        String body = "{\"last_event_id\":0,\"limit\":2,\"models\":[\"" + model + "\"]}";

        JsonNode first = pull(body);
        JsonNode second = ok(ann.get(BASE + "/pull?last_event_id="
                + first.path("last_id").asText() + "&limit=2&models=" + model + ",no.such.model"));

        assertThat(ids(first.path("events"))).isEqualTo(pushed.subList(0, 2));
        assertThat(first.path("success").booleanValue()).isTrue();
        assertThat(first.path("has_more").booleanValue()).isTrue();
        assertThat(first.path("count").intValue()).isEqualTo(2);
        assertThat(first.path("timestamp").isTextual()).isTrue();
        assertThat(ids(second.path("events"))).isEqualTo(pushed.subList(2, 3));
        assertThat(second.path("has_more").booleanValue()).isFalse();
        assertThat(second.path("last_id").longValue()).isEqualTo(pushed.getLast());
        assertThat(ok(ann.get(BASE + "/pull?models=" + model + "&last_event_id=" + pushed.getLast()))
                        .path("last_id")
                        .longValue())
                .isEqualTo(pushed.getLast());
    }

    @Test
    void anEventHasItsKeysWithPayloadAndUser() {
        ObjectNode event = Json.object()
                .put("model", model)
                .put("record_id", 7)
                .put("event", "write")
                .put("timestamp", "2025-11-16T10:30:00Z")
                .put("priority", "high")
                .put("user_id", 2)
                .put("user_name", "Ann");
        event.putObject("data").put("name", "S7");
        ann.push(event);

        JsonNode got = pull("{\"models\":[\"" + model + "\"]}").path("events").get(0);

        assertThat(got.path("model").textValue()).isEqualTo(model);
        assertThat(got.path("record_id").longValue()).isEqualTo(7);
        assertThat(got.path("event").textValue()).isEqualTo("write");
        assertThat(got.path("timestamp").textValue()).isEqualTo("2025-11-16T10:30:00Z");
        assertThat(got.path("payload").path("name").textValue()).isEqualTo("S7");
        assertThat(got.path("priority").textValue()).isEqualTo("high");
        assertThat(got.path("category").textValue()).isEqualTo("business");
        assertThat(got.path("user_id").longValue()).isEqualTo(2);
        assertThat(got.path("user_name").textValue()).isEqualTo("Ann");
    }

    @Test
    void priorityAndAppTypeNarrowThePullAndHasMoreKnowsThem() {
        long high = ann.push(Json.object()
                .put("model", model)
                .put("record_id", 1)
                .put("event", "write")
                .put("priority", "high"));
        push(2);
        long order = ann.push("sale.order", 1, "write");

        JsonNode urgent = pull("{\"models\":[\"" + model + "\"],\"priority\":\"high\",\"limit\":1}");
        JsonNode sales = pull("{\"app_type\":\"sales_app\",\"last_event_id\":" + (high - 1) + "}");

        assertThat(ids(urgent.path("events"))).containsExactly(high);
        assertThat(urgent.path("has_more").booleanValue()).isFalse();
        assertThat(ids(sales.path("events"))).containsExactly(order);
    }

    @ParameterizedTest
    @CsvSource({
        "/pull, {\"limit\":0}, limit",
        "/pull, {\"limit\":1001}, limit",
        "/pull, {\"last_event_id\":-1}, last_event_id",
        "/pull, {\"priority\":\"odd\"}, priority",
        "/pull, {\"app_type\":\"messaging_app\"}, app_type",
        "/pull, {\"models\":7}, models",
        "/ack, {}, event_ids",
        "/ack, {\"event_ids\":[]}, event_ids",
        "/ack, {\"event_ids\":[\"x\"]}, event_ids",
        "/sync-state, {}, user_id",
        "/sync-state/update, {}, user_id"
    })
    void aWrongFieldIsNamed(String path, String body, String field) {
        HttpResponse<String> answer = ann.post(BASE + path, body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        assertThat(answer.body()).contains("\"loc\":[\"body\",\"" + field + "\"]");
    }

    // ---- ack --------------------------------------------------------------------------------------------------------

    @Test
    void a11_7_anAcknowledgementHidesNothingFromOtherDevices() {
        List<Long> pushed = push(2);
        String models = "{\"models\":[\"" + model + "\"]}";
        assertThat(ids(pull(models).path("events"))).isEqualTo(pushed);

        JsonNode acked = ok(ann.post(BASE + "/ack", "{\"event_ids\":" + pushed + "}"));

        assertThat(acked.path("success").booleanValue()).isTrue();
        assertThat(acked.path("processed_count").intValue()).isEqualTo(2);
        assertThat(acked.path("message").textValue()).isEqualTo("2 event(s) marked as processed");
        assertThat(acked.path("timestamp").isTextual()).isTrue();
        assertThat(ids(ok(bob.post(BASE + "/pull", models)).path("events"))).isEqualTo(pushed);
        assertThat(ok(ann.post(BASE + "/ack", "{\"event_ids\":[999999999]}"))
                        .path("processed_count")
                        .intValue())
                .isZero();
    }

    // ---- sync state -------------------------------------------------------------------------------------------------

    @Test
    void aSyncStateIsMadeMovedForwardAndNeverBack() {
        long last = push(3).getLast();

        JsonNode made = ok(ann.post(
                BASE + "/sync-state",
                ofDevice(",\"app_type\":\"sales_app\",\"device_info\":{\"os\":\"android\"},\"app_version\":\"1.2\"")));
        JsonNode moved = ok(
                ann.post(BASE + "/sync-state/update", ofDevice(",\"last_event_id\":" + last + ",\"events_synced\":3")));
        JsonNode back = ok(ann.post(BASE + "/sync-state/update", ofDevice(",\"last_event_id\":1")));

        JsonNode state = made.path("sync_state");
        assertThat(made.path("success").booleanValue()).isTrue();
        assertThat(state.path("id").isIntegralNumber()).isTrue();
        assertThat(state.path("user_id").longValue()).isEqualTo(ann.userId);
        assertThat(state.path("device_id").textValue()).isEqualTo(device);
        assertThat(state.path("app_type").textValue()).isEqualTo("sales_app");
        assertThat(state.path("last_event_id").longValue()).isZero();
        assertThat(state.path("last_sync_time").isNull()).isTrue();
        assertThat(state.path("sync_count").intValue()).isZero();
        assertThat(state.path("is_active").booleanValue()).isTrue();
        assertThat(state.path("device_info").path("os").textValue()).isEqualTo("android");
        assertThat(state.path("app_version").textValue()).isEqualTo("1.2");
        assertThat(moved.path("sync_state").path("last_event_id").longValue()).isEqualTo(last);
        assertThat(moved.path("sync_state").path("total_events_synced").longValue())
                .isEqualTo(3);
        assertThat(back.path("sync_state").path("last_event_id").longValue()).isEqualTo(last);
        assertThat(ok(ann.post(BASE + "/sync-state", ofDevice(",\"app_type\":\"sales_app\"")))
                        .path("sync_state")
                        .path("id"))
                .isEqualTo(state.path("id"));
        JsonNode stats = ok(ann.get(BASE + "/sync-state/stats?user_id=" + ann.userId + "&device_id=" + device))
                .path("stats");
        assertThat(stats.path("total_devices").intValue()).isEqualTo(1);
        assertThat(stats.path("total_events_synced").intValue()).isEqualTo(3);
    }

    @Test
    void a11_9_stateOfADeviceThatNeverSyncedIsShown() {
        ok(ann.post(BASE + "/sync-state", ofDevice("")));

        JsonNode state = ok(ann.get(BridgeCore.STATE + "?user_id=" + ann.userId + "&device_id=" + device));

        assertThat(state.path("last_event_id").longValue()).isZero();
        assertThat(state.path("last_sync_time").isTextual()).isTrue();
    }

    @Test
    void whatIsNotKnownIs404AndSomebodyElsesDevice403() {
        assertThat(ann.post(BASE + "/sync-state/update", ofDevice(",\"last_event_id\":1"))
                        .statusCode())
                .isEqualTo(404);
        assertThat(bob.post(BASE + "/sync-state", ofDevice("")).statusCode()).isEqualTo(403);
        assertThat(bob.get(BASE + "/sync-state/stats?user_id=" + ann.userId).statusCode())
                .isEqualTo(403);
        assertThat(bob.post(BASE + "/pull", ofDevice("")).statusCode()).isEqualTo(403);
        assertThat(bob.post(BASE + "/smart-pull?user_id=" + ann.userId + "&device_id=" + device, "")
                        .statusCode())
                .isEqualTo(403);
        for (String path : List.of("/pull", "/ack", "/sync-state", "/sync-state/update", "/smart-pull")) {
            assertThat(hub.post(BASE + path, "{}").statusCode()).as(path).isEqualTo(401);
        }
    }

    // ---- smart pull -------------------------------------------------------------------------------------------------

    @Test
    void aSmartPullMovesTheDevicesCursorUnlessToldNotTo() {
        String path =
                BASE + "/smart-pull?user_id=" + ann.userId + "&device_id=" + device + "&app_type=sales_app&limit=1000";
        ok(ann.post(path, ""));
        long order = ann.push("sale.order", 1, "write");

        JsonNode shown = ok(ann.post(path + "&auto_ack=false", ""));
        JsonNode taken = ok(ann.post(path, ""));
        JsonNode none = ok(ann.post(path, ""));
        JsonNode before = shown.path("sync_state");
        JsonNode after = taken.path("sync_state");

        assertThat(ids(shown.path("events"))).containsExactly(order);
        assertThat(ids(taken.path("events"))).containsExactly(order);
        assertThat(taken.path("count").intValue()).isEqualTo(1);
        assertThat(taken.path("has_more").booleanValue()).isFalse();
        assertThat(taken.path("last_id").longValue()).isEqualTo(order);
        assertThat(taken.path("sync_state").path("app_type").textValue()).isEqualTo("sales_app");
        assertThat(none.path("events")).isEmpty();
        assertThat(none.path("last_id").longValue()).isEqualTo(order);
        assertThat(ann.post(BASE + "/smart-pull?user_id=" + ann.userId + "&device_id=ab", "")
                        .statusCode())
                .isEqualTo(422);
        assertThat(after.path("last_event_id").longValue())
                .as("after its own acknowledgement")
                .isEqualTo(order);
        assertThat(after.path("total_events_synced").longValue())
                .isEqualTo(before.path("total_events_synced").longValue() + 1);
        assertThat(after.path("sync_count").longValue())
                .isEqualTo(before.path("sync_count").longValue() + 1);
        assertThat(none.path("sync_state").path("total_events_synced")).isEqualTo(after.path("total_events_synced"));
    }

    @Test
    void whatWasOnlyShownIsCountedOnceTheDeviceSaysThatItTookIt() {
        String path =
                BASE + "/smart-pull?user_id=" + ann.userId + "&device_id=" + device + "&app_type=sales_app&limit=1000";
        JsonNode before = ok(ann.post(path, "")).path("sync_state");
        long order = ann.push("sale.order", 1, "write");

        ok(ann.post(path + "&auto_ack=false", ""));
        JsonNode updated = ok(ann.post(
                        BASE + "/sync-state/update", ofDevice(",\"last_event_id\":" + order + ",\"events_synced\":1")))
                .path("sync_state");

        assertThat(updated.path("total_events_synced").longValue())
                .isEqualTo(before.path("total_events_synced").longValue() + 1);
        assertThat(updated.path("sync_count").longValue())
                .isEqualTo(before.path("sync_count").longValue() + 1);
    }

    /** A3: a limit of 1000 at most, an app type of the enumeration, a device's id of 3 characters. */
    @ParameterizedTest
    @ValueSource(strings = {"limit=1001", "limit=0", "app_type=messaging_app", "auto_ack=odd", "device_id=ab"})
    void aWrongParameterOfASmartPullIs422(String parameter) {
        String query = "?user_id=" + ann.userId + "&" + parameter
                + (parameter.startsWith("device_id") ? "" : "&device_id=" + device);

        assertThat(ann.post(BASE + "/smart-pull" + query, "").statusCode()).isEqualTo(422);
    }

    @Test
    void aSmartPullIsAnsweredWithItsKeys() {
        JsonNode answer = ok(ann.post(BASE + "/smart-pull?user_id=" + ann.userId + "&device_id=" + device, ""));

        assertThat(answer.fieldNames())
                .toIterable()
                .contains("success", "events", "count", "has_more", "last_id", "sync_state");
        assertThat(answer.path("sync_state").path("app_type").textValue()).isEqualTo("mobile_app");
    }

    // ---- health and counts ------------------------------------------------------------------------------------------

    @Test
    void healthNeedsNoTokenAndStatsCountByModelAndPriority() {
        push(2);

        pull("{}");
        JsonNode health = ok(hub.get(BASE + "/health"));
        JsonNode stats = ok(ann.get(BASE + "/stats?days=1"));

        assertThat(health.fieldNames())
                .toIterable()
                .containsExactly(
                        "status", "odoo_connected", "pending_events", "last_pull_time", "version", "timestamp");
        assertThat(health.path("status").textValue()).isEqualTo("healthy");
        assertThat(health.path("odoo_connected").booleanValue()).isTrue();
        assertThat(health.path("pending_events").isIntegralNumber()).isTrue();
        assertThat(Instant.parse(health.path("last_pull_time").textValue())).isBeforeOrEqualTo(Instant.now());
        assertThat(stats.path("success").booleanValue()).isTrue();
        assertThat(stats.path("stats").path("period_days").intValue()).isEqualTo(1);
        assertThat(stats.path("stats").path("by_model").path(model).intValue()).isEqualTo(2);
        assertThat(stats.path("stats").path("total").intValue())
                .isEqualTo(stats.path("stats").path("processed").intValue());
        assertThat(ann.get(BASE + "/stats?days=91").statusCode()).isEqualTo(422);
        assertThat(ann.get(BASE + "/stats?days=0").statusCode()).isEqualTo(422);
        assertThat(ok(ann.get(BASE + "/stats"))
                        .path("stats")
                        .path("period_days")
                        .intValue())
                .isEqualTo(7);
    }
}
