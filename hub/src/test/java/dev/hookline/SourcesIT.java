package dev.hookline;

import static dev.hookline.SourceClient.SECRET;
import static dev.hookline.SourceClient.SOURCES;
import static dev.hookline.SourceClient.base64;
import static dev.hookline.SourceClient.duplicate;
import static dev.hookline.SourceClient.hex;
import static dev.hookline.SourceClient.path;
import static dev.hookline.SourceClient.position;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that users set up, and their calls, against a running hub. */
class SourcesIT {
    @TempDir
    static Path data;

    private static HubProcess hub;
    private static SourceClient client;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(
                data,
                Map.of(
                        "ODOO_WEBHOOK_SECRET", "rental-secret",
                        "WEBHOOK_SECRET", "orders-secret",
                        "RATE_LIMIT_ENABLED", "true"));
        client = new SourceClient(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    // ---- Sources as data --------------------------------------------------------------------------------------------

    @Test
    void sourceIsMadeShownChangedAndDeletedAndItsSecretIsShownOnce() {
        HttpResponse<String> made = hub.post(SOURCES, "{\"name\":\"crud\"}", client.token());
        assertThat(made.statusCode()).isEqualTo(201);
        JsonNode source = HubProcess.json(made);
        String secret = source.path("secret").asText();
        assertThat(secret).hasSizeGreaterThan(30);
        assertThat(source.path("paths").get(0).asText()).isEqualTo("/in/crud");
        assertThat(position(hub.post("/in/crud", "{\"id\":1}", "X-Signature", hex(secret, "{\"id\":1}"))))
                .isPositive();

        JsonNode shown = HubProcess.json(hub.get(path(source), client.token()));
        assertThat(shown.has("secret")).isFalse();
        assertThat(shown.path("secret_hint").asText()).isEqualTo("…" + secret.substring(secret.length() - 4));

        assertThat(hub.post(SOURCES, "{\"name\":\"crud\"}", client.token()).statusCode())
                .isEqualTo(409);
        assertThat(client.patch(source, "{\"active\":false,\"name\":\"renamed\"}")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> inactive = hub.post("/in/crud", "{\"id\":1}", "X-Signature", hex(secret, "{\"id\":1}"));
        assertThat(inactive.statusCode()).isEqualTo(404);
        assertThat(inactive.body()).isEqualTo(hub.post("/in/nobody", "{}").body());
        assertThat(client.calls("renamed", 1).getFirst().path("reason").asText())
                .contains("not active");

        HttpRequest.Builder delete = HttpRequest.newBuilder(hub.uri(path(source)))
                .headers(client.token())
                .DELETE();
        assertThat(hub.send(delete).statusCode()).isEqualTo(204);
        assertThat(hub.send(delete).statusCode()).isEqualTo(404);
        assertThat(hub.get(path(source), client.token()).statusCode()).isEqualTo(404);
    }

    @Test
    void wrongFieldIsNamed() {
        Map<String, String> wrong = Map.of(
                "name", "{\"name\":\"a/b\"}",
                "scheme.name", "{\"name\":\"w\",\"scheme\":{\"name\":\"md5\"}}",
                "secret", "{\"name\":\"w\",\"secret\":\"short\"}",
                "mapping", "{\"name\":\"w\",\"mapping\":\"nothing\"}",
                "deduplication", "{\"name\":\"w\",\"deduplication\":{\"body\":true}}",
                "deduplication.header",
                        "{\"name\":\"w\",\"scheme\":{\"name\":\"stripe\"},\"deduplication\":{\"header\":\"X-Id\"}}",
                "allowed_addresses[1]", "{\"name\":\"w\",\"allowed_addresses\":[\"10.0.0.1\",\"10.0.0\"]}",
                "rate_per_minute", "{\"name\":\"w\",\"rate_per_minute\":0}",
                "active", "{\"name\":\"w\",\"active\":1}",
                "nonsense", "{\"name\":\"w\",\"nonsense\":1}");
        wrong.forEach((field, body) -> {
            HttpResponse<String> answer = hub.post(SOURCES, body, client.token());
            assertThat(answer.statusCode()).as(body).isEqualTo(422);
            assertThat(HubProcess.json(answer).at("/error/details/0/loc/1").asText())
                    .isEqualTo(field);
        });
        assertThat(hub.post(SOURCES, "{", client.token()).statusCode()).isEqualTo(400);
        assertThat(hub.post(SOURCES, "{\"name\":\"w\"}").statusCode()).isEqualTo(401);
    }

    @Test
    void builtInSourcesAreListedAndKeepWhatTheEnvironmentSays() {
        List<JsonNode> builtIn = new ArrayList<>();
        HubProcess.json(hub.get(SOURCES, client.token())).path("data").forEach(source -> {
            if (source.path("built_in").asBoolean()) {
                builtIn.add(source);
            }
        });
        assertThat(builtIn).extracting(source -> source.path("name").asText()).contains("rental-site", "publish");
        JsonNode rental = builtIn.stream()
                .filter(source -> source.path("name").asText().equals("rental-site"))
                .findFirst()
                .orElseThrow();
        assertThat(rental.path("secret_variable").asText()).isEqualTo("ODOO_WEBHOOK_SECRET");
        assertThat(rental.path("secret_hint").asText()).isEqualTo("…cret");
        assertThat(client.patch(rental, "{\"name\":\"other\"}").statusCode()).isEqualTo(422);
        assertThat(client.patch(rental, "{\"log_calls\":true}").statusCode()).isEqualTo(200);
        assertThat(hub.post(path(client.named("publish")) + "/rotate", "", client.token())
                        .statusCode())
                .isEqualTo(409);
        HttpResponse<String> unset = hub.post(path(client.named("odoo")) + "/rotate", "", client.token());
        assertThat(unset.statusCode()).isEqualTo(409);
        assertThat(unset.body()).contains("set WEBHOOK_PUSH_API_KEY");
        assertThat(hub.send(HttpRequest.newBuilder(hub.uri(path(rental)))
                                .headers(client.token())
                                .DELETE())
                        .statusCode())
                .isEqualTo(409);
    }

    @Test
    void duringARotationBothSecretsCountAndAfterItOnlyTheNewOne() {
        JsonNode source = client.make("rotated", "hmac");
        String body = "{\"id\":1}";

        JsonNode first = HubProcess.json(hub.post(path(source) + "/rotate", "", client.token()));
        String second = first.path("secret").asText();
        assertThat(first.path("previous_secret_hint").asText()).isEqualTo("…urce");
        position(hub.post("/in/rotated", body, "X-Signature", hex(SECRET, body)));
        position(hub.post("/in/rotated", body, "X-Signature", hex(second, body)));

        hub.post(path(source) + "/rotate", "{\"secret\":\"a-third-secret\",\"overlap_seconds\":0}", client.token());
        position(hub.post("/in/rotated", body, "X-Signature", hex("a-third-secret", body)));
        for (String ended : List.of(SECRET, second)) {
            assertThat(hub.post("/in/rotated", body, "X-Signature", hex(ended, body))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void secretOfTheEnvironmentIsRotatedWithoutARestart() {
        JsonNode source = client.named("orders");
        assertThat(source.path("secret_variable_outdated").asBoolean(true)).isFalse();
        String path = "/api/v2/webhooks/orders";
        String body = "{\"order_number\":\"ROTATED\"}";

        JsonNode first = HubProcess.json(hub.post(path(source) + "/rotate", "", client.token()));
        String second = first.path("secret").asText();
        for (String secret : List.of("orders-secret", second)) {
            assertThat(hub.post(path, body, "X-Webhook-Signature", hex(secret, body))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(hub.post(path, body, "X-Shopify-Hmac-Sha256", base64(secret, body))
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(first.path("previous_secret_hint").asText()).isEqualTo("…cret");
        assertThat(first.path("secret_variable_outdated").asBoolean()).isTrue();

        hub.post(path(source) + "/rotate", "{\"secret\":\"a-third-secret\",\"overlap_seconds\":0}", client.token());
        assertThat(hub.post(path, body, "X-Webhook-Signature", hex("a-third-secret", body))
                        .statusCode())
                .isEqualTo(200);
        for (String ended : List.of("orders-secret", second)) {
            assertThat(hub.post(path, body, "X-Webhook-Signature", hex(ended, body))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    // ---- Schemes over HTTP ------------------------------------------------------------------------------------------

    @Test
    void greetingsAreAnsweredAndNothingIsStored() {
        client.make("hub", "github");
        client.make("woo", "woocommerce");
        client.make("slack", "slack");
        String seconds = Long.toString(Time.system().now().getEpochSecond());
        String challenge = "{\"type\":\"url_verification\",\"challenge\":\"3eZbrw1a\"}";

        HttpResponse<String> ping = hub.post(
                "/in/hub",
                "{\"zen\":1}",
                "X-GitHub-Event",
                "ping",
                "X-Hub-Signature-256",
                "sha256=" + hex(SECRET, "{\"zen\":1}"));
        HttpResponse<String> woo = hub.send(HttpRequest.newBuilder(hub.uri("/in/woo"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("webhook_id=7")));
        HttpResponse<String> slack = hub.post(
                "/in/slack",
                challenge,
                "X-Slack-Request-Timestamp",
                seconds,
                "X-Slack-Signature",
                "v0=" + hex(SECRET, "v0:" + seconds + ":" + challenge));

        for (HttpResponse<String> answer : List.of(ping, woo, slack)) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(HubProcess.json(answer).has("event_id")).isFalse();
        }
        assertThat(HubProcess.json(slack)).isEqualTo(Json.read("{\"challenge\":\"3eZbrw1a\"}"));
        assertThat(client.calls("woo", 1).getFirst().path("event_id").isNull()).isTrue();
    }

    @Test
    void everyRefusalOfAProofIsAnsweredAlikeAndTheLogOfCallsSaysWhy() {
        client.make("alike", "stripe");
        String body = "{\"id\":\"evt_1\"}";
        String seconds = Long.toString(Time.system().now().getEpochSecond());

        List<HttpResponse<String>> answers = List.of(
                hub.post("/in/alike", body),
                hub.post("/in/alike", body, "Stripe-Signature", "t=1,v1=" + hex(SECRET, "1." + body)),
                hub.post("/in/alike", body, "Stripe-Signature", "t=" + seconds + ",v1=00"));

        for (HttpResponse<String> answer : answers) {
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(HubProcess.json(answer)).isEqualTo(Json.read("{\"error\":\"Invalid signature\"}"));
        }
        assertThat(client.calls("alike", 3))
                .extracting(call -> call.path("reason").asText())
                .anyMatch(reason -> reason.contains("no Stripe-Signature"))
                .anyMatch(reason -> reason.contains("clock"))
                .anyMatch(reason -> reason.contains("No v1"));
    }

    @Test
    void callSentAgainUnderItsOwnSignatureOrIdIsADuplicate() {
        client.make("replayed", "stripe");
        client.make("messages", "standard");
        client.make("shopify", "shopify");
        String body = "{\"id\":\"evt_1\"}";
        String seconds = Long.toString(Time.system().now().getEpochSecond());
        String later = Long.toString(Time.system().now().getEpochSecond() + 1);

        String[] stripe = {"Stripe-Signature", "t=" + seconds + ",v1=" + hex(SECRET, seconds + "." + body)};
        String[] signedAgain = {"Stripe-Signature", "t=" + later + ",v1=" + hex(SECRET, later + "." + body)};
        long first = position(hub.post("/in/replayed", body, stripe));
        HttpResponse<String> again = hub.post("/in/replayed", body, stripe);
        assertThat(duplicate(again)).isTrue();
        assertThat(position(again)).isEqualTo(first);
        assertThat(duplicate(hub.post("/in/replayed", body, signedAgain))).isFalse();

        String[] standard = {
            "webhook-id",
            "msg_1",
            "webhook-timestamp",
            seconds,
            "webhook-signature",
            "v1," + base64(SECRET, "msg_1." + seconds + "." + body)
        };
        assertThat(duplicate(hub.post("/in/messages", body, standard))).isFalse();
        assertThat(duplicate(hub.post("/in/messages", body, standard))).isTrue();

        String[] shop = {"X-Shopify-Hmac-Sha256", base64(SECRET, body), "X-Shopify-Webhook-Id", "w-1"};
        assertThat(duplicate(hub.post("/in/shopify", body, shop))).isFalse();
        assertThat(duplicate(hub.post("/in/shopify", body, shop))).isTrue();
        assertThat(duplicate(hub.post("/in/shopify", body, "X-Shopify-Hmac-Sha256", base64(SECRET, body))))
                .isFalse();
    }

    @Test
    void idInTheBodyCountsOnceAndEqualBodiesWithoutOneCountEach() {
        client.make("by-path", "{\"name\":\"none\"}", ",\"deduplication\":{\"path\":\"event.id\"}");

        assertThat(duplicate(hub.post("/in/by-path", "{\"event\":{\"id\":7},\"price\":85}")))
                .isFalse();
        assertThat(duplicate(hub.post("/in/by-path", "{\"event\":{\"id\":7},\"price\":90}")))
                .isTrue();
        assertThat(duplicate(hub.post("/in/by-path", "{\"price\":85}"))).isFalse();
        assertThat(duplicate(hub.post("/in/by-path", "{\"price\":85}"))).isFalse();
    }

    @Test
    void secretInTheUrlIsTakenAndNeverShown() {
        JsonNode source = client.make("by-url", "url-secret");

        position(hub.post("/in/by-url/" + SECRET, "{\"id\":1}"));
        assertThat(hub.post("/in/by-url/another-secret-12345", "{\"id\":1}").statusCode())
                .isEqualTo(401);
        assertThat(hub.post("/in/by-url", "{\"id\":1}").statusCode()).isEqualTo(401);
        for (String spelling : List.of("//in/by-url/", "/./in/by-url/", "/%69n/by-url/", "/x/../in//by-url/")) {
            position(hub.post(spelling + SECRET, "{\"id\":1}"));
        }
        assertThat(hub.post("/in/by-url%2F" + SECRET, "{\"id\":1}").statusCode())
                .isEqualTo(404);

        assertThat(client.calls("by-url", 7))
                .extracting(call -> call.path("path").asText())
                .containsOnly("/in/by-url", "/in/by-url/***");
        assertThat(hub.output()).contains("Refused /in/by-url/***").doesNotContain(SECRET);
        assertThat(hub.get(path(source), client.token()).body()).doesNotContain(SECRET);
    }

    @Test
    void secretOfAFormIsNotInTheLogOfCalls() {
        client.make("form", "none");
        position(hub.send(HttpRequest.newBuilder(hub.uri("/in/form"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("id=1&token=s3cret"))));

        assertThat(client.shown(client.calls("form", 1).getFirst()).path("body").asText())
                .isEqualTo("id=1&token=***");
    }

    @Test
    void formsAndListsAreTakenAndCompressedBodiesAreNot() {
        client.make("open", "none");
        HttpRequest.Builder form = HttpRequest.newBuilder(hub.uri("/in/open"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("text=%C3%BC+x&user=U1"));
        HttpRequest.Builder zipped = HttpRequest.newBuilder(hub.uri("/in/open"))
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(new byte[] {31, -117, 8, 0}));

        position(hub.send(form));
        position(hub.post("/in/open", "[1,2]"));
        assertThat(hub.send(zipped).statusCode()).isEqualTo(415);
        assertThat(client.shown(client.calls("open", 3).get(2)).path("body").asText())
                .contains("text=%C3%BC");
    }

    // ---- Rates and addresses ----------------------------------------------------------------------------------------

    @Test
    void unprovedCallsAreLimitedBySourceAndAddressAndProvedOnesAreNot() {
        client.make("limited", "{\"name\":\"hmac\"}", ",\"rate_per_minute\":3,\"address_rate_per_minute\":null");
        String body = "{\"id\":1}";
        for (int i = 0; i < 3; i++) {
            assertThat(hub.post("/in/limited", body).statusCode()).isEqualTo(401);
        }

        HttpResponse<String> refused = hub.post("/in/limited", body);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        for (int i = 0; i < 5; i++) {
            position(hub.post("/in/limited", body, "X-Signature", hex(SECRET, body)));
        }
    }

    @Test
    void addressThatIsNotListedIsRefused() {
        JsonNode source = client.make("listed", "{\"name\":\"none\"}", ",\"allowed_addresses\":[\"203.0.113.0/24\"]");

        HttpResponse<String> refused = hub.post("/in/listed", "{}", "X-Forwarded-For", "203.0.113.1");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).isEqualTo("{\"error\":\"Forbidden\"}");

        client.patch(source, "{\"allowed_addresses\":[\"127.0.0.0/8\"]}");
        position(hub.post("/in/listed", "{}"));
    }

    // ---- Trials -----------------------------------------------------------------------------------------------------

    @Test
    void trialShowsEachStepAndStoresNothing() {
        JsonNode source = client.make("tried", "stripe");
        String path = path(source) + "/test";

        JsonNode right =
                HubProcess.json(hub.post(path, "{\"payload\":{\"id\":\"evt_1\"},\"sign\":true}", client.token()));
        JsonNode unsigned = HubProcess.json(hub.post(path, "{\"payload\":{\"id\":\"evt_1\"}}", client.token()));
        JsonNode noJson = HubProcess.json(hub.post(path, "{\"body\":\"{\",\"sign\":true}", client.token()));

        assertThat(right.path("accepted").asBoolean()).as(right.toString()).isTrue();
        assertThat(right.path("events").get(0).path("data")).isEqualTo(Json.read("{\"id\":\"evt_1\"}"));
        assertThat(right.at("/signed/headers/Stripe-Signature").asText()).startsWith("t=");
        assertThat(unsigned.path("accepted").asBoolean()).isFalse();
        assertThat(unsigned.at("/steps/0/message").asText()).contains("Stripe-Signature");
        assertThat(noJson.path("accepted").asBoolean()).isFalse();
        assertThat(noJson.path("steps").findValuesAsText("step")).containsExactly("signature", "body");
        assertThat(HubProcess.json(hub.get("/api/v1/calls?source=tried", client.token()))
                        .path("count")
                        .asInt())
                .isZero();

        // What the trial signed, the receiver takes.
        position(hub.post(
                "/in/tried",
                right.at("/signed/body").asText(),
                "Stripe-Signature",
                right.at("/signed/headers/Stripe-Signature").asText()));
    }

    @Test
    void trialOfASecretThatComesAlongDoesNotShowIt() {
        JsonNode source = client.make("shown", "bearer");

        HttpResponse<String> answer =
                hub.post(path(source) + "/test", "{\"payload\":{},\"sign\":true}", client.token());

        assertThat(HubProcess.json(answer).path("accepted").asBoolean()).isTrue();
        assertThat(answer.body()).contains("YOUR-SECRET").doesNotContain(SECRET);
    }
}
