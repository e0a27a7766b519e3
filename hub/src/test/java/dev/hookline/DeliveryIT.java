package dev.hookline;

import static dev.hookline.Subscriber.DELIVERIES;
import static dev.hookline.Subscriber.SUBSCRIPTIONS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Delivery by the running process to receivers that behave, and to some that do not. */
class DeliveryIT extends DeliverySetting {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void aReceiverThatAnswers500IsTriedFourTimesThenDeadWithItsError() {
        try (Receiver receiver = Receiver.answering(500)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("dead"));

            List<Receiver.Received> attempts = receiver.received();
            assertThat(attempts).hasSize(4);
            assertThat(seconds(attempts.get(0), attempts.get(1))).isCloseTo(1, within(0.7));
            assertThat(seconds(attempts.get(1), attempts.get(2))).isCloseTo(2, within(0.7));
            assertThat(seconds(attempts.get(2), attempts.get(3))).isCloseTo(4, within(0.7));
            assertThat(attempts)
                    .extracting(Receiver.Received::body)
                    .containsOnly(attempts.getFirst().body());
            assertThat(attempts)
                    .extracting(attempt -> attempt.headers().getFirst("webhook-id"))
                    .containsOnly(attempts.getFirst().headers().getFirst("webhook-id"));
            JsonNode row = tenant.deliveries(subscription).getFirst();
            assertThat(row.path("attempts").asInt()).isEqualTo(4);
            assertThat(row.path("response_code").asInt()).isEqualTo(500);
            assertThat(row.path("last_error").asText()).isEqualTo("The receiver answered 500");
        }
    }

    private static double seconds(Receiver.Received from, Receiver.Received to) {
        return (to.atNanos() - from.atNanos()) / 1e9;
    }

    @Test
    void aReceiverThatAnswers503TwiceIsDelivered() {
        AtomicInteger calls = new AtomicInteger();
        try (Receiver receiver = new Receiver(
                (exchange, _) -> exchange.sendResponseHeaders(calls.incrementAndGet() <= 2 ? 503 : 204, -1))) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("delivered"));

            assertThat(receiver.received()).hasSize(3);
            assertThat(tenant.deliveries(subscription)
                            .getFirst()
                            .path("attempts")
                            .asInt())
                    .isEqualTo(3);
        }
    }

    @Test
    void aReceiverThatIsNotThereIsDeadWithTheReason() {
        Receiver gone = Receiver.answering(200);
        String url = gone.url("/");
        gone.close();
        long subscription = tenant.subscribe(url, event);
        tenant.publish(event, "inv-1");

        await().atMost(SOON).until(() -> tenant.status(subscription).equals("dead"));

        assertThat(tenant.deliveries(subscription).getFirst().path("last_error").asText())
                .startsWith("No connection to 127.0.0.1");
    }

    @Test
    void aRedirectIsNotFollowed() {
        try (Receiver elsewhere = Receiver.answering(200);
                Receiver receiver = new Receiver((exchange, _) -> {
                    exchange.getResponseHeaders().add("Location", elsewhere.url("/"));
                    exchange.sendResponseHeaders(307, -1);
                })) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("retrying"));

            assertThat(elsewhere.received()).isEmpty();
            assertThat(tenant.deliveries(subscription)
                            .getFirst()
                            .path("last_error")
                            .asText())
                    .contains("307")
                    .contains("redirect");
        }
    }

    @Test
    void anEndlessAnswerIsCutAndItsStatusCounts() {
        CountDownLatch cut = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (true) {
                    body.write(new byte[8192]);
                }
            } finally {
                cut.countDown();
            }
        })) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("delivered"));
            await().atMost(SOON).until(() -> cut.getCount() == 0);
        }
    }

    @Test
    void anAnswerThatDripsIsATimeoutAfterTenSecondsInAll() {
        CountDownLatch end = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (!end.await(500, TimeUnit.MILLISECONDS)) {
                    body.write('.');
                    body.flush();
                }
            }
        })) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("retrying"));

            assertThat(tenant.deliveries(subscription)
                            .getFirst()
                            .path("last_error")
                            .asText())
                    .startsWith("No complete answer within 10 s;");
            end.countDown();
        }
    }

    @Test
    void twentyThatHangDoNotDelayAHealthyOne() {
        try (Receiver healthy = Receiver.answering(200);
                Receiver hanging = new Receiver((_, _) -> new CountDownLatch(1).await())) {
            tenant.subscribe(healthy.url("/"), event);
            double alone = medianMillis(healthy);
            for (int i = 0; i < 20; i++) {
                tenant.subscribe(hanging.url("/" + i), event);
            }

            // A backlog for each of them, as large as the memory they may take.
            ObjectNode backlog = Json.object();
            ArrayNode events = backlog.putArray("events");
            for (int i = 0; i < 1_000; i++) {
                events.add(Subscriber.event(event, "backlog-" + i));
            }
            for (int i = 0; i < 3; i++) {
                assertThat(tenant.post(Subscriber.EVENTS, backlog).statusCode()).isEqualTo(202);
            }
            await().atMost(SOON).until(() -> healthy.received().size() == 3_100);

            double beside = medianMillis(healthy);

            assertThat(hanging.received()).hasSizeGreaterThanOrEqualTo(20);
            // Waiting for one that hangs costs seconds; how much less it may be is measured by `bench isolation`.
            assertThat(beside).isLessThan(alone + 500);
        }
    }

    /** From publishing until arrival, of a hundred events one after the other. */
    private double medianMillis(Receiver receiver) {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int before = receiver.received().size();
            long from = System.nanoTime();
            tenant.publish(event, "inv-" + i);
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> receiver.received().size() > before);
            nanos.add(receiver.received().getLast().atNanos() - from);
        }
        return nanos.stream().sorted().toList().get(50) / 1e6;
    }

    @Test
    void aSubscriptionMadeBetweenTwoEventsGetsExactlyTheSecond() {
        try (Receiver receiver = Receiver.answering(200)) {
            for (int round = 0; round < 20; round++) {
                String type = event + "_" + round;
                tenant.publish(type, "first");
                long subscription = tenant.subscribe(receiver.url("/" + round), type);
                tenant.publish(type, "second");
                String path = "/" + round;
                await().atMost(SOON).until(() -> tenant.status(subscription).equals("delivered"));
                assertThat(receiver.received().stream().filter(one -> one.path().equals(path)))
                        .extracting(one -> one.json().path("resource_id").asText())
                        .containsExactly("second");
            }
        }
    }

    @Test
    void aPausedSubscriptionKeepsItsBacklogAndGetsItOnResume() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            assertThat(tenant.send("POST", SUBSCRIPTIONS + "/" + subscription + "/pause", "")
                            .statusCode())
                    .isEqualTo(200);
            for (int i = 0; i < 5; i++) {
                tenant.publish(event, "inv-" + i);
            }
            await().atMost(SOON).until(() -> tenant.deliveries(subscription).size() == 5);
            assertThat(tenant.deliveries(subscription))
                    .extracting(row -> row.path("status").asText())
                    .containsOnly("paused");
            assertThat(receiver.received()).isEmpty();

            tenant.send("POST", SUBSCRIPTIONS + "/" + subscription + "/resume", "");

            await().atMost(SOON).until(() -> receiver.received().size() == 5);
            await().atMost(SOON)
                    .until(() -> tenant.deliveries(subscription).stream()
                            .allMatch(row -> row.path("status").asText().equals("delivered")));
        }
    }

    @Test
    void aDeletedSubscriptionGetsNothingMore() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/gone"), event);
            tenant.subscribe(receiver.url("/stays"), event);
            assertThat(tenant.send("DELETE", SUBSCRIPTIONS + "/" + subscription, "")
                            .statusCode())
                    .isEqualTo(200);
            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> !receiver.received().isEmpty());
            assertThat(receiver.received()).extracting(Receiver.Received::path).containsExactly("/stays");
            assertThat(tenant.get(SUBSCRIPTIONS + "/" + subscription).statusCode())
                    .isEqualTo(404);
            assertThat(tenant.send("DELETE", SUBSCRIPTIONS + "/" + subscription, "")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void aChangeOfUrlAndSecretTakesEffectAtOnce() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/old"), event);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> receiver.received().size() == 1);

            String change = Json.object()
                    .put("url", receiver.url("/new"))
                    .put("secret", "another-secret-1234")
                    .toString();
            assertThat(tenant.send("PATCH", SUBSCRIPTIONS + "/" + subscription, change)
                            .statusCode())
                    .isEqualTo(200);
            await().atMost(SOON).until(() -> {
                tenant.publish(event, "inv-2");
                return receiver.received().getLast().path().equals("/new");
            });

            String shown = tenant.get(SUBSCRIPTIONS + "/" + subscription).body();
            assertThat(shown).contains("…1234").doesNotContain("another-secret").doesNotContain(Subscriber.SECRET);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|url",
                "{\"url\":\"https://example.com/\"}|event",
                "{\"url\":\"ftp://example.com/\",\"event\":\"a.b\"}|url",
                "{\"url\":\"http://10.1.2.3/\",\"event\":\"a.b\"}|url",
                "{\"url\":\"https://10.1.2.3/\",\"event\":\"a.b\"}|url",
                "{\"url\":\"https://[::1]/\",\"event\":\"a.b\"}|url",
                "{\"url\":\"https://0x7f.1/\",\"event\":\"a.b\"}|url",
                "{\"url\":\"https://example.com/\",\"event\":5}|event",
                "{\"url\":\"https://example.com/\",\"event\":\"a.b\",\"secret\":\"short\"}|secret",
                "{\"url\":\"https://example.com/\",\"event\":\"a.b\",\"secret\":\"whsec_%%%%\"}|secret"
            })
    void aSubscriptionThatCannotBeIsRefusedNamingTheField(String body, String field) {
        var answer = tenant.send("POST", SUBSCRIPTIONS, body);

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(HubProcess.json(answer).at("/error/details/0/loc/1").asText())
                .isEqualTo(field);
    }

    @Test
    void withoutATokenNothingIsShownOrTaken() {
        assertThat(hub.get(SUBSCRIPTIONS).statusCode()).isEqualTo(401);
        assertThat(hub.get(DELIVERIES).statusCode()).isEqualTo(401);
        assertThat(hub.post(Subscriber.EVENTS, Subscriber.event(event, "1").toString())
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void metricsCountWhatWasDelivered() {
        try (Receiver receiver = Receiver.answering(200)) {
            long subscription = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> tenant.status(subscription).equals("delivered"));

            assertThat(hub.get("/metrics").body())
                    .contains("webhook_deliveries_total{event=\"" + event
                            + "\",status=\"delivered\",tenant_id=\"default\"} 1.0")
                    .contains("webhook_delivery_http_status{event=\"" + event + "\",status_code=\"200\"} 1.0")
                    .contains("webhook_delivery_http_status_total{event=\"" + event + "\",status_code=\"200\"} 1.0")
                    .contains("webhook_delivery_duration_seconds_bucket{event=\"" + event
                            + "\",tenant_id=\"default\",le=\"10.0\"} 1")
                    .contains("# TYPE webhook_retries_total counter");
        }
    }

    private static void done(String path, String body) {
        HttpResponse<String> answer = tenant.send("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 202);
    }

    private static List<String> audited(String subject) {
        List<String> actions = new ArrayList<>();
        HubProcess.json(tenant.get("/api/v1/audit?subject=" + subject))
                .path("data")
                .forEach(entry -> actions.add(entry.path("action").asText()));
        return actions;
    }

    @Test
    void whatPeopleDoToDeliveriesIsInTheAuditTrail() {
        try (Receiver receiver = Receiver.answering(500)) {
            ObjectNode body = Json.object().put("url", receiver.url("/")).put("event", event);
            body.put("secret", Subscriber.SECRET).put("ordered", true).putArray("retry_policy");
            long subscription =
                    HubProcess.json(tenant.post(SUBSCRIPTIONS, body)).path("id").asLong();
            long dead = tenant.publish(event, "inv-1");
            long waiting = tenant.publish(event, "inv-1");
            String first = subscription + "-" + dead;
            String second = subscription + "-" + waiting;
            awaitStatus(first, "dead");

            done(DELIVERIES + "/" + first + "/retry", "");
            awaitStatus(first, "dead");
            done(DELIVERIES + "/retry", "{\"ids\":[\"" + first + "\",\"" + second + "\"]}");
            awaitStatus(first, "dead");
            done("/api/v1/webhooks/retry", "{\"event_id\":" + dead + "}");
            awaitStatus(first, "dead");
            done(DELIVERIES + "/" + second + "/cancel", "");
            tenant.publish(event, "inv-1");
            done(DELIVERIES + "/" + first + "/skip", "");
            done("/api/v1/tenant/webhooks/dead-letters/replay", "{\"subscription_id\":" + subscription + "}");

            assertThat(audited("delivery/" + first)).containsExactly("delivery.skip", "delivery.retry");
            JsonNode many = HubProcess.json(tenant.get("/api/v1/audit?subject=delivery"))
                    .path("data");
            assertThat(many).hasSize(1);
            assertThat(many.at("/0/action").asText()).isEqualTo("delivery.retry");
            assertThat(many.at("/0/after/ids")).isEqualTo(Json.read("[\"" + first + "\"]"));
            assertThat(audited("delivery/" + second)).containsExactly("delivery.cancel");
            assertThat(audited("event/" + dead)).containsExactly("event.retry");
            assertThat(tenant.get("/api/v1/audit?action=replay.create").body())
                    .contains("\"subscription_id\":" + subscription);
        }
    }

    private static void awaitStatus(String id, String status) {
        await().atMost(SOON)
                .until(() -> HubProcess.json(tenant.get(DELIVERIES + "/" + id))
                        .path("status")
                        .asText()
                        .equals(status));
    }
}
