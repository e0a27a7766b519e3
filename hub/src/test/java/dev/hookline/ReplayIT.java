package dev.hookline;

import static dev.hookline.Subscriber.DELIVERIES;
import static dev.hookline.Subscriber.SUBSCRIPTIONS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replays over HTTP, by a hub that may be killed meanwhile. */
class ReplayIT extends DeliverySetting {
    private static final String REPLAYS = "/api/v1/tenant/webhooks/replays";
    private static final String DEAD_LETTERS = "/api/v1/tenant/webhooks/dead-letters";
    private static final Duration SOON = Duration.ofSeconds(30);

    private void publish(int count) {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (int i = 0; i < count; i++) {
            events.add(Subscriber.event(event, "inv-" + i));
        }
        assertThat(tenant.post(Subscriber.EVENTS, body).statusCode()).isEqualTo(202);
    }

    private static JsonNode replay(String path, String body, int status) {
        HttpResponse<String> answer = tenant.send("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return HubProcess.json(answer);
    }

    private static JsonNode shown(JsonNode replay) {
        return HubProcess.json(tenant.get(REPLAYS + "/" + replay.path("id").asText()));
    }

    private static JsonNode ended(JsonNode replay) {
        await().atMost(SOON).until(() -> !shown(replay).path("state").asText().equals("running"));
        return shown(replay);
    }

    private static JsonNode stats(long subscription) {
        return HubProcess.json(tenant.get(SUBSCRIPTIONS + "/" + subscription + "/stats"));
    }

    private static List<String> resources(Receiver receiver) {
        return receiver.received().stream()
                .map(one -> one.json().path("resource_id").textValue())
                .toList();
    }

    @Test
    void deadLettersAreListedCountedAndReplayed() {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (Receiver receiver =
                new Receiver((exchange, _) -> exchange.sendResponseHeaders(broken.get() ? 500 : 200, -1))) {
            long subscription = subscribe(subscription(receiver.url("/"), event));
            publish(3);
            await().atMost(SOON).until(() -> stats(subscription).path("dead").asInt() == 3);
            JsonNode listed =
                    HubProcess.json(tenant.get(DEAD_LETTERS + "?subscription_id=" + subscription + "&limit=2"));
            assertThat(listed.path("count").asInt()).isEqualTo(2);
            assertThat(listed.at("/data/0/last_error").textValue()).isEqualTo("The receiver answered 500");
            JsonNode counted = HubProcess.json(tenant.get(DEAD_LETTERS + "/stats"));
            assertThat(counted.path("by_event"))
                    .contains(Json.object().put("event", event).put("count", 3));
            String body = "{\"subscription_id\":" + subscription + ",\"resource_id\":\"inv-1\"%s}";
            assertThat(replay(DEAD_LETTERS + "/replay", body.formatted(",\"dry_run\":true"), 200)
                            .path("count")
                            .asInt())
                    .isEqualTo(1);
            broken.set(false);
            int before = receiver.received().size();

            JsonNode one = ended(replay(DEAD_LETTERS + "/replay", body.formatted(""), 202));
            await().atMost(SOON).until(() -> stats(subscription).path("dead").asInt() == 2);
            JsonNode rest = ended(replay(DEAD_LETTERS + "/replay", "{\"subscription_id\":" + subscription + "}", 202));

            assertThat(one.path("state").textValue()).isEqualTo("done");
            assertThat(one.path("queued").asInt()).isEqualTo(1);
            assertThat(rest.path("expected").asInt()).isEqualTo(2);
            await().atMost(SOON).until(() -> receiver.received().size() == before + 3);
            assertThat(resources(receiver).subList(before, before + 3))
                    .containsExactlyInAnyOrder("inv-0", "inv-1", "inv-2");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(tenant.deliveries(subscription))
                            .extracting(row -> row.path("status").textValue())
                            .containsOnly("delivered"));
            assertThat(stats(subscription).path("dead").asInt()).isZero();
        }
    }

    @Test
    void whatMatchedNothingIsReplayedToALaterSubscription() {
        try (Receiver receiver = Receiver.answering(200)) {
            publish(3);
            ObjectNode body = Json.object()
                    .put("url", receiver.url("/"))
                    .put("event", event)
                    .put("filter", "data.invoice_id != 'inv-1'");
            long subscription =
                    HubProcess.json(tenant.post(SUBSCRIPTIONS, body)).path("id").asLong();
            String order = "{\"source\":\"events\",\"subscription_id\":" + subscription + "%s}";
            assertThat(replay(REPLAYS, order.formatted(",\"dry_run\":true"), 200)
                            .path("count")
                            .asInt())
                    .isEqualTo(2);

            JsonNode done = ended(replay(REPLAYS, order.formatted(""), 202));

            assertThat(done.path("queued").asInt()).isEqualTo(2);
            await().atMost(SOON).until(() -> receiver.received().size() == 2);
            assertThat(resources(receiver)).containsExactlyInAnyOrder("inv-0", "inv-2");
            await().atMost(SOON).until(() -> stats(subscription).path("backlog").asInt() == 0);
            assertThat(ended(replay(REPLAYS, order.formatted(""), 202))
                            .path("queued")
                            .asInt())
                    .isZero();
            assertThat(ended(replay(REPLAYS, order.formatted(",\"statuses\":[\"delivered\"]"), 202))
                            .path("queued")
                            .asInt())
                    .isEqualTo(2);
            await().atMost(SOON).until(() -> receiver.received().size() == 4);
            tenant.publish(event, "inv-9");
            await().atMost(SOON).until(() -> resources(receiver).contains("inv-9"));
        }
    }

