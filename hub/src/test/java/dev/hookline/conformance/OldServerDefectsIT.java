package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.EVENTS;
import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.Receiver;
import dev.hookline.Subscriber;
import dev.hookline.WebSocketProbe;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What A11 says that seed 001's server got wrong, each by its number. Of 7 there is more in {@code OdooSyncIT}, of 9 too; of 14
 * in {@code WebSocketIT}, {@code SocketIT} and {@code TwoHubsIT}; of 15 in {@code RequestLimitsIT} and {@code SessionsIT}; of
 * 16 in {@code GraphQlIT}.
 */
@DisplayName("Seed 001, the old server's defects")
class OldServerDefectsIT extends BridgeCoreSetting {
    private static final Duration SOON = Duration.ofSeconds(30);

    // ---- the smart sync ---------------------------------------------------------------------------------------------

    @Test
    void a11_1_theFirstPullOfANewDeviceSucceedsAndLosesNothing() {
        List<Long> pushed = push(1);

        JsonNode first = ann.pull(pullOfModel());

        assertThat(ids(first.path("events"))).isEqualTo(pushed);
        assertThat(first.path("last_sync_time").isTextual()).isTrue();
    }

    @Test
    void a11_2_aPullWithEventsIsAnsweredAndItsTimeKept() {
        push(1);
        ann.pull(pullOfModel());

        assertThat(ann.pull(pullOfModel()).path("status").textValue()).isEqualTo("success");
        assertThat(state().path("sync_count").intValue()).isEqualTo(2);
    }

    @Test
    void a11_3_aDeviceWithATokenGetsALostBatchAgain() {
        List<Long> pushed = push(2);

        ann.pull(pullOfModel().put("sync_token", "0"));
        JsonNode again = ann.pull(pullOfModel().put("sync_token", "0"));

        assertThat(ids(again.path("events"))).isEqualTo(pushed);
    }

