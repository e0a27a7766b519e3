package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.EVENTS;
import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.ChildProcess;
import dev.hookline.HubProcess;
import dev.hookline.Receiver;
import dev.hookline.Subscriber;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/v1/webhooks} and the old server's paths: every line of what seed 001's clients send and expect. */
@DisplayName("Seed 001, the webhook API")
class WebhookEventsIT extends BridgeCoreSetting {
    private static final Duration SOON = Duration.ofSeconds(30);

    // ---- events -----------------------------------------------------------------------------------------------------

    @Test
    void theSeedsListIsAnsweredWithItsKeysAndEveryOtherOfTheSchema() {
        long id = ann.push(Json.object()
                .put("model", model)
                .put("record_id", 456)
                .put("event", "create")
                .put("timestamp", "2025-11-16T10:30:00Z"));

        JsonNode answer = ok(ann.get(EVENTS + "?model=" + model + "&limit=100"));

        assertThat(answer.path("status").textValue()).isEqualTo("success");
        assertThat(answer.path("count").intValue()).isEqualTo(1);
        JsonNode event = answer.path("data").get(0);
        assertThat(event.path("id").longValue()).isEqualTo(id);
        assertThat(event.path("model").textValue()).isEqualTo(model);
        assertThat(event.path("record_id").longValue()).isEqualTo(456);
        assertThat(event.path("event").textValue()).isEqualTo("create");
        assertThat(event.path("occurred_at").textValue()).isEqualTo("2025-11-16T10:30:00Z");
        assertThat(event.path("priority").textValue()).isEqualTo("medium");
        assertThat(event.path("category").textValue()).isEqualTo("business");
        assertThat(event.path("status").textValue()).isEqualTo("sent");
        assertThat(event.path("retry_count").intValue()).isZero();
        assertThat(event.path("max_retries").intValue()).isEqualTo(5);
        assertThat(event.path("is_archived").booleanValue()).isFalse();
        for (String key : List.of(
                "next_retry_at",
                "error_message",
                "error_type",
                "error_code",
                "changed_fields",
                "subscriber_id",
                "template_id",
                "config_id",
                "sent_at",
                "response_code",
                "processing_time")) {
            assertThat(event.path(key).isNull()).as(key).isTrue();
        }
        assertThat(event.path("payload").isObject()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {EVENTS, EVENTS + "/enhanced", "/api/v1/webhook/events"})
    void theNewestComesFirstByLimitAndOffset(String path) {
        List<Long> pushed = push(5);

        JsonNode page = ok(ann.get(path + "?model_name=" + model + "&limit=2&offset=1"));

        assertThat(page.path("count").intValue()).isEqualTo(2);
        assertThat(ids(page.path("data"))).containsExactly(pushed.get(3), pushed.get(2));
        assertThat(ids(ok(ann.get(path + "?limit=2&offset=0")).path("data"))).startsWith(pushed.get(4));
        assertThat(ids(ok(ann.get(path + "?model=" + model + "&offset=5")).path("data")))
                .isEmpty();
    }

    @Test
    void modelAndModelNameAreOneFilter() {
        List<Long> pushed = push(1);

        assertThat(list("&model=" + model)).isEqualTo(pushed);
        assertThat(ann.get(EVENTS + "?model=a&model_name=b").statusCode()).isEqualTo(422);
    }

    @Test
    void recordOperationAndTimeNarrowTheList() {
        ann.push(model, 1, "create");
        long write = ann.push(model, 1, "write");
        String since = ok(ann.get(EVENTS + "?model=" + model))
                .path("data")
                .get(0)
                .path("received_at")
                .textValue();
        long unlink = ann.push(model, 2, "unlink");
        long manual =
                ann.push(Json.object().put("model", model).put("record_id", 3).put("event", "manual"));

        assertThat(list("&record_id=2")).containsExactly(unlink);
        assertThat(list("&record_id=1&event=write")).containsExactly(write);
        assertThat(list("&event=manual")).containsExactly(manual);
        assertThat(list("&since=" + since)).containsExactly(manual, unlink, write);
        assertThat(list("&since=" + since.replace("T", "%20").replace("Z", ""))).containsExactly(manual, unlink, write);
        assertThat(list("&since=2999-01-01T00:00:00Z")).isEmpty();
    }

    @Test
    void priorityAndCategoryNarrowTheEnhancedList() {
        long high = ann.push(event(1).put("priority", "high"));
        long system = ann.push(event(2).put("category", "system"));
        String path = EVENTS + "/enhanced?model_name=" + model;

        assertThat(ids(ok(ann.get(path + "&priority=high")).path("data"))).containsExactly(high);
        assertThat(ids(ok(ann.get(path + "&category=system&priority=medium")).path("data")))
                .containsExactly(system);
        assertThat(ids(ok(ann.get(path + "&status=sent")).path("data"))).containsExactly(system, high);
        assertThat(ids(ok(ann.get(path + "&status=sent&offset=1&limit=1")).path("data")))
                .containsExactly(high);
        assertThat(ids(ok(ann.get(path + "&status=processing")).path("data"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/events?limit=0, limit",
        "/events?limit=1001, limit",
        "/events?limit=x, limit",
        "/events?offset=-1, offset",
        "/events?record_id=x, record_id",
        "/events?event=delete, event",
        "/events?since=yesterday, since",
        "/events/enhanced?priority=urgent, priority",
        "/events/enhanced?category=odd, category",
        "/events/enhanced?status=odd, status",
        "/check-updates?limit=1001, limit",
        "/check-updates?since=x, since",
        "/statistics?since=x, since",
        "/cleanup, before"
    })
    void aWrongParameterIsNamed(String path, String field) {
        HttpResponse<String> answer = path.startsWith("/cleanup")
                ? admin.delete("/api/v1/webhooks" + path)
                : ann.get("/api/v1/webhooks" + path);

        assertThat(answer.statusCode()).isEqualTo(422);
        JsonNode error = HubProcess.json(answer).path("error");
        assertThat(error.path("type").textValue()).isEqualTo("ValidationError");
        assertThat(error.path("message").textValue()).isEqualTo("Invalid request data");
        assertThat(error.path("details").get(0).path("loc")).isEqualTo(Json.read("[\"query\",\"" + field + "\"]"));
        assertThat(error.path("details").get(0).path("msg").textValue()).contains(field);
    }

    @Test
    void aPageOfLargeEventsIsWholeAndTheLaterOnesHaveNoPayload() {
        for (int i = 0; i < 20; i++) {
            ann.push((ObjectNode) event(i + 1).set("data", Json.object().put("text", "x".repeat(1_000_000))));
        }

        JsonNode page = ok(ann.get(EVENTS + "?model=" + model));

        assertThat(page.path("count").intValue()).isEqualTo(20);
        assertThat(page.path("data").get(0).path("payload").isObject()).isTrue();
        assertThat(page.path("data").get(19).path("payload").isNull()).isTrue();
        assertThat(ids(page.path("data"))).isSortedAccordingTo((a, b) -> Long.compare(b, a));
    }

    // ---- updates, counts, configurations ----------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/webhooks/check-updates", "/api/v1/check-updates"})
    void checkUpdatesCountsWhatCameSince(String path) {
        push(1);
        String since = ok(ann.get(EVENTS + "?model=" + model))
                .path("data")
                .get(0)
                .path("received_at")
                .textValue();
        push(2);

        JsonNode answer = ok(ann.get(path + "?since=" + since));
        JsonNode none = ok(ann.get(path + "?since=2999-01-01"));

        assertThat(answer.path("has_update").booleanValue()).isTrue();
        assertThat(Instant.parse(answer.path("last_update_at").textValue())).isAfter(Instant.parse(since));
        assertThat(answer.path("summary").get(0).path("model").textValue()).isEqualTo(model);
        assertThat(answer.path("summary").get(0).path("count").intValue()).isEqualTo(3);
        assertThat(none.toString()).isEqualTo("{\"has_update\":false,\"last_update_at\":null,\"summary\":[]}");
        assertThat(ok(ann.get(path)).path("has_update").booleanValue()).isTrue();
        assertThat(ok(ann.get(path + "?limit=1")).path("summary")).hasSize(1);
    }

    @Test
    void statisticsHaveTheirKeysAndCountTruly() {
        push(3);
        ann.push(event(1).put("priority", "low").put("category", "custom"));

        JsonNode answer = ok(ann.get("/api/v1/webhooks/statistics?model_name=" + model));

        assertThat(answer.path("total_events").intValue()).isEqualTo(4);
        assertThat(answer.path("by_priority")).isEqualTo(Json.read("{\"low\":1,\"medium\":3}"));
        assertThat(answer.path("by_category")).isEqualTo(Json.read("{\"business\":3,\"custom\":1}"));
        assertThat(answer.path("by_model").toString()).isEqualTo("[{\"model\":\"" + model + "\",\"count\":4}]");
        assertThat(answer.path("by_status").path("sent").intValue()).isEqualTo(4);
        assertThat(answer.path("success_rate").doubleValue()).isEqualTo(100.0);
        assertThat(answer.path("average_processing_time").isFloatingPointNumber())
                .isTrue();
    }

    @Test
    void statisticsShowTenModelsAndCountSinceATime() {
        BridgeCore counter = BridgeCore.user(hub, "counted-" + device.replace('_', '-'), "counter-" + device);
        for (int i = 0; i < 12; i++) {
            counter.push(model + "_" + i, 1, "write");
        }

        JsonNode all = ok(counter.get("/api/v1/webhooks/statistics"));
        JsonNode none = ok(counter.get("/api/v1/webhooks/statistics?since=2999-01-01"));

        assertThat(all.path("total_events").intValue()).isEqualTo(12);
        assertThat(all.path("by_model")).hasSize(10);
        assertThat(none.path("total_events").intValue()).isZero();
        assertThat(none.path("success_rate").isFloatingPointNumber()).isTrue();
    }

    @Test
    void configsAreOneForEachModelWithEventsAsAList() {
        push(1);

        JsonNode configs = ok(ann.get("/api/v1/webhooks/configs"));

        assertThat(configs.findValuesAsText("model_name")).contains(model).doesNotHaveDuplicates();
        JsonNode config = configs.get(configs.size() - 1);
        assertThat(config.path("id").isIntegralNumber()).isTrue();
        assertThat(config.path("name").isTextual()).isTrue();
        assertThat(config.path("enabled").isBoolean()).isTrue();
        assertThat(config.path("priority").isTextual()).isTrue();
        assertThat(config.path("category").textValue()).isEqualTo("business");
        assertThat(config.path("events").toString()).isEqualTo("[\"create\",\"write\",\"unlink\"]");
        assertThat(config.path("batch_enabled").isBoolean()).isTrue();
        assertThat(config.has("batch_size")).isTrue();
    }

    @Test
    void healthNeedsNoTokenAndHasItsKeys() {
        assertThat(hub.get("/api/v1/webhooks/health").body())
                .isEqualTo(
                        "{\"status\":\"healthy\",\"service\":\"webhook\",\"version\":\"2.0.0\",\"features\":"
                                + "[\"enhanced_filtering\",\"retry_mechanism\",\"dead_letter_queue\",\"statistics\",\"priority_support\"]}");
        assertThat(hub.get("/api/v1/health").body()).isEqualTo("{\"status\":\"ok\"}");
    }

    // ---- deliveries -------------------------------------------------------------------------------------------------

    @Test
    void anEventIsDeadWhenADeliveryIsAndARetrySendsIt() {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (Receiver receiver =
                new Receiver((exchange, _) -> exchange.sendResponseHeaders(broken.get() ? 500 : 204, -1))) {
            ok201(admin.post(
                    Subscriber.SUBSCRIPTIONS,
                    Json.object()
                            .put("url", receiver.url("/"))
                            .put("event", model + ".write")
                            .put("secret", "my-webhook-secret-12345678")
                            .<ObjectNode>set("retry_policy", Json.read("[1]"))
                            .toString()));
            long id = push(1).getFirst();
            String enhanced = EVENTS + "/enhanced?model=" + model + "&status=";
            await().atMost(SOON)
                    .until(() ->
                            ids(ok(ann.get(enhanced + "dead")).path("data")).contains(id));

            JsonNode dead = ok(ann.get(EVENTS + "?model=" + model)).path("data").get(0);
            assertThat(dead.path("status").textValue()).isEqualTo("dead");
            assertThat(dead.path("retry_count").intValue()).isPositive();
            assertThat(dead.path("max_retries").intValue()).isEqualTo(1);
            assertThat(dead.path("error_message").textValue()).contains("500");
            assertThat(dead.path("error_type").textValue()).isEqualTo("http_error");
            assertThat(dead.path("error_code").intValue()).isEqualTo(500);
            assertThat(dead.path("response_code").intValue()).isEqualTo(500);
            assertThat(dead.path("processing_time").isFloatingPointNumber()).isTrue();
            assertThat(ids(ok(ann.get(enhanced + "sent")).path("data"))).isEmpty();
            JsonNode letters = ok(ann.get("/api/v1/webhooks/dead-letter/stats"));
            assertThat(letters.path("total_events").intValue()).isPositive();
            assertThat(letters.path("by_model").toString()).contains("{\"model\":\"" + model + "\",\"count\":1}");
            assertThat(Instant.parse(letters.path("oldest_event").textValue()))
                    .isBeforeOrEqualTo(
                            Instant.parse(letters.path("newest_event").textValue()));
            JsonNode statistics = ok(ann.get("/api/v1/webhooks/statistics?model=" + model));
            assertThat(statistics.path("by_status").path("dead").intValue()).isEqualTo(1);
            assertThat(statistics.path("success_rate").doubleValue()).isZero();

            broken.set(false);
            JsonNode retried = ok(ann.post("/api/v1/webhooks/retry", "{\"event_id\":" + id + "}"));
            assertThat(retried.path("success").booleanValue()).isTrue();
            assertThat(retried.path("event_id").longValue()).isEqualTo(id);
            assertThat(retried.path("message").isTextual()).isTrue();
            assertThat(retried.path("new_status").isTextual()).isTrue();
            await().atMost(SOON)
                    .until(() ->
                            ids(ok(ann.get(enhanced + "sent")).path("data")).contains(id));
            JsonNode sent = ok(ann.get(EVENTS + "?model=" + model)).path("data").get(0);
            assertThat(sent.path("sent_at").isTextual()).isTrue();
            assertThat(sent.path("subscriber_id").isIntegralNumber()).isTrue();
            int received = receiver.received().size();
            JsonNode nothing = ok(ann.post("/api/v1/webhooks/retry", "{\"event_id\":" + id + ",\"force\":true}"));
            assertThat(nothing.path("success").booleanValue()).isFalse();
            assertThat(nothing.path("new_status").textValue()).isEqualTo("sent");
            assertThat(receiver.received()).hasSize(received);
        }
    }

    private static void ok201(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }

    @Test
    void anEventWithoutDeliveriesIsNotRetriedAndSaysSo() {
        List<Long> pushed = push(2);

        JsonNode one = ok(ann.post("/api/v1/webhooks/retry", "{\"event_id\":" + pushed.getFirst() + "}"));
        JsonNode many = ok(ann.post("/api/v1/webhooks/retry/bulk", "{\"event_ids\":" + pushed + ",\"force\":false}"));

        assertThat(one.path("success").booleanValue()).isFalse();
        assertThat(one.path("message").textValue()).contains("no deliveries");
        assertThat(many).hasSize(2);
        assertThat(many.get(1).path("event_id").longValue()).isEqualTo(pushed.getLast());
    }

    @Test
    void bulkRetryTakesAHundred() {
        String ids = IntStream.range(0, 101).boxed().toList().toString();

        HttpResponse<String> answer = ann.post("/api/v1/webhooks/retry/bulk", "{\"event_ids\":" + ids + "}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(HubProcess.json(answer).path("error").path("message").textValue())
                .isEqualTo("Maximum 100 events can be retried at once");
        assertThat(ann.post("/api/v1/webhooks/retry/bulk", "{}").statusCode()).isEqualTo(422);
        assertThat(ann.post("/api/v1/webhooks/retry", "{}").statusCode()).isEqualTo(422);
        assertThat(ann.post("/api/v1/webhooks/retry", "[]").statusCode()).isEqualTo(400);
    }

    // ---- cleanup ----------------------------------------------------------------------------------------------------

    @Test
    void cleanupIsForAdministratorsAndAnswersTheTrueCount() {
        BridgeCore boss = admin;
        push(2);

        assertThat(ann.delete("/api/v1/webhooks/cleanup?before=2020-01-01").statusCode())
                .isEqualTo(403);
        assertThat(boss.delete("/api/v1/webhooks/cleanup?before=2020-01-01").body())
                .isEqualTo("{\"ok\":true,\"deleted\":0,\"message\":\"Successfully deleted 0 events\"}");
        assertThat(boss.delete("/api/v1/cleanup?before=2020-01-01").body()).isEqualTo("{\"ok\":true,\"deleted\":0}");
    }

    // ---- who may ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            strings = {
                EVENTS,
                EVENTS + "/enhanced",
                "/api/v1/webhooks/check-updates",
                "/api/v1/webhooks/statistics",
                "/api/v1/webhooks/dead-letter/stats",
                "/api/v1/webhooks/configs",
                "/api/v1/webhook/events",
                "/api/v1/check-updates"
            })
    void withoutATokenIts401AndAnotherTenantSeesNothing(String path) {
        push(1);
        HttpResponse<String> stranger = hub.get(path, "Cookie", "session_id=old", "X-Session-Id", "old");
        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(stranger.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(HubProcess.json(stranger).path("error").path("message").textValue())
                .contains("Authorization: Bearer");
        BridgeCore eve = BridgeCore.user(hub, "other", "eve-" + device);
        HttpResponse<String> answer = eve.get(path);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).doesNotContain(model).doesNotContain("m_");
    }

    @Test
    void anotherTenantsEventIs404() {
        long id = push(1).getFirst();
        BridgeCore eve = BridgeCore.user(hub, "other", "eve-" + device);

        assertThat(eve.post("/api/v1/webhooks/retry", "{\"event_id\":" + id + "}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(ok(eve.post("/api/v1/webhooks/retry/bulk", "{\"event_ids\":[" + id + "]}"))
                        .get(0)
                        .path("success")
                        .booleanValue())
                .isFalse();
        assertThat(ok(eve.post("/api/v1/odoo-sync/ack", "{\"event_ids\":[" + id + "]}"))
                        .path("processed_count")
                        .intValue())
                .isZero();
    }

    // ---- Python -----------------------------------------------------------------------------------------------------

    /** The seed's class as it is printed, with a few lines that call it. */
    @Test
    void thePythonClientOfTheSeedRunsUnchanged() throws IOException {
        String python = List.of("/usr/bin/python3", "python3").stream()
                .filter(candidate -> ChildProcess.works(candidate, "-c", "import httpx"))
                .findFirst()
                .orElse("");
        ChildProcess.require(!python.isEmpty(), "Python's httpx is not installed (apt-get install python3-httpx)");
        List<Long> pushed = push(2);
        String script = ChildProcess.resource("seeds/001_client.py") + """

                import asyncio, json, sys

                async def main(url, token, user, model):
                    client = BridgeCoreWebhookClient(url, token)
                    events = await client.get_events(model, limit=1)
                    everything = await client.get_events()
                    synced = await client.smart_sync(user, "python", "python_app")
                    print(json.dumps([events, everything["count"], synced]))

                asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
                """;
        Path file = data.resolve("client.py");
        Files.writeString(file, script);

        ChildProcess client =
                ChildProcess.run(data, python, file.toString(), hub.url(), ann.token, Long.toString(ann.userId), model);

        assertThat(client.exitCode()).as(client.output()).isZero();
        JsonNode printed = Json.read(client.output().strip());
        assertThat(ids(printed.get(0).path("data"))).containsExactly(pushed.getLast());
        assertThat(printed.get(1).intValue()).isPositive();
        assertThat(printed.get(2).path("status").textValue()).isEqualTo("success");
        assertThat(printed.get(2).path("next_sync_token").isTextual()).isTrue();
    }

    // ---- error envelopes --------------------------------------------------------------------------------------------

    @Test
    void errorsHaveTheEnvelopeWithTheRequestsId() {
        HttpResponse<String> unknown = hub.get("/api/v1/webhooks/nothing", "X-Request-ID", "abc-1");
        HttpResponse<String> method = ann.post(EVENTS, "{}");

        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(HubProcess.json(unknown).path("error").path("type").textValue())
                .isEqualTo("NotFound");
        assertThat(HubProcess.json(unknown).path("error").path("request_id").textValue())
                .isEqualTo("abc-1");
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(HubProcess.json(method).path("error").path("type").textValue())
                .isEqualTo("MethodNotAllowed");
        for (HttpResponse<String> answer : List.of(unknown, method, ann.get(EVENTS))) {
            assertThat(answer.headers().firstValue("X-Request-ID")).isPresent();
            assertThat(answer.headers().firstValue("X-Response-Time").orElseThrow())
                    .matches("\\d+\\.\\d\\dms");
        }
    }
}