    @Test
    void aReplayKeepsItsRateAndEndsWhenItIsCancelled() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            publish(30);
            await().atMost(SOON).until(() -> receiver.received().size() == 30);
            await().atMost(SOON).until(() -> stats(subscription).path("backlog").asInt() == 0);
            long from = System.nanoTime();
            JsonNode replay = replay(
                    REPLAYS,
                    "{\"subscription_id\":" + subscription + ",\"event\":\"" + event
                            + "\",\"statuses\":[\"delivered\"],\"rate\":2}",
                    202);
            await().atMost(SOON).until(() -> shown(replay).path("queued").asInt() >= 4);
            Duration taken = Duration.ofNanos(System.nanoTime() - from);

            HttpResponse<String> cancelled =
                    tenant.send("POST", REPLAYS + "/" + replay.path("id").asText() + "/cancel", "");

            JsonNode shown = HubProcess.json(cancelled);
            assertThat(taken).isGreaterThan(Duration.ofMillis(900));
            assertThat(shown.path("state").textValue()).isEqualTo("cancelled");
            assertThat(tenant.get("/api/v1/audit?subject=replay/"
                                    + replay.path("id").asText())
                            .body())
                    .contains("replay.create", "replay.cancel");
            assertThat(shown.path("expected").asInt()).isEqualTo(30);
            assertThat(shown.path("queued").asInt()).isLessThan(30);
            await().atMost(SOON)
                    .until(() -> receiver.received().size()
                            == 30 + shown.path("queued").asInt());
            assertThat(tenant.send("POST", REPLAYS + "/" + replay.path("id").asText() + "/cancel", "")
                            .statusCode())
                    .isEqualTo(409);
        }
    }

    @Test
    void aReplayOutlivesTheProcessAndQueuesEachOnce() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            publish(40);
            await().atMost(SOON)
                    .until(() -> receiver.received().size() == 40
                            && stats(subscription).path("backlog").asInt() == 0);
            JsonNode replay = replay(
                    REPLAYS,
                    "{\"subscription_id\":" + subscription + ",\"statuses\":[\"delivered\"],\"rate\":10}",
                    202);
            await().atMost(SOON).until(() -> shown(replay).path("queued").asInt() >= 10);

            hub.kill();
            hub.restart();
            tenant = new Subscriber(hub);

            JsonNode done = ended(replay);
            assertThat(done.path("state").textValue()).isEqualTo("done");
            assertThat(done.path("queued").asInt()).isEqualTo(40);
            await().atMost(SOON).until(() -> stats(subscription).path("backlog").asInt() == 0);
            assertThat(resources(receiver)).hasSizeBetween(80, 80 + 10);
        }
    }

    @Test
    void theBacklogOfASubscriptionIsShownWithItsAge() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.send("POST", SUBSCRIPTIONS + "/" + subscription + "/pause", "");
            publish(5);

            await().atMost(SOON).until(() -> stats(subscription).path("paused").asInt() == 5);

            JsonNode stats = stats(subscription);
            assertThat(stats.path("backlog").asInt()).isEqualTo(5);
            assertThat(stats.path("oldest_received_at").textValue()).isNotNull();
            await().atMost(SOON)
                    .until(() -> stats(subscription).path("lag_seconds").asDouble() > 0);
            assertThat(tenant.get(SUBSCRIPTIONS + "/999999/stats").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void aReplayWhoseSubscriptionIsDeletedFailsAndSaysWhy() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            publish(10);
            await().atMost(SOON).until(() -> receiver.received().size() == 10);
            JsonNode replay = replay(
                    REPLAYS, "{\"subscription_id\":" + subscription + ",\"statuses\":[\"delivered\"],\"rate\":1}", 202);

            tenant.send("DELETE", SUBSCRIPTIONS + "/" + subscription, "");

            JsonNode failed = ended(replay);
            assertThat(failed.path("state").textValue()).isEqualTo("failed");
            assertThat(failed.path("error").textValue()).isEqualTo("Its subscription is deleted");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"subscription_id":999999}                       | subscription_id
            {"subscription_id":"1"}                          | subscription_id
            {"source":"events"}                              | subscription_id
            {"source":"everything"}                          | source
            {"rate":0}                                       | rate
            {"rate":1001}                                    | rate
            {"statuses":["pending"]}                         | statuses
            {"statuses":[]}                                  | statuses
            {"statuses":"dead"}                              | statuses
            {"since":"yesterday"}                            | since
            {"event":""}                                     | event
            {"dry_run":"yes"}                                | dry_run
            """)
    void aWrongFieldIsNamed(String body, String field) {
        assertThat(replay(REPLAYS, body, 422).at("/error/details/0/loc").toString())
                .contains(field);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(tenant.get(REPLAYS + "/999999").statusCode()).isEqualTo(404);
        assertThat(tenant.get(REPLAYS + "/x").statusCode()).isEqualTo(404);
        assertThat(tenant.send("POST", REPLAYS + "/999999/cancel", "").statusCode())
                .isEqualTo(404);
        assertThat(tenant.get(REPLAYS + "?cursor=x").statusCode()).isEqualTo(422);
        assertThat(HubProcess.json(tenant.get(REPLAYS + "?limit=1")).has("data"))
                .isTrue();
        assertThat(HubProcess.json(tenant.get(DELIVERIES + "?status=dead")).has("data"))
                .isTrue();
    }
}
