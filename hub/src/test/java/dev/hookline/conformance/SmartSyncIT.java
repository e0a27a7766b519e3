package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.PULL;
import static dev.hookline.conformance.BridgeCore.RESET;
import static dev.hookline.conformance.BridgeCore.STATE;
import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/v2/sync}: every line of what seed 001's phones send and expect. */
@DisplayName("Seed 001, the smart sync")
class SmartSyncIT extends BridgeCoreSetting {
    private HttpResponse<String> reset() {
        return ann.post(RESET + "?user_id=" + ann.userId + "&device_id=" + device, "");
    }

    // ---- pull -------------------------------------------------------------------------------------------------------

    @Test
    void theSeedsPullIsAnsweredWithItsKeysAndTypes() {
        long id = ann.push("sale.order", 456, "create");
        ObjectNode seed = (ObjectNode) Json.read("""
                {"user_id": 1, "device_id": "device_123", "app_type": "sales_app", "limit": 100}""");

        JsonNode answer = ok(admin.post(PULL, seed.toString()));

        assertThat(answer.path("status").textValue()).isEqualTo("success");
        assertThat(answer.path("has_updates").isBoolean()).isTrue();
        assertThat(answer.path("new_events_count").intValue())
                .isEqualTo(answer.path("events").size());
        JsonNode event = answer.path("events").get(answer.path("events").size() - 1);
        assertThat(event.path("id").longValue()).isEqualTo(id);
        assertThat(event.path("model").textValue()).isEqualTo("sale.order");
        assertThat(event.path("record_id").longValue()).isEqualTo(456);
        assertThat(event.path("event").textValue()).isEqualTo("create");
        assertThat(event.path("timestamp").textValue()).isEqualTo("2025-11-16T10:30:00Z");
        assertThat(answer.path("next_sync_token").textValue()).isEqualTo(Long.toString(id));
        assertThat(Instant.parse(answer.path("last_sync_time").textValue())).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void onlyWhatIsNewComesInOrderAndInPagesOfTheLimit() {
        List<Long> pushed = push(5);

        List<Long> got = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            JsonNode page = ann.pull(pullOfModel().put("limit", 2));
            assertThat(page.path("new_events_count").intValue()).isEqualTo(i < 2 ? 2 : 1);
            got.addAll(ids(page.path("events")));
        }
        JsonNode none = ann.pull(pullOfModel());

        assertThat(got).isEqualTo(pushed);
        assertThat(none.path("has_updates").booleanValue()).isFalse();
        assertThat(none.path("new_events_count").intValue()).isZero();
        assertThat(none.path("events")).isEmpty();
        assertThat(none.path("next_sync_token").textValue())
                .isEqualTo(pushed.getLast().toString());
    }

    @Test
    void lastSyncTimeIsThatOfThePullBefore() {
        JsonNode first = ann.pull(pullOfModel());
        String before = state().path("last_sync_time").textValue();
        JsonNode second = ann.pull(pullOfModel());

        assertThat(second.path("last_sync_time").textValue()).isEqualTo(before);
        assertThat(Instant.parse(before))
                .isAfterOrEqualTo(Instant.parse(first.path("last_sync_time").textValue()));
    }

    @ParameterizedTest
    @CsvSource({
        "sales_app, sale.order.line, stock.move",
        "delivery_app, stock.picking, sale.order",
        "warehouse_app, stock.quant, sale.order",
        "manager_app, hr.expense, sale.order.line",
        "mobile_app, product.template, stock.move",
        "messaging_app, res.users, sale.order"
    })
    void anAppTypeGetsItsModelsAndBothNamesOfTheChat(String appType, String own, String other) {
        long first = ann.push(own, 1, "write");
        ann.push(other, 2, "write");
        long older = ann.push("mail.channel", 3, "write");
        long newer = ann.push("discuss.channel", 4, "write");

        JsonNode pulled = ann.pull(ann.pullOf(device, appType).put("sync_token", Long.toString(first - 1)));

        assertThat(ids(pulled.path("events"))).containsExactly(first, older, newer);
    }

