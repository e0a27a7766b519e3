package dev.hookline;

import static dev.hookline.Subscriber.DELIVERIES;
import static dev.hookline.Subscriber.SUBSCRIPTIONS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What people see of deliveries, and do about them, over HTTP. */
class DeliveryHistoryIT extends DeliverySetting {
    private static final Duration SOON = Duration.ofSeconds(30);

    private long subscribe(String url, String retries) {
        ObjectNode body = Json.object().put("url", url).put("event", event).put("secret", Subscriber.SECRET);
        body.putObject("headers").put("X-Api-Key", "a-very-secret-key-1234");
        body.set("retry_policy", Json.read(retries));
        return HubProcess.json(tenant.post(SUBSCRIPTIONS, body)).path("id").asLong();
    }

    private String deliver(long subscription, String id) {
        return subscription + "-" + tenant.publish(event, id);
    }

    private static JsonNode shown(String id) {
        return HubProcess.json(tenant.get(DELIVERIES + "/" + id));
    }

    private static void awaitStatus(String id, String status) {
        await().atMost(SOON).until(() -> shown(id).path("status").asText().equals(status));
    }

    private static HttpResponse<String> act(String id, String action) {
        return tenant.send("POST", DELIVERIES + "/" + id + "/" + action, "");
    }

    private static Receiver failing(AtomicInteger failures) {
        return new Receiver((exchange, _) -> {
            byte[] answer = "not today".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(failures.getAndDecrement() > 0 ? 503 : 200, answer.length);
            exchange.getResponseBody().write(answer);
        });
    }

    @Test
    void everyAttemptIsShownWithRequestAnswerAndTimes() {
        try (Receiver receiver = failing(new AtomicInteger(1))) {
            String id = deliver(subscribe(receiver.url("/"), "[1]"), "inv-1");
            awaitStatus(id, "delivered");

            JsonNode shown = shown(id);

            assertThat(shown.path("attempts").asInt()).isEqualTo(2);
            assertThat(shown.path("resource_id").textValue()).isEqualTo("inv-1");
            assertThat(shown.path("last_error").isNull()).isTrue();
            JsonNode last = shown.at("/history/0");
            JsonNode first = shown.at("/history/1");
            assertThat(shown.path("history")).hasSize(2);
            assertThat(first.path("number").asInt()).isEqualTo(1);
            assertThat(first.path("delivered").booleanValue()).isFalse();
            assertThat(first.path("error_class").textValue()).isEqualTo("server_error");
            assertThat(first.path("error").textValue()).isEqualTo("The receiver answered 503");
            assertThat(first.at("/response/status").asInt()).isEqualTo(503);
            assertThat(first.at("/response/body").textValue()).isEqualTo("not today");
            assertThat(last.path("delivered").booleanValue()).isTrue();
            assertThat(last.path("error_class").isNull()).isTrue();
            assertThat(last.at("/timing/connect_ms").isNumber()).isTrue();
            assertThat(last.at("/timing/answer_ms").asDouble()).isPositive();
            Receiver.Received received = receiver.received().getLast();
            assertThat(last.at("/request/headers/X-Signature").textValue())
                    .isEqualTo(received.headers().getFirst("X-Signature"));
            assertThat(last.at("/request/headers/X-Api-Key").textValue()).isEqualTo("…1234");
            assertThat(hub.output()).doesNotContain("a-very-secret-key-1234");
        }
    }

    @Test
    void aConnectionThatFailsIsAnAttemptWithoutAnswer() {
        Receiver gone = Receiver.answering(200);
        String url = gone.url("/");
        gone.close();
        String id = deliver(subscribe(url, "[]"), "inv-1");
        awaitStatus(id, "dead");

        JsonNode attempt = shown(id).at("/history/0");

        assertThat(attempt.path("error_class").textValue()).isEqualTo("connection_refused");
        assertThat(attempt.path("response").isNull()).isTrue();
        assertThat(attempt.at("/timing/answer_ms").isNull()).isTrue();
    }

    @Test
    void theListIsFilteredAndPaged() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = subscribe(receiver.url("/"), "[]");
            List<String> ids = List.of("a", "b", "c", "b").stream()
                    .map(one -> deliver(subscription, one))
                    .toList();
            await().atMost(SOON).until(() -> receiver.received().size() == 4);

