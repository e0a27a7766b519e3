package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.Receiver;
import dev.hookline.Subscriber;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tenant webhooks of seed 004: subscriptions, payload and signature, against a hub in a process of its own. */
@DisplayName("Seed 004, GestiqCloud")
class GestiqCloudIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static Subscriber tenant;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        tenant = new Subscriber(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static String anEvent() {
        return "invoice.test_" + NEXT.incrementAndGet();
    }

    private static Receiver.Received only(Receiver receiver) {
        await().atMost(SOON).until(() -> receiver.received().size() == 1);
        return receiver.received().getFirst();
    }

    @Test
    void theSeedsCurlMakesASubscriptionThatIsActiveAndListed() {
        HttpResponse<String> made = tenant.send("POST", Subscriber.SUBSCRIPTIONS, """
                {
                    "url": "https://webhook.site/your-unique-id",
                    "event": "invoice.created",
                    "secret": "my-webhook-secret-12345678"
                  }""");

        assertThat(made.statusCode()).isEqualTo(201);
        JsonNode subscription = HubProcess.json(made);
        assertThat(subscription.path("active").booleanValue()).isTrue();
        assertThat(subscription.path("event").textValue()).isEqualTo("invoice.created");
        assertThat(made.body()).doesNotContain("my-webhook-secret");
        JsonNode listed = HubProcess.json(tenant.get(Subscriber.SUBSCRIPTIONS));
        assertThat(listed.path("data").findValuesAsText("id"))
                .contains(subscription.path("id").asText());
        tenant.send(
                "DELETE",
                Subscriber.SUBSCRIPTIONS + "/" + subscription.path("id").asText(),
                "");
    }

    @ParameterizedTest
    @ValueSource(strings = {Subscriber.SUBSCRIPTIONS, Subscriber.DELIVERIES})
    void withoutATokenNothingIsShown(String path) {
        HttpResponse<String> answer = hub.get(path);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).isPresent();
    }

    /** http goes to the addresses of the allow-list alone; a hub without one takes no http at all ({@code TargetUrlRulesTest}). */
    @ParameterizedTest
    @ValueSource(strings = {"http://8.8.8.8/your-unique-id", "ftp://webhook.site/", "webhook.site/your-unique-id"})
    void aUrlThatIsNotHttpsIsRefused(String url) {
        ObjectNode body = Json.object().put("url", url).put("event", "invoice.created");

        HttpResponse<String> answer = tenant.post(Subscriber.SUBSCRIPTIONS, body);

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(HubProcess.json(answer).at("/error/details/0/loc").toString())
                .contains("url");
    }

    @Test
    void theEventNameIsMatchedExactlyCaseAndAll() {
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            tenant.subscribe(receiver.url("/"), event);

            tenant.publish(event.toUpperCase(Locale.ROOT), "inv-1");
            tenant.publish(event + "x", "inv-2");
            tenant.publish(event, "inv-3");

            assertThat(only(receiver).json().path("resource_id").textValue()).isEqualTo("inv-3");
        }
    }

    @Test
    void thePayloadIsAsTheSeedPrintsIt() {
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            tenant.subscribe(receiver.url("/"), event);
            ObjectNode body = Subscriber.event(event, "inv-123");
            body.put("occurred_at", "2024-02-14T15:30:45.123456Z");
            ((ObjectNode) body.get("data")).put("created_at", "2024-02-14T15:30:45.123456");

            tenant.post(Subscriber.EVENTS, body);

            JsonNode json = only(receiver).json();
            assertThat(json.fieldNames())
                    .toIterable()
                    .containsExactly("event", "resource_type", "resource_id", "timestamp", "data", "metadata");
            assertThat(json.path("event").textValue()).isEqualTo(event);
            assertThat(json.path("resource_type").textValue()).isEqualTo("invoice");
            assertThat(json.path("resource_id").textValue()).isEqualTo("inv-123");
            assertThat(json.path("timestamp").textValue()).isEqualTo("2024-02-14T15:30:45.123456");
            assertThat(json.at("/data/amount").textValue()).isEqualTo("1500.00");
            assertThat(json.at("/data/created_at").textValue()).isEqualTo("2024-02-14T15:30:45.123456");
            assertThat(json.at("/metadata/tenant_id").textValue()).isEqualTo("default");
            assertThat(json.at("/metadata/source").textValue()).isEqualTo("hookline");
            assertThat(json.at("/metadata/version").textValue()).isEqualTo("1.0");
        }
    }

    @Test
    void theSourceIsGestiqcloudWhereTheTenantSaysSo() {
        String webhooks = "/api/v1/tenant/webhooks";
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            tenant.subscribe(receiver.url("/"), event);
            assertThat(tenant.send("PATCH", webhooks, "{\"source\":\"gestiqcloud\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(tenant.send("PATCH", webhooks, "{\"source\":7}").body()).contains("'source'");

            tenant.publish(event, "inv-123");

            assertThat(only(receiver).json().at("/metadata/source").textValue()).isEqualTo("gestiqcloud");
            assertThat(tenant.get(webhooks).body()).isEqualTo("{\"source\":\"gestiqcloud\"}");
        } finally {
            tenant.send("PATCH", webhooks, "{\"source\":\"hookline\"}");
        }
    }

    @Test
    void xSignatureIsOfTheRawBodyUnderTheSecretsText() throws Exception {
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            tenant.subscribe(receiver.url("/"), event);

            tenant.publish(event, "inv-1");

            Receiver.Received received = only(receiver);
            assertThat(received.headers().getFirst("X-Signature"))
                    .isEqualTo("sha256=" + hmac(Subscriber.SECRET, received.body()));
        }
    }

    @Test
    void duringARotationBothSecretsVerifyAndThePlainHeaderIsOfTheNewOne() throws Exception {
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            long id = tenant.subscribe(receiver.url("/"), event);

            JsonNode rotated = HubProcess.json(
                    tenant.send("POST", Subscriber.SUBSCRIPTIONS + "/" + id + "/rotate", "{\"overlap_hours\":1}"));
            String secret = rotated.path("secret").textValue();
            tenant.publish(event, "inv-1");

            Receiver.Received received = only(receiver);
            assertThat(secret).startsWith("whsec_");
            assertThat(received.headers().getFirst("X-Signature")).isEqualTo("sha256=" + hmac(secret, received.body()));
            assertThat(received.headers().getFirst("webhook-signature").split(" ", -1))
                    .hasSize(2);
            JsonNode shown = HubProcess.json(tenant.get(Subscriber.SUBSCRIPTIONS + "/" + id));
            assertThat(shown.path("former_secret_until").textValue()).isNotNull();
            assertThat(shown.has("secret")).isFalse();
        }
    }

    @Test
    void patternsAndFiltersChooseTheEvents() {
        try (Receiver receiver = Receiver.answering(200)) {
            String part = "shop" + NEXT.incrementAndGet();
            ObjectNode body = Json.object()
                    .put("url", receiver.url("/"))
                    .put("event", part + ".*")
                    .put("filter", "double(data.amount) > 1000.0 && data.invoice_id == 'yes'");
            long id = HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body))
                    .path("id")
                    .asLong();

            tenant.publish(part + ".created", "no");
            ObjectNode broken = Subscriber.event(part + ".created", "broken");
            broken.putObject("data").put("amount", "many");
            tenant.post(Subscriber.EVENTS, broken);
            tenant.publish(part + ".line.created", "yes");

            assertThat(only(receiver).json().path("event").textValue()).isEqualTo(part + ".line.created");
            await().atMost(SOON).untilAsserted(() -> {
                JsonNode shown = HubProcess.json(tenant.get(Subscriber.SUBSCRIPTIONS + "/" + id));
                assertThat(shown.path("filter_failures").asInt()).isEqualTo(1);
                assertThat(shown.path("filter_last_failure").textValue()).isNotBlank();
            });
            assertThat(tenant.deliveries(id))
                    .extracting(row -> row.path("event").textValue())
                    .containsExactly(part + ".line.created");
        }
    }

    /** The seed's open checklist: "Create webhook testing endpoint". */
    @Test
    void aTestShowsTheRequestAndTheAnswerAndStoresNothing() {
        Receiver teapot = new Receiver((exchange, _) -> {
            byte[] answer = "short and stout".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(418, answer.length);
            exchange.getResponseBody().write(answer);
        });
        try (teapot) {
            ObjectNode body = Json.object().put("url", teapot.url("/")).put("event", anEvent());
            body.putObject("headers").put("X-Api-Key", "a-very-secret-key-1234");
            long id = HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body))
                    .path("id")
                    .asLong();

            JsonNode tested = HubProcess.json(tenant.send(
                    "POST", Subscriber.SUBSCRIPTIONS + "/" + id + "/test", "{\"event_type\":\"invoice.sent\"}"));

            assertThat(tested.path("delivered").booleanValue()).isFalse();
            assertThat(tested.path("error_class").textValue()).isEqualTo("client_error");
            assertThat(tested.at("/request/headers/X-Api-Key").textValue()).isEqualTo("…1234");
            assertThat(tested.at("/response/status").intValue()).isEqualTo(418);
            assertThat(tested.at("/response/body").textValue()).isEqualTo("short and stout");
            Receiver.Received received = only(teapot);
            assertThat(received.headers().getFirst("X-Api-Key")).isEqualTo("a-very-secret-key-1234");
            assertThat(received.json().path("event").textValue()).isEqualTo("invoice.sent");
            assertThat(tested.at("/request/body").textValue()).isEqualTo(received.body());
            assertThat(tenant.deliveries(id)).isEmpty();
        }
    }

    @Test
    void aTestSendsTheSampleThatTheCatalogueHasOfItsType() {
        try (Receiver receiver = Receiver.answering(200)) {
            ObjectNode body = Json.object().put("url", receiver.url("/")).put("event", "payment.*");
            String path = Subscriber.SUBSCRIPTIONS + "/"
                    + HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body))
                            .path("id")
                            .asText() + "/test";
            JsonNode sample = HubProcess.json(tenant.get("/api/v1/event-types/sales_order.confirmed"))
                    .path("sample");

            tenant.send("POST", path, "{\"event_type\":\"sales_order.confirmed\"}");
            JsonNode byDefault = HubProcess.json(tenant.send("POST", path, ""));

            Receiver.Received first = receiver.received().getFirst();
            assertThat(first.json().path("data")).isEqualTo(sample);
            assertThat(first.json().path("resource_id").textValue()).isEqualTo("order-123");
            assertThat(byDefault.path("event_type").textValue()).isEqualTo("payment.received");
            assertThat(byDefault.path("delivered").booleanValue()).isTrue();
        }
    }

    @Test
    void eachSubscriptionHasADeliveryOfItsOwnAndAFailedOneSaysWhy() {
        try (Receiver healthy = Receiver.answering(200);
                Receiver broken = Receiver.answering(500)) {
            String event = anEvent();
            long good = tenant.subscribe(healthy.url("/"), event);
            long bad = tenant.subscribe(broken.url("/"), event);

            tenant.publish(event, "inv-1");

            await().atMost(SOON).until(() -> tenant.status(good).equals("delivered"));
            await().atMost(SOON).until(() -> tenant.status(bad).equals("dead"));
            JsonNode failed = tenant.deliveries(bad).getFirst();
            assertThat(failed.path("last_error").textValue()).isEqualTo("The receiver answered 500");
            assertThat(failed.path("attempts").asInt()).isEqualTo(4);
            assertThat(tenant.deliveries(good).getFirst().path("last_error").isNull())
                    .isTrue();
        }
    }

    /** Section 6: the types, each with the fields that its trigger has, as the catalogue's sample shows them. */
    @Test
    void everyEventTypeOfTheSeedArrivesWithTheFieldsOfItsTrigger() {
        List<String> types =
                """
                invoice.created invoice.sent invoice.authorized invoice.rejected invoice.cancelled payment.received
                payment.failed customer.created customer.updated sales_order.created sales_order.confirmed
                sales_order.cancelled inventory.low inventory.updated document.updated error.occurred
                purchase_order.created""".lines().flatMap(line -> Stream.of(line.split(" ", -1))).toList();
        assertThat(types).hasSize(17);
        try (Receiver receiver = Receiver.answering(200)) {
            ObjectNode body = Json.object().put("url", receiver.url("/"));
            types.forEach(body.putArray("events")::add);
            long id = HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body))
                    .path("id")
                    .asLong();
            for (String type : types) {
                ObjectNode event = Subscriber.event(type, "r-1");
                event.set("data", sample(type));
                assertThat(tenant.post(Subscriber.EVENTS, event).statusCode()).isEqualTo(202);
            }

            await().atMost(SOON).until(() -> receiver.received().size() == types.size());

            for (Receiver.Received received : receiver.received()) {
                String type = received.json().path("event").textValue();
                assertThat(types).contains(type);
                assertThat(received.json().path("data")).isEqualTo(sample(type));
            }
            tenant.send("DELETE", Subscriber.SUBSCRIPTIONS + "/" + id, "");
        }
    }

    private static JsonNode sample(String type) {
        return HubProcess.json(tenant.get("/api/v1/event-types/" + type)).path("sample");
    }

    /** Section 4: what the queries and the alerts of the seed name, at {@code GET /metrics} without a token. */
    @Test
    void theMetricsOfTheSeedAreThere() {
        try (Receiver receiver = Receiver.answering(200)) {
            String event = anEvent();
            long id = tenant.subscribe(receiver.url("/"), event);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> tenant.status(id).equals("delivered"));

            String metrics = hub.get("/metrics").body();

            String labels = "{event=\"" + event + "\",";
            assertThat(metrics)
                    .contains("webhook_deliveries_total" + labels + "status=\"delivered\",tenant_id=\"default\"} 1.0")
                    .contains("webhook_delivery_duration_seconds_count" + labels + "tenant_id=\"default\"} 1")
                    .contains("webhook_delivery_duration_seconds_bucket" + labels + "tenant_id=\"default\",le=\"0.1\"}")
                    .contains("webhook_delivery_http_status_total" + labels + "status_code=\"200\"} 1.0")
                    .contains("webhook_retries_total{");
        }
    }

    @Test
    void whatIsMaskedIsNotTakenBackAsASecret() {
        ObjectNode body = Json.object().put("url", "https://webhook.site/x").put("event", anEvent());
        body.putObject("auth").put("type", "bearer").put("token", "a-token-of-some-length");
        JsonNode made = HubProcess.json(tenant.post(Subscriber.SUBSCRIPTIONS, body));
        String path = Subscriber.SUBSCRIPTIONS + "/" + made.path("id").asText();

        HttpResponse<String> answer = tenant.send(
                "PATCH", path, Json.object().set("auth", made.path("auth")).toString());

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("auth.token");
        assertThat(made.at("/auth/token").textValue()).isEqualTo("…ngth");
    }

    private static String hmac(String secret, String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
    }
}
