package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.Receiver;
import dev.hookline.Subscriber;
import dev.hookline.kernel.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Seed 004's retries, timeout, metrics and checklist (its sections 4, 9, 10 and 11), as receivers and scrapers see them. */
@DisplayName("Seed 004, GestiqCloud: delivery")
class GestiqCloudDeliveryIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static Subscriber tenant;

    private final String event = "invoice.told_" + NEXT.incrementAndGet();

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        tenant = new Subscriber(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static Duration between(Receiver receiver, int earlier, int later) {
        List<Receiver.Received> received = receiver.received();
        return Duration.ofNanos(
                received.get(later).atNanos() - received.get(earlier).atNanos());
    }

    /** Section 10: "Max 3 retries with exponential backoff (1s, 2s, 4s)". */
    @Test
    void retriesComeAfterOneTwoAndFourSecondsAndNoneAfterThem() {
        try (Receiver receiver = Receiver.answering(500)) {
            long id = tenant.subscribe(receiver.url("/"), event);

            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(id).equals("dead"));
            assertThat(receiver.received()).hasSize(4);
            for (int retry = 1; retry <= 3; retry++) {
                Duration planned = Duration.ofSeconds(1L << (retry - 1));
                assertThat(between(receiver, retry - 1, retry)).isBetween(planned, planned.plusSeconds(2));
            }
        }
    }

    /** Section 10: "Timeout: 10 seconds per delivery"; section 4: the reasons of retries. */
    @Test
    void anAttemptEndsAfterTenSecondsAndTheReasonOfARetryIsALabel() {
        CountDownLatch never = new CountDownLatch(1);
        Receiver gone = Receiver.answering(200);
        Map<String, Receiver> receivers = new LinkedHashMap<>();
        receivers.put("timeout", new Receiver((_, _) -> never.await()));
        receivers.put("connection_error", new Receiver((exchange, _) -> exchange.close()));
        receivers.put("connection_refused", gone);
        receivers.put("client_error", Receiver.answering(404));
        receivers.put("server_error", Receiver.answering(503));
        receivers.put("redirect", Receiver.answering(302));
        gone.close();
        try {
            Map<String, Long> ids = new LinkedHashMap<>();
            receivers.forEach((reason, receiver) -> ids.put(reason, tenant.subscribe(receiver.url("/"), event)));

            tenant.publish(event, "inv-1");

            for (String reason : receivers.keySet()) {
                String series = "webhook_retries_total{event=\"" + event + "\",reason=\"" + reason
                        + "\",tenant_id=\"default\"} ";
                await().atMost(SOON)
                        .untilAsserted(
                                () -> assertThat(hub.get("/metrics").body()).contains(series));
            }
            Receiver silent = receivers.get("timeout");
            await().atMost(SOON).until(() -> silent.received().size() == 2);
            assertThat(between(silent, 0, 1)).isBetween(Duration.ofSeconds(11), Duration.ofSeconds(14));
            assertThat(tenant.deliveries(ids.get("timeout"))
                            .getFirst()
                            .path("last_error")
                            .textValue())
                    .startsWith("No complete answer within 10 s");
        } finally {
            never.countDown();
            receivers.values().forEach(Receiver::close);
        }
    }

    private double failed() {
        String series = "webhook_deliveries_total{event=\"" + event + "\",status=\"failed\",tenant_id=\"default\"} ";
        return hub.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .sum();
    }

    /** Section 4's {@code status="failed"}, and section 9's {@code last_error}: the row's own word is {@code dead}. */
    @Test
    void whatFailsForGoodCountsAsFailedAndIsFoundByThatWord() {
        try (Receiver receiver = Receiver.answering(404)) {
            ObjectNode body = Json.object().put("url", receiver.url("/")).put("event", event);
            body.putArray("retry_policy");
            long id = HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body))
                    .path("id")
                    .asLong();

            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> failed() == 1);
            tenant.publish(event, "inv-2");
            await().atMost(SOON).until(() -> failed() == 2);

            await().atMost(SOON).until(() -> rows(id, "failed").size() == 2);
            for (JsonNode row : rows(id, "failed")) {
                assertThat(row.path("last_error").textValue()).isEqualTo("The receiver answered 404");
                assertThat(row.path("status").textValue()).isEqualTo("dead");
            }
            assertThat(rows(id, "delivered")).isEmpty();
        }
    }

    private static List<JsonNode> rows(long subscription, String status) {
        String path = Subscriber.DELIVERIES + "?subscription_id=" + subscription + "&status=" + status;
        return StreamSupport.stream(
                        HubProcess.json(tenant.get(path)).path("data").spliterator(), false)
                .toList();
    }

    /** Section 4: every bucket, and the counter under its own name and under the one that Python's client exposes. */
    @Test
    void theHistogramHasTheSeedsBucketsAndTheCounterOfAnswersBothItsNames() {
        try (Receiver receiver = Receiver.answering(202)) {
            long id = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> tenant.status(id).equals("delivered"));

            List<String> lines = hub.get("/metrics").body().lines().toList();

            String labels = "{event=\"" + event + "\",tenant_id=\"default\"";
            assertThat(lines.stream()
                            .filter(line -> line.startsWith("webhook_delivery_duration_seconds_bucket" + labels))
                            .map(line -> line.replaceAll(".*le=\"([^\"]+)\".*", "$1")))
                    .containsExactly("0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf");
            assertThat(lines)
                    .contains("webhook_delivery_duration_seconds_count" + labels + "} 1")
                    .anyMatch(line -> line.startsWith("webhook_delivery_duration_seconds_sum" + labels + "} "))
                    .contains("webhook_deliveries_total{event=\"" + event
                            + "\",status=\"delivered\",tenant_id=\"default\"} 1.0")
                    .contains("webhook_delivery_http_status{event=\"" + event + "\",status_code=\"202\"} 1.0")
                    .contains("webhook_delivery_http_status_total{event=\"" + event + "\",status_code=\"202\"} 1.0");
        }
    }

    /** Sections 1 to 3: what each trigger takes; the client's typed methods send the same ({@code HooklineIT}). */
    @ParameterizedTest
    @CsvSource({
        "payment.received, payment_id invoice_id amount currency payment_method reference_number",
        "payment.failed, payment_id invoice_id amount currency reason error_code",
        "customer.created, customer_id customer_name customer_email customer_phone customer_type",
        "customer.updated, customer_id customer_name customer_email customer_phone changes",
        "sales_order.created, order_id order_number customer_id customer_name amount currency items_count",
        "sales_order.confirmed, order_id order_number customer_id customer_name amount currency",
        "sales_order.cancelled, order_id order_number reason"
    })
    void aTriggersFieldsAreThoseOfItsType(String type, String fields) {
        JsonNode shown = HubProcess.json(tenant.get("/api/v1/event-types/" + type));

        assertThat(shown.path("sample").fieldNames()).toIterable().containsExactly(fields.split(" ", -1));
        assertThat(shown.at("/schema/properties").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(fields.split(" ", -1));
    }

    /** Section 11, what is open there and is not of the GestiqCloud's own modules, nor of operations or the console. */
    @Test
    void theChecklistIsDone() {
        try (Receiver receiver = Receiver.answering(200)) {
            long id = tenant.subscribe(receiver.url("/"), event);

            String documented = hub.get("/openapi.yaml").body();
            assertThat(documented)
                    .contains(Subscriber.SUBSCRIPTIONS + ":", Subscriber.DELIVERIES + ":", Subscriber.EVENTS + ":");
            assertThat(tenant.send("POST", Subscriber.SUBSCRIPTIONS + "/" + id + "/test", "{}")
                            .statusCode())
                    .isEqualTo(200);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> tenant.status(id).equals("delivered"));
            JsonNode row = tenant.deliveries(id).getFirst();
            JsonNode viewed = HubProcess.json(
                    tenant.get(Subscriber.DELIVERIES + "/" + row.path("id").asText()));
            assertThat(viewed.at("/history/0/request/headers/X-Signature").textValue())
                    .startsWith("sha256=");
            assertThat(viewed.at("/history/0/response/status").asInt()).isEqualTo(200);
            assertThat(hub.get("/metrics").statusCode()).isEqualTo(200);
        }
    }
}