    /** A2's table, each app type's models and no others; the chat goes by both of its names. */
    @ParameterizedTest
    @CsvSource({
        "sales_app, sale.order sale.order.line res.partner product.template product.product product.category",
        "delivery_app, stock.picking stock.move stock.move.line res.partner",
        "warehouse_app, stock.picking stock.move stock.move.line stock.quant product.product stock.location",
        "manager_app, sale.order purchase.order account.move res.partner hr.expense project.project",
        "mobile_app, sale.order res.partner product.template product.product",
        "messaging_app, res.partner res.users"
    })
    void anAppTypeGetsTheModelsOfTheTable(String appType, String models) {
        Set<String> all = Set.of(
                "sale.order",
                "sale.order.line",
                "res.partner",
                "res.users",
                "product.template",
                "product.product",
                "product.category",
                "stock.picking",
                "stock.move",
                "stock.move.line",
                "stock.quant",
                "stock.location",
                "purchase.order",
                "account.move",
                "hr.expense",
                "project.project",
                "mail.message",
                "mail.channel",
                "discuss.channel");
        long first = push(1).getFirst();
        all.forEach(one -> ann.push(one, 1, "write"));
        Set<String> expected = new HashSet<>(List.of(models.split(" ")));
        expected.addAll(Set.of("mail.message", "mail.channel", "discuss.channel"));

        JsonNode pulled = ann.pull(ann.pullOf(device, appType).put("sync_token", Long.toString(first)));

        assertThat(pulled.path("events").findValuesAsText("model")).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void aPullWithoutALimitGivesAHundred() {
        List<Long> pushed = push(101);

        assertThat(ids(ann.pull(pullOfModel()).path("events"))).isEqualTo(pushed.subList(0, 100));
        assertThat(ids(ann.pull(pullOfModel()).path("events"))).isEqualTo(pushed.subList(100, 101));
    }

    @Test
    void anUnknownAppTypeGetsEverythingAndAFilterIsAndedWithTheAppType() {
        long one = ann.push(model, 1, "write");
        long order = ann.push("sale.order", 2, "write");
        ObjectNode all = ann.pullOf(device, "no_such_app").put("sync_token", one - 1);
        ObjectNode both = ann.pullOf(device, "sales_app").put("sync_token", one - 1);
        both.putArray("models_filter").add(model).add("sale.order");
        ObjectNode none = ann.pullOf(device, "sales_app").put("sync_token", one - 1);
        none.putArray("models_filter").add(model);
        ObjectNode empty = ann.pullOf(device, "no_such_app").put("sync_token", one - 1);
        empty.putArray("models_filter");

        assertThat(ids(ann.pull(all).path("events"))).contains(one, order);
        assertThat(ids(ann.pull(both).path("events"))).containsExactly(order);
        assertThat(ids(ann.pull(none).path("events"))).isEmpty();
        assertThat(ids(ann.pull(empty).path("events"))).contains(one, order);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "user_id | null",
                "user_id | 'x'",
                "user_id | 1.5",
                "user_id | 99999999999999999999",
                "device_id | null",
                "device_id | ''",
                "device_id | 7",
                "app_type | null",
                "app_type | ''",
                "limit | 0",
                "limit | 501",
                "limit | 'many'",
                "models_filter | 5",
                "models_filter | [7]",
                "models_filter | ['']",
                "sync_token | 'abc'",
                "sync_token | -1",
                "sync_token | 9223372036854775807",
                "latest_only | 'odd'"
            })
    void aWrongFieldIsNamed(String field, String value) {
        ObjectNode body = ann.pullOf(device, "sales_app");
        body.set(field, Json.read(value.replace('\'', '"')));

        HttpResponse<String> answer = ann.post(PULL, body.toString());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        JsonNode error = HubProcess.json(answer).path("error");
        assertThat(error.path("type").textValue()).isEqualTo("ValidationError");
        assertThat(error.path("message").textValue()).isEqualTo("Invalid request data");
        JsonNode detail = error.path("details").get(0);
        assertThat(detail.path("loc")).isEqualTo(Json.read("[\"body\",\"" + field + "\"]"));
        assertThat(detail.path("msg").textValue()).contains(field);
    }