    /** Positions are given at the commit: nothing appears below what a device has seen, however many write at once. */
    @Test
    void a11_4_whatIsCommittedLateIsNotBelowTheCursor() {
        int writers = 20;
        int eventsEach = 15;
        List<Long> pulled = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<List<Long>>> writing = IntStream.range(0, writers)
                    .mapToObj(writer -> CompletableFuture.supplyAsync(
                            () -> IntStream.range(0, eventsEach)
                                    .mapToObj(i -> ann.push(model, writer * 100L + i + 1, "write"))
                                    .toList(),
                            threads))
                    .toList();
            while (!writing.stream().allMatch(CompletableFuture::isDone)) {
                pulled.addAll(ids(ann.pull(pullOfModel()).path("events")));
            }
            pulled.addAll(ids(ann.pull(pullOfModel().put("limit", 500)).path("events")));

            List<Long> pushed = writing.stream()
                    .flatMap(writer -> writer.join().stream())
                    .sorted()
                    .toList();
            assertThat(pushed).hasSize(writers * eventsEach);
            assertThat(pulled).isEqualTo(pushed);
        }
    }

    @Test
    void a11_5_aFilterDoesNotSkipWhatAnotherWants() {
        long first = ann.push(model, 1, "write");
        long other = ann.push(model + "_other", 2, "write");
        ObjectNode pullOther = ann.pullOf(device, "test_app");
        pullOther.putArray("models_filter").add(model + "_other");

        assertThat(ids(ann.pull(pullOfModel()).path("events"))).containsExactly(first);
        assertThat(ids(ann.pull(pullOther).path("events"))).containsExactly(other);
        ObjectNode both = ann.pullOf(device, "test_app");
        both.putArray("models_filter").add(model + "_other").add(model);
        assertThat(ids(ann.pull(both).path("events"))).containsExactly(first, other);
        ObjectNode otherOrder = ann.pullOf(device, "test_app");
        otherOrder.putArray("models_filter").add(model).add(model + "_other");
        assertThat(ids(ann.pull(otherOrder).path("events"))).isEmpty();
    }

    @Test
    void a11_6_parallelPullsOfADeviceGiveEachEventOnceAndCountEachPull() {
        List<Long> pushed = push(40);

        List<Long> got = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<List<Long>>> pulls = IntStream.range(0, 10)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(
                            () -> ids(ann.pull(pullOfModel().put("limit", 5)).path("events")), threads))
                    .toList();
            pulls.forEach(pull -> got.addAll(pull.join()));
        }

        assertThat(got).containsExactlyInAnyOrderElementsOf(pushed);
        assertThat(state().path("sync_count").intValue()).isEqualTo(10);
        assertThat(state().path("last_event_id").longValue()).isEqualTo(pushed.getLast());
    }

    /** Of A11.8, the other half is below: {@code retry_event} did not exist. */
    @Test
    void a11_8_aPullOfHundredsIsOneAnswerAndOneCount() {
        List<Long> pushed = push(150);

        assertThat(ids(ann.pull(pullOfModel().put("limit", 500)).path("events")))
                .isEqualTo(pushed);

        assertThat(state().path("sync_count").intValue()).isEqualTo(1);
        assertThat(state().path("last_event_id").longValue()).isEqualTo(pushed.getLast());
    }

    // ---- the webhook API --------------------------------------------------------------------------------------------

    @Test
    void a11_8_aRetryOfManySendsWhatWasDead() {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (Receiver receiver =
                new Receiver((exchange, _) -> exchange.sendResponseHeaders(broken.get() ? 500 : 204, -1))) {
            ObjectNode subscription = Json.object()
                    .put("url", receiver.url("/"))
                    .put("event", model + ".write")
                    .put("secret", "my-webhook-secret-12345678");
            subscription.putArray("retry_policy").add(1);
            assertThat(admin.post(Subscriber.SUBSCRIPTIONS, subscription.toString())
                            .statusCode())
                    .isEqualTo(201);
            List<Long> pushed = push(3);
            String dead = EVENTS + "/enhanced?status=dead&model=" + model;
            await().atMost(SOON).until(() -> ids(ok(ann.get(dead)).path("data")).size() == pushed.size());
            broken.set(false);

            JsonNode retried = ok(ann.post("/api/v1/webhooks/retry/bulk", "{\"event_ids\":" + pushed + "}"));

            assertThat(retried).allMatch(one -> one.path("success").booleanValue());
            String sent = EVENTS + "/enhanced?status=sent&model=" + model;
            await().atMost(SOON).until(() -> ids(ok(ann.get(sent)).path("data")).size() == pushed.size());
        }
    }

    @Test
    void a11_9_configsAndEveryListAreAnsweredWhateverOdooSaidFalseFor() {
        push(1);

        for (JsonNode config : ok(ann.get("/api/v1/webhooks/configs"))) {
            assertThat(config.path("events").isArray()).isTrue();
        }
    }

    @Test
    void a11_9_aFieldThatOdooSaysFalseForBreaksNoList() {
        ann.push(
                (ObjectNode)
                        event(1).set(
                                        "data",
                                        Json.read(
                                                "{\"next_retry_at\":false,\"partner_id\":[3,\"Ann\"],\"error_code\":false,\"name\":false}")));

        for (String path : List.of(EVENTS, EVENTS + "/enhanced")) {
            JsonNode event = ok(ann.get(path + "?model=" + model)).path("data").get(0);
            assertThat(event.path("next_retry_at").isNull()).isTrue();
            assertThat(event.path("payload").path("partner_id").toString()).isEqualTo("[3,\"Ann\"]");
        }
    }

    @Test
    void a11_10_aListIsNeverStale() {
        assertThat(list("")).isEmpty();
        List<Long> pushed = push(1);

        assertThat(list("")).isEqualTo(pushed);
    }

    @Test
    void a11_10_aListIsNoOtherTenants() {
        BridgeCore eve = BridgeCore.user(hub, "other", "eve-" + device);
        List<Long> pushed = push(1);
        assertThat(list("")).isEqualTo(pushed);

        assertThat(ids(ok(eve.get(EVENTS + "?model_name=" + model)).path("data")))
                .isEmpty();
    }

    @Test
    void a11_11_eachTenantHasItsOwnEventsRecordsAndDevices() {
        BridgeCore eve = BridgeCore.user(hub, "other", "eve-" + device);
        long hers = eve.push(model, 1, "create");
        long own = ann.push(model, 1, "write");

        assertThat(list("")).containsExactly(own);
        assertThat(ids(ok(eve.get(EVENTS + "?model=" + model)).path("data"))).containsExactly(hers);
        ObjectNode pull = eve.pullOf(device, "test_app");
        pull.putArray("models_filter").add(model);
        assertThat(ids(eve.pull(pull).path("events"))).containsExactly(hers);
        assertThat(ids(ann.pull(pullOfModel()).path("events"))).containsExactly(own);
        for (BridgeCore tenant : List.of(ann, eve)) {
            assertThat(ok(tenant.get("/api/v1/webhooks/statistics?model=" + model))
                            .path("total_events")
                            .intValue())
                    .isEqualTo(1);
            assertThat(ok(tenant.get("/api/v1/records/" + model + "/1"))
                            .path("version")
                            .intValue())
                    .isEqualTo(1);
        }
    }

    @Test
    void a11_12_cleanupNeedsATimeAndAnAdministratorAndCountsTruly() {
        BridgeCore boss = BridgeCore.user(hub, "cleaned", "boss-" + device, Role.ADMIN);
        BridgeCore member = BridgeCore.user(hub, "cleaned", "member-" + device);
        int events = 250;
        IntStream.range(0, events).forEach(i -> member.push(model, i + 1, "write"));
        String cleanup = "/api/v1/webhooks/cleanup";

        assertThat(boss.delete(cleanup).statusCode()).isEqualTo(422);
        assertThat(member.delete(cleanup + "?before=2999-01-01").statusCode()).isEqualTo(403);
        assertThat(ok(boss.get("/api/v1/webhooks/statistics"))
                        .path("total_events")
                        .intValue())
                .isEqualTo(events);
        assertThat(boss.delete(cleanup + "?before=" + Time.system().now()).body())
                .isEqualTo("{\"ok\":true,\"deleted\":250,\"message\":\"Successfully deleted 250 events\"}");

        assertThat(ids(ok(boss.get(EVENTS)).path("data"))).isEmpty();
        assertThat(ids(member.pull(member.pullOf("any", "any")).path("events"))).isEmpty();
        assertThat(ok(boss.get("/api/v1/webhooks/check-updates"))
                        .path("has_update")
                        .booleanValue())
                .isFalse();
    }

    @Test
    void a11_12_allViewsSeeOneLog() {
        int events = 30;
        push(events);

        assertThat(list("&limit=1000")).hasSize(events);
        assertThat(ok(ann.get("/api/v1/webhooks/statistics?model=" + model))
                        .path("total_events")
                        .intValue())
                .isEqualTo(events);
        ObjectNode pull = ann.pullOf("all-views", "any");
        pull.putArray("models_filter").add(model);
        assertThat(ann.pull(pull).path("new_events_count").intValue()).isEqualTo(events);
    }

    @Test
    void a11_13_whatIsReceivedIsStoredWithItsDataOnceAndPushedWhateverItsPriority() {
        ObjectNode sent = event(7).put("event_id", device.hashCode() & 0xFFFFFF).put("priority", "low");
        sent.putObject("data").put("name", "S7");
        sent.putObject("_webhook_metadata").put("rule_id", 4);
        try (WebSocketProbe socket = WebSocketProbe.open(hub.uri("/ws?token=" + ann.token))) {
            socket.ask("{\"type\":\"subscribe_model_channel\",\"model\":\"" + model + "\"}");

            long id = ann.push(sent);

            assertThat(socket.await("webhook_event").path("data").path("name").textValue())
                    .isEqualTo("S7");
            assertThat(ann.push(sent)).as("the same event again").isEqualTo(id);
            JsonNode payload =
                    ok(ann.get(EVENTS + "?model=" + model)).path("data").get(0).path("payload");
            assertThat(list("")).containsExactly(id);
            assertThat(payload.path("name").textValue()).isEqualTo("S7");
            assertThat(payload.path("_webhook_metadata").path("rule_id").intValue())
                    .isEqualTo(4);
        }
    }

    @Test
    void a11_13_aRefreshTokenReceivesNothing() {
        String refresh = HubProcess.json(hub.post(
                        "/auth/login", "{\"username\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\"}"))
                .path("refresh_token")
                .textValue();

        assertThat(hub.post("/api/v1/webhooks/receive", event(1).toString(), "Authorization", "Bearer " + refresh)
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void a11_16_everyMetricOfTheSeedIsThere() {
        push(1);
        ann.pull(pullOfModel());

        assertThat(hub.get("/metrics").body())
                .contains("webhook_received_total{model=\"" + model + "\",operation=\"write\"} 1.0")
                .contains("webhook_processing_seconds_bucket{model=\"" + model + "\"")
                .contains("\nwebsocket_connections_active ")
                .contains("\nwebhook_queue_size ")
                .contains("\nwebhook_errors_total{error_type=")
                .contains("\nsync_pull_requests_total{app_type=");
    }

    @Test
    void aUpdateAfterACreateIsReportedUnlikeByTheOldModule() {
        long create = ann.push(model, 1, "create");
        long write = ann.push(model, 1, "write");
        long again = ann.push(model, 1, "write");

        assertThat(list("")).containsExactly(again, write, create);
    }
}