            String path = DELIVERIES + "?subscription_id=" + subscription;
            assertThat(ids(HubProcess.json(tenant.get(path + "&resource_id=b&resource_type=invoice"))))
                    .containsExactly(ids.get(3), ids.get(1));
            assertThat(ids(HubProcess.json(tenant.get(path + "&event=" + event + "&since=2020-01-01T00:00:00Z"))))
                    .containsExactlyElementsOf(ids.reversed());
            assertThat(ids(HubProcess.json(tenant.get(path + "&until=2020-01-01T00:00:00Z"))))
                    .isEmpty();
            JsonNode page = HubProcess.json(tenant.get(path + "&limit=3"));
            assertThat(ids(page)).containsExactlyElementsOf(ids.subList(1, 4).reversed());
            assertThat(ids(HubProcess.json(tenant.get(
                            path + "&limit=3&cursor=" + page.path("next").textValue()))))
                    .containsExactly(ids.getFirst());
        }
    }

    private static List<String> ids(JsonNode page) {
        return StreamSupport.stream(page.path("data").spliterator(), false)
                .map(row -> row.path("id").textValue())
                .toList();
    }

    @Test
    void whatIsWrongInAQueryOrAPathIsNamed() {
        assertThat(tenant.get(DELIVERIES + "?status=lost").statusCode()).isEqualTo(422);
        assertThat(tenant.get(DELIVERIES + "?cursor=x").body()).contains("cursor");
        assertThat(tenant.get(DELIVERIES + "?since=yesterday").body()).contains("since");
        assertThat(tenant.get(DELIVERIES + "?subscription_id=99999999999999999999")
                        .statusCode())
                .isEqualTo(422);
        assertThat(tenant.get(DELIVERIES + "/x").statusCode()).isEqualTo(404);
        assertThat(tenant.get(DELIVERIES + "/1-99999999999").statusCode()).isEqualTo(404);
        assertThat(act("1-99999999999", "retry").statusCode()).isEqualTo(404);
        assertThat(tenant.send("POST", DELIVERIES + "/retry", "{\"ids\":[\"1-1\",7]}")
                        .body())
                .contains("ids[1]");
        assertThat(tenant.send("POST", DELIVERIES + "/retry", "{\"ids\":[]}").statusCode())
                .isEqualTo(422);
    }

    /** The retry that was planned comes as it was planned, however often somebody asks for one in between. */
    @Test
    void aManualRetryTakesNoneOfThePolicys() {
        AtomicInteger failures = new AtomicInteger(2);
        try (Receiver receiver = failing(failures)) {
            String id = deliver(subscribe(receiver.url("/"), "[3600]"), "inv-1");
            awaitStatus(id, "retrying");

            assertThat(act(id, "retry").statusCode()).isEqualTo(202);
            await().atMost(SOON).until(() -> shown(id).path("history").size() == 2);

            JsonNode shown = shown(id);
            assertThat(shown.path("status").textValue()).isEqualTo("retrying");
            assertThat(shown.path("attempts").asInt()).isEqualTo(2);
            assertThat(shown.path("next_attempt_at").textValue()).isNotNull();
            assertThat(act(id, "retry").statusCode()).isEqualTo(202);
            awaitStatus(id, "delivered");
            assertThat(shown(id).path("attempts").asInt()).isEqualTo(3);
        }
    }

    @Test
    void whatIsDeadOrDeliveredIsSentAgainWhenSomebodyAsks() {
        AtomicInteger failures = new AtomicInteger(100);
        try (Receiver receiver = failing(failures)) {
            long subscription = subscribe(receiver.url("/"), "[]");
            String id = deliver(subscription, "inv-1");
            awaitStatus(id, "dead");
            int tried = shown(id).path("attempts").asInt();
            failures.set(0);

            assertThat(act(id, "retry").statusCode()).isEqualTo(202);
            awaitStatus(id, "delivered");
            JsonNode many = HubProcess.json(tenant.send(
                    "POST", DELIVERIES + "/retry", "{\"ids\":[\"" + id + "\",\"" + subscription + "-1\"]}"));

            assertThat(many.path("retried").asInt()).isEqualTo(1);
            assertThat(many.path("skipped")).hasSize(1);
            await().atMost(SOON).until(() -> shown(id).path("history").size() == tried + 2);
            assertThat(receiver.received()).hasSize(tried + 2);
            assertThat(shown(id).at("/history/0/number").asInt()).isEqualTo(tried + 2);
            assertThat(receiver.received())
                    .extracting(one -> one.headers().getFirst("webhook-id"))
                    .containsOnly(receiver.received().getFirst().headers().getFirst("webhook-id"));
        }
    }

    @Test
    void aCancelledRetryNeverComes() {
        try (Receiver receiver = failing(new AtomicInteger(1))) {
            String id = deliver(subscribe(receiver.url("/"), "[3600]"), "inv-1");
            awaitStatus(id, "retrying");

            JsonNode cancelled = HubProcess.json(act(id, "cancel"));

            assertThat(cancelled.path("status").textValue()).isEqualTo("cancelled");
            assertThat(cancelled.path("may_still_arrive").booleanValue()).isFalse();
            assertThat(cancelled.path("next_attempt_at").isNull()).isTrue();
            assertThat(act(id, "cancel").statusCode()).isEqualTo(409);
            assertThat(act(id, "retry").statusCode()).isEqualTo(202);
            awaitStatus(id, "delivered");
        }
    }

    @Test
    void whatIsUnderWayWhenItIsCancelledStaysCancelled() {
        CountDownLatch answer = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            answer.await();
            exchange.sendResponseHeaders(200, -1);
        })) {
            String id = deliver(subscribe(receiver.url("/"), "[]"), "inv-1");
            await().atMost(SOON).until(() -> receiver.received().size() == 1);

            JsonNode cancelled = HubProcess.json(act(id, "cancel"));
            answer.countDown();

            assertThat(cancelled.path("may_still_arrive").booleanValue()).isTrue();
            assertThat(act(id, "retry").statusCode()).isEqualTo(202);
            awaitStatus(id, "delivered");
        }
    }

    @Test
    void whatIsPausedIsNotSentByARetry() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = subscribe(receiver.url("/"), "[]");
            tenant.send("POST", SUBSCRIPTIONS + "/" + subscription + "/pause", "");
            String id = deliver(subscription, "inv-1");
            awaitStatus(id, "paused");

            HttpResponse<String> refused = act(id, "retry");

            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("paused");
            assertThat(receiver.received()).isEmpty();
        }
    }

    private static List<JsonNode> told(Receiver receiver, String field, String value) {
        return receiver.received().stream()
                .map(Receiver.Received::json)
                .filter(one -> one.path("data").path(field).asText().equals(value))
                .toList();
    }

    @Test
    void aDeliveryThatDiesIsAnEventOfItsOwnAndThatOfSuchAnEventIsNone() {
        try (Receiver operator = Receiver.answering(200);
                Receiver broken = Receiver.answering(500)) {
            subscribe(subscription(operator.url("/"), "webhook.*"));
            long deaf = subscribe(subscription(broken.url("/deaf"), "webhook.delivery.dead"));
            String id = deliver(subscribe(subscription(broken.url("/"), event)), "inv-1");
            awaitStatus(id, "dead");

            await().atMost(SOON).until(() -> !told(operator, "delivery_id", id).isEmpty());
            await().atMost(SOON)
                    .until(() -> !tenant.deliveries(deaf).isEmpty()
                            && tenant.deliveries(deaf).stream()
                                    .allMatch(row -> row.path("status").asText().equals("dead")));
            String after = deliver(subscribe(subscription(broken.url("/"), event)), "inv-2");
            await().atMost(SOON)
                    .until(() -> !told(operator, "delivery_id", after).isEmpty());

            JsonNode told = told(operator, "delivery_id", id).getFirst();
            assertThat(told(operator, "delivery_id", id)).hasSize(1);
            assertThat(told.path("event").textValue()).isEqualTo("webhook.delivery.dead");
            assertThat(told.at("/data/event").textValue()).isEqualTo(event);
            assertThat(told.at("/data/resource_id").textValue()).isEqualTo("inv-1");
            assertThat(told.at("/data/error").textValue()).isEqualTo("The receiver answered 500");
            assertThat(told.at("/data/attempts").asInt()).isEqualTo(1);
            assertThat(told(operator, "event", "webhook.delivery.dead")).isEmpty();
        }
    }

    @Test
    void aSubscriptionWhoseReceiverIsGoneIsToldOfOnce() {
        try (Receiver operator = Receiver.answering(200);
                Receiver gone = Receiver.answering(410)) {
            subscribe(subscription(operator.url("/"), "webhook.subscription.disabled"));
            long subscription = subscribe(subscription(gone.url("/"), event));
            tenant.publish(event, "inv-1");

            await().atMost(SOON)
                    .until(() -> !told(operator, "subscription_id", Long.toString(subscription))
                            .isEmpty());

            assertThat(told(operator, "subscription_id", Long.toString(subscription))
                            .getFirst()
                            .at("/data/reason")
                            .textValue())
                    .contains("410");
        }
    }

    @Test
    void whatWaitsForADeadOneOfItsRecordGoesOnWhenThatIsSkippedOrReplayed() {
        AtomicInteger failures = new AtomicInteger(1);
        try (Receiver receiver = failing(failures)) {
            ObjectNode body = subscription(receiver.url("/"), event);
            body.put("ordered", true);
            long subscription = subscribe(body);
            String first = deliver(subscription, "inv-1");
            awaitStatus(first, "dead");
            String second = deliver(subscription, "inv-1");
            String other = deliver(subscription, "inv-2");
            awaitStatus(other, "delivered");
            awaitStatus(second, "blocked");
            assertThat(act(second, "retry").body()).contains("its record");
            assertThat(act(second, "skip").statusCode()).isEqualTo(409);

            assertThat(act(first, "skip").statusCode()).isEqualTo(200);

            awaitStatus(second, "delivered");
            assertThat(shown(first).path("status").textValue()).isEqualTo("dead");

            failures.set(1);
            String third = deliver(subscription, "inv-1");
            awaitStatus(third, "dead");
            String fourth = deliver(subscription, "inv-1");
            String fifth = deliver(subscription, "inv-1");
            awaitStatus(fourth, "blocked");
            assertThat(act(fourth, "cancel").statusCode()).isEqualTo(200);
            assertThat(act(third, "retry").statusCode()).isEqualTo(202);
            awaitStatus(fifth, "delivered");
            assertThat(shown(third).path("status").textValue()).isEqualTo("delivered");
            assertThat(shown(fourth).path("status").textValue()).isEqualTo("cancelled");
        }
    }

    /** A replay of what was delivered to an ordered subscription keeps the order of each record too. */
    @Test
    void manyAtOnceAreSentAgainInTheOrderOfTheirRecord() {
        try (Receiver receiver = Receiver.answering(200)) {
            ObjectNode body = subscription(receiver.url("/"), event);
            body.put("ordered", true);
            long subscription = subscribe(body);
            List<String> ids = IntStream.range(0, 10)
                    .mapToObj(_ -> deliver(subscription, "inv-1"))
                    .toList();
            ids.forEach(id -> awaitStatus(id, "delivered"));
            ObjectNode many = Json.object();
            ids.reversed().forEach(many.putArray("ids")::add);

            assertThat(HubProcess.json(tenant.post(DELIVERIES + "/retry", many))
                            .path("retried")
                            .asInt())
                    .isEqualTo(10);

            await().atMost(SOON).until(() -> receiver.received().size() == 20);
            List<String> sent = receiver.received().stream()
                    .map(one -> one.headers().getFirst("webhook-id"))
                    .toList();
            assertThat(sent.subList(10, 20)).containsExactlyElementsOf(sent.subList(0, 10));
        }
    }

    @Test
    void theFamiliesOfTheSeedStandInTheFirstScrapeAndCount() {
        try (Receiver receiver = failing(new AtomicInteger(1))) {
            assertThat(hub.get("/metrics").body())
                    .contains("webhook_delivery_lag_seconds{tenant_id=\"default\"}")
                    .contains("webhook_deliveries_total{event=\"none\",status=\"failed\",tenant_id=\"default\"} 0.0")
                    .contains("webhook_retries_total{event=\"none\",reason=\"timeout\",tenant_id=\"default\"} 0.0");
            String id = deliver(subscribe(receiver.url("/"), "[1]"), "inv-1");
            awaitStatus(id, "delivered");

            String scraped = hub.get("/metrics").body();

            assertThat(scraped)
                    .contains("webhook_deliveries_total{event=\"" + event
                            + "\",status=\"delivered\",tenant_id=\"default\"} 1.0")
                    .contains("webhook_retries_total{event=\"" + event
                            + "\",reason=\"server_error\",tenant_id=\"default\"} 1.0")
                    .contains("webhook_delivery_http_status_total{event=\"" + event + "\",status_code=\"503\"} 1.0")
                    .contains("webhook_delivery_http_status{event=\"" + event + "\",status_code=\"200\"} 1.0");
            for (String bound : List.of("0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf")) {
                assertThat(scraped)
                        .contains("webhook_delivery_duration_seconds_bucket{event=\"" + event
                                + "\",tenant_id=\"default\",le=\"" + bound + "\"} ");
            }
        }
    }
}