    @Test
    void aDeviceIdHas255CharactersAtMost() {
        assertThat(ann.post(PULL, ann.pullOf("x".repeat(255), "sales_app").toString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(ann.post(PULL, ann.pullOf("x".repeat(256), "sales_app").toString())
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void aRecordWithoutANumberHasTheOneThatTheHubKeepsItUnder() {
        hub.post("/api/webhook/booking", "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-" + device + "\"}");
        ObjectNode pull = ann.pullOf(device, "test_app");
        pull.putArray("models_filter").add("booking");

        JsonNode event = ann.pull(pull).path("events").get(0);

        String kept =
                ok(ann.get("/api/v1/records/booking/BK-" + device)).path("id").asText();
        assertThat(event.path("record_key").textValue()).isEqualTo("BK-" + device);
        assertThat(event.path("record_id").isIntegralNumber()).isTrue();
        assertThat(event.path("record_id").asText()).isEqualTo(kept);
    }

    // ---- tokens -----------------------------------------------------------------------------------------------------

    @Test
    void withATokenWhatFollowsItComesEvenBelowTheCursor() {
        List<Long> pushed = push(3);
        ann.pull(pullOfModel());

        JsonNode again =
                ann.pull(pullOfModel().put("sync_token", pushed.getFirst().toString()));
        JsonNode onward = ann.pull(pullOfModel());

        assertThat(ids(again.path("events"))).isEqualTo(pushed.subList(1, 3));
        assertThat(ids(onward.path("events"))).isEmpty();
    }

    @Test
    void aTokenAcknowledgesWhatLiesUpToItAndItsBatchIsNot() {
        List<Long> pushed = push(4);

        JsonNode first = ann.pull(pullOfModel().put("sync_token", "0").put("limit", 2));
        assertThat(state().path("last_event_id").longValue()).isZero();
        ann.pull(pullOfModel()
                .put("sync_token", first.path("next_sync_token").textValue())
                .put("limit", 1));
        assertThat(state().path("last_event_id").longValue()).isEqualTo(pushed.get(1));
        JsonNode rest = ann.pull(pullOfModel());

        assertThat(ids(rest.path("events"))).isEqualTo(pushed.subList(2, 4));
    }

    @Test
    void latestOnlyGivesOneEventOfEachRecord() {
        ann.push(model, 1, "create");
        ann.push(model, 2, "create");
        long one = ann.push(model, 1, "write");
        ann.push(model, 2, "write");
        long two = ann.push(model, 2, "unlink");
        long three = ann.push(model, 3, "create");

        JsonNode first = ann.pull(pullOfModel().put("latest_only", true).put("limit", 2));
        JsonNode second = ann.pull(pullOfModel().put("latest_only", true).put("limit", 2));

        assertThat(ids(first.path("events"))).containsExactly(one, two);
        assertThat(ids(second.path("events"))).containsExactly(three);
    }

    // ---- state and reset --------------------------------------------------------------------------------------------

    @Test
    void stateHasItsKeysAndShowsTheCursorUsedLast() {
        List<Long> pushed = push(2);
        ann.pull(ann.pullOf(device, "sales_app"));
        ann.pull(pullOfModel());

        JsonNode state = state();

        assertThat(state.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "user_id", "device_id", "last_event_id", "last_sync_time", "sync_count", "is_active");
        assertThat(state.path("user_id").longValue()).isEqualTo(ann.userId);
        assertThat(state.path("device_id").textValue()).isEqualTo(device);
        assertThat(state.path("last_event_id").longValue()).isEqualTo(pushed.getLast());
        assertThat(state.path("sync_count").intValue()).isEqualTo(1);
        assertThat(state.path("is_active").booleanValue()).isTrue();
        assertThat(Instant.parse(state.path("last_sync_time").textValue())).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void resetTakesQueryParametersAndClearsEveryCursorOfTheDevice() {
        List<Long> pushed = push(2);
        ann.pull(pullOfModel());
        ann.pull(ann.pullOf(device, "sales_app"));

        HttpResponse<String> answer = reset();

        assertThat(answer.body()).isEqualTo("{\"status\":\"success\",\"message\":\"Sync state reset successfully\"}");
        assertThat(state().path("last_event_id").longValue()).isZero();
        assertThat(state().path("sync_count").intValue()).isZero();
        assertThat(ids(ann.pull(pullOfModel()).path("events"))).isEqualTo(pushed);
        String body = Json.object()
                .put("user_id", ann.userId)
                .put("device_id", device)
                .toString();
        HttpResponse<String> inBody = ann.post(RESET, body);
        assertThat(inBody.statusCode()).isEqualTo(422);
        assertThat(inBody.body()).contains("\"loc\":[\"query\",\"user_id\"]");
    }

    @Test
    void whatIsNotKnownIs404() {
        HttpResponse<String> unknown = ann.get(STATE + "?user_id=" + ann.userId + "&device_id=never-seen");

        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(HubProcess.json(unknown).path("error").path("type").textValue())
                .isEqualTo("NotFound");
        assertThat(HubProcess.json(unknown).path("error").path("message").textValue())
                .isEqualTo("Sync state not found");
        assertThat(reset().statusCode()).isEqualTo(404);
    }

    @Test
    void aDeviceHasFiftyCursorsAtMostAndTheOneUnusedForLongestGoes() {
        List<Long> pushed = push(1);
        ann.pull(pullOfModel());
        for (int i = 0; i < 50; i++) {
            ObjectNode pull = ann.pullOf(device, "test_app");
            pull.putArray("models_filter").add(model).add("y_" + i);
            ann.pull(pull);
        }

        assertThat(hub.sql(
                        "SELECT count(*) FROM sync_cursor c JOIN sync_device d ON d.id = c.device WHERE d.device_id = '"
                                + device + "'"))
                .contains("50");
        assertThat(ids(ann.pull(pullOfModel()).path("events"))).isEqualTo(pushed);
    }

    @Test
    void healthNeedsNoTokenAndHasItsKeys() {
        assertThat(hub.get("/api/v2/sync/health").body())
                .isEqualTo("{\"status\":\"healthy\",\"service\":\"smart-sync\",\"version\":\"2.0.0\",\"features\":"
                        + "[\"multi-user sync\",\"per-device tracking\",\"app-type filtering\",\"incremental sync\"]}");
    }

    // ---- who may ----------------------------------------------------------------------------------------------------

    @Test
    void withoutATokenIts401AndSomebodyElsesDeviceIs403() {
        assertThat(hub.post(PULL, pullOfModel().toString()).statusCode()).isEqualTo(401);
        assertThat(hub.get(STATE + "?user_id=1&device_id=x").statusCode()).isEqualTo(401);
        assertThat(hub.post(RESET + "?user_id=1&device_id=x", "").statusCode()).isEqualTo(401);
        ObjectNode others = ann.pullOf(device, "sales_app").put("user_id", admin.userId);
        assertThat(ann.post(PULL, others.toString()).statusCode()).isEqualTo(403);
        assertThat(ann.get(STATE + "?user_id=" + admin.userId + "&device_id=x").statusCode())
                .isEqualTo(403);
        assertThat(ann.post(RESET + "?user_id=" + admin.userId + "&device_id=x", "")
                        .statusCode())
                .isEqualTo(403);
        ann.pull(pullOfModel());
        assertThat(ok(admin.get(STATE + "?user_id=" + ann.userId + "&device_id=" + device))
                        .path("user_id")
                        .longValue())
                .isEqualTo(ann.userId);
    }

    @Test
    void aDeviceSyncsAsItselfAndDoesNothingElse() {
        BridgeCore phone = BridgeCore.user(hub, "default", "phone-" + device, Role.DEVICE);
        List<Long> pushed = push(1);
        ObjectNode pull = phone.pullOf(device, "test_app");
        pull.putArray("models_filter").add(model);

        assertThat(ids(phone.pull(pull).path("events"))).isEqualTo(pushed);
        assertThat(ok(phone.get(STATE + "?user_id=" + phone.userId + "&device_id=" + device))
                        .path("sync_count")
                        .intValue())
                .isEqualTo(1);
        assertThat(phone.post(PULL, pull.put("user_id", ann.userId).toString()).statusCode())
                .isEqualTo(403);
        assertThat(phone.get("/api/v1/webhooks/check-updates").statusCode()).isEqualTo(200);
        assertThat(phone.get(BridgeCore.EVENTS).statusCode()).isEqualTo(403);
        assertThat(phone.post("/api/v1/webhooks/retry", "{\"event_id\":1}").statusCode())
                .isEqualTo(403);
    }

    @Test
    void anotherTenantSeesNeitherTheEventsNorTheDevice() {
        push(2);
        ann.pull(pullOfModel());
        BridgeCore eve = BridgeCore.user(hub, "other", "eve-" + device);

        ObjectNode pull = eve.pullOf(device, "no_such_app");

        assertThat(eve.pull(pull).path("events")).isEmpty();
        assertThat(eve.get(STATE + "?user_id=" + ann.userId + "&device_id=" + device)
                        .statusCode())
                .isEqualTo(403);
    }

    // ---- counted ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"sales_app", "messaging_app", "other"})
    void pullsAreCountedByAppTypeFromZeroOn(String label) {
        double before = counted(label);

        ann.pull(ann.pullOf(device, label.equals("other") ? "an_app_of_its_own_" + device : label));

        assertThat(counted(label)).isEqualTo(before + 1);
        assertThat(hub.get("/metrics").body()).doesNotContain("an_app_of_its_own");
    }

    private static double counted(String label) {
        String line = "sync_pull_requests_total{app_type=\"" + label + "\"} ";
        return hub.get("/metrics")
                .body()
                .lines()
                .filter(one -> one.startsWith(line))
                .mapToDouble(one -> Double.parseDouble(one.substring(line.length())))
                .findFirst()
                .orElseThrow();
    }

    // ---- Flutter ----------------------------------------------------------------------------------------------------

    /** The client casts without looking: {@code as bool}, {@code as int}, {@code as String}, {@code as List}. */
    @Test
    void theFlutterClientsCastsHold() {
        push(2);
        hub.post("/api/webhook/booking", "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-" + device + "\"}");
        for (ObjectNode pull : List.of(pullOfModel(), pullOfModel(), ann.pullOf(device, "any"))) {
            JsonNode answer = ann.pull(pull.put("limit", 500));
            assertThat(answer.path("has_updates").isBoolean()).isTrue();
            assertThat(answer.path("new_events_count").isInt()).isTrue();
            assertThat(answer.path("events").isArray()).isTrue();
            assertThat(answer.path("next_sync_token").isTextual()).isTrue();
            assertThat(answer.path("last_sync_time").isTextual()).isTrue();
            for (JsonNode event : answer.path("events")) {
                assertThat(event.path("id").isIntegralNumber()).isTrue();
                assertThat(event.path("record_id").isIntegralNumber()).isTrue();
                assertThat(event.path("model").isTextual()).isTrue();
                assertThat(event.path("event").isTextual()).isTrue();
                assertThat(Instant.parse(event.path("timestamp").textValue())).isNotNull();
                assertThat(event.path("payload").isObject()).isTrue();
            }
        }
        // On 404 it resets, on 401 its session is over, on 502 and 503 it tries again.
        assertThat(reset().statusCode()).isEqualTo(200);
        assertThat(ok(ann.get("/api/v1/webhooks/check-updates"))
                        .path("has_update")
                        .isBoolean())
                .isTrue();
    }
}
