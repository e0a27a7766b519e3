package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that users set up, their calls, and the log of them, against a running hub. */
class SourcesIT {
    private static final String SOURCES = "/api/v1/sources";
    private static final String SECRET = "the-secret-of-this-source";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String[] token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", "rental-secret", "RATE_LIMIT_ENABLED", "true"));
        token = new String[] {"Authorization", "Bearer " + hub.token()};
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    // ---- Helpers ----------------------------------------------------------------------------------------------------

    private static JsonNode make(String name, String scheme, String more) {
        HttpResponse<String> answer = hub.post(
                SOURCES,
                "{\"name\":\"%s\",\"scheme\":%s,\"secret\":\"%s\"%s}".formatted(name, scheme, SECRET, more),
                token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return HubProcess.json(answer);
    }

    private static JsonNode make(String name, String scheme) {
        return make(name, "{\"name\":\"" + scheme + "\"}", "");
    }

    private static HttpResponse<String> patch(JsonNode source, String change) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path(source)))
                .headers(token)
                .method("PATCH", BodyPublishers.ofString(change)));
    }

    private static String path(JsonNode source) {
        return SOURCES + "/" + source.path("id").asLong();
    }

    private static String hex(String secret, String text) {
        return HexFormat.of().formatHex(new HmacSha256(secret.getBytes(UTF_8)).sign(text.getBytes(UTF_8)));
    }

    private static String base64(String secret, String text) {
        return Base64.getEncoder().encodeToString(new HmacSha256(secret.getBytes(UTF_8)).sign(text.getBytes(UTF_8)));
    }

    private static long position(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("event_id").asLong())
                .as(answer.body())
                .isPositive();
        return HubProcess.json(answer).path("event_id").asLong();
    }

    private static boolean duplicate(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("duplicate").asBoolean();
    }

    /** The calls of a source once there are so many, the newest first. */
    private static List<JsonNode> calls(String source, int count) {
        String path = "/api/v1/calls?source=" + source;
        await().until(() -> HubProcess.json(hub.get(path, token)).path("count").asInt() >= count);
        List<JsonNode> calls = new ArrayList<>();
        HubProcess.json(hub.get(path, token)).path("data").forEach(calls::add);
        assertThat(calls).hasSize(count);
        return calls;
    }

    private static JsonNode shown(JsonNode call) {
        return HubProcess.json(hub.get("/api/v1/calls/" + call.path("id").asLong(), token));
    }

    private static HttpResponse<String> replay(JsonNode call, String options) {
        return hub.post("/api/v1/calls/" + call.path("id").asLong() + "/replay", options, token);
    }

    // ---- Sources as data --------------------------------------------------------------------------------------------

    @Test
    void sourceIsMadeShownChangedAndDeletedAndItsSecretIsShownOnce() {
        HttpResponse<String> made = hub.post(SOURCES, "{\"name\":\"crud\"}", token);
        assertThat(made.statusCode()).isEqualTo(201);
        JsonNode source = HubProcess.json(made);
        String secret = source.path("secret").asText();
        assertThat(secret).hasSizeGreaterThan(30);
        assertThat(source.path("paths").get(0).asText()).isEqualTo("/in/crud");
        assertThat(position(hub.post("/in/crud", "{\"id\":1}", "X-Signature", hex(secret, "{\"id\":1}"))))
                .isPositive();

        JsonNode shown = HubProcess.json(hub.get(path(source), token));
        assertThat(shown.has("secret")).isFalse();
        assertThat(shown.path("secret_hint").asText()).isEqualTo("…" + secret.substring(secret.length() - 4));

        assertThat(hub.post(SOURCES, "{\"name\":\"crud\"}", token).statusCode()).isEqualTo(409);
        assertThat(patch(source, "{\"active\":false,\"name\":\"renamed\"}").statusCode())
                .isEqualTo(200);
        HttpResponse<String> inactive = hub.post("/in/crud", "{\"id\":1}", "X-Signature", hex(secret, "{\"id\":1}"));
        assertThat(inactive.statusCode()).isEqualTo(404);
        assertThat(inactive.body()).isEqualTo(hub.post("/in/nobody", "{}").body());
        assertThat(calls("renamed", 1).getFirst().path("reason").asText()).contains("not active");

        HttpRequest.Builder delete =
                HttpRequest.newBuilder(hub.uri(path(source))).headers(token).DELETE();
        assertThat(hub.send(delete).statusCode()).isEqualTo(204);
        assertThat(hub.send(delete).statusCode()).isEqualTo(404);
        assertThat(hub.get(path(source), token).statusCode()).isEqualTo(404);
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
            HttpResponse<String> answer = hub.post(SOURCES, body, token);
            assertThat(answer.statusCode()).as(body).isEqualTo(422);
            assertThat(HubProcess.json(answer).at("/error/details/0/loc/0").asText())
                    .isEqualTo(field);
        });
        assertThat(hub.post(SOURCES, "{", token).statusCode()).isEqualTo(400);
        assertThat(hub.post(SOURCES, "{\"name\":\"w\"}").statusCode()).isEqualTo(401);
    }

    @Test
    void builtInSourcesAreListedAndKeepWhatTheEnvironmentSays() {
        List<JsonNode> builtIn = new ArrayList<>();
        HubProcess.json(hub.get(SOURCES, token)).path("data").forEach(source -> {
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
        assertThat(patch(rental, "{\"name\":\"other\"}").statusCode()).isEqualTo(422);
        assertThat(patch(rental, "{\"log_calls\":true}").statusCode()).isEqualTo(200);
        assertThat(hub.post(path(rental) + "/rotate", "", token).statusCode()).isEqualTo(409);
        assertThat(hub.send(HttpRequest.newBuilder(hub.uri(path(rental)))
                                .headers(token)
                                .DELETE())
                        .statusCode())
                .isEqualTo(409);
    }

    @Test
    void duringARotationBothSecretsCountAndAfterItOnlyTheNewOne() {
        JsonNode source = make("rotated", "hmac");
        String body = "{\"id\":1}";

        JsonNode first = HubProcess.json(hub.post(path(source) + "/rotate", "", token));
        String second = first.path("secret").asText();
        assertThat(first.path("previous_secret_hint").asText()).isEqualTo("…urce");
        position(hub.post("/in/rotated", body, "X-Signature", hex(SECRET, body)));
        position(hub.post("/in/rotated", body, "X-Signature", hex(second, body)));

        hub.post(path(source) + "/rotate", "{\"secret\":\"a-third-secret\",\"overlap_seconds\":0}", token);
        position(hub.post("/in/rotated", body, "X-Signature", hex("a-third-secret", body)));
        for (String ended : List.of(SECRET, second)) {
            assertThat(hub.post("/in/rotated", body, "X-Signature", hex(ended, body))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    // ---- Schemes over HTTP ------------------------------------------------------------------------------------------

    @Test
    void greetingsAreAnsweredAndNothingIsStored() {
        make("hub", "github");
        make("woo", "woocommerce");
        make("slack", "slack");
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
        assertThat(calls("woo", 1).getFirst().path("event_id").isNull()).isTrue();
    }

    @Test
    void everyRefusalOfAProofIsAnsweredAlikeAndTheLogOfCallsSaysWhy() {
        make("alike", "stripe");
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
        assertThat(calls("alike", 3))
                .extracting(call -> call.path("reason").asText())
                .anyMatch(reason -> reason.contains("no Stripe-Signature"))
                .anyMatch(reason -> reason.contains("clock"))
                .anyMatch(reason -> reason.contains("No v1"));
    }

    @Test
    void callSentAgainUnderItsOwnSignatureOrIdIsADuplicate() {
        make("replayed", "stripe");
        make("messages", "standard");
        make("shopify", "shopify");
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
        make("by-path", "{\"name\":\"none\"}", ",\"deduplication\":{\"path\":\"event.id\"}");

        assertThat(duplicate(hub.post("/in/by-path", "{\"event\":{\"id\":7},\"price\":85}")))
                .isFalse();
        assertThat(duplicate(hub.post("/in/by-path", "{\"event\":{\"id\":7},\"price\":90}")))
                .isTrue();
        assertThat(duplicate(hub.post("/in/by-path", "{\"price\":85}"))).isFalse();
        assertThat(duplicate(hub.post("/in/by-path", "{\"price\":85}"))).isFalse();
    }

    @Test
    void secretInTheUrlIsTakenAndNeverShown() {
        JsonNode source = make("by-url", "url-secret");

        position(hub.post("/in/by-url/" + SECRET, "{\"id\":1}"));
        assertThat(hub.post("/in/by-url/another-secret-12345", "{\"id\":1}").statusCode())
                .isEqualTo(401);
        assertThat(hub.post("/in/by-url", "{\"id\":1}").statusCode()).isEqualTo(401);

        assertThat(calls("by-url", 3))
                .extracting(call -> call.path("path").asText())
                .containsOnly("/in/by-url", "/in/by-url/***");
        assertThat(hub.output()).contains("Refused /in/by-url/***").doesNotContain(SECRET);
        assertThat(hub.get(path(source), token).body()).doesNotContain(SECRET);
    }

    @Test
    void formsAndListsAreTakenAndCompressedBodiesAreNot() {
        make("open", "none");
        HttpRequest.Builder form = HttpRequest.newBuilder(hub.uri("/in/open"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("text=%C3%BC+x&user=U1"));
        HttpRequest.Builder zipped = HttpRequest.newBuilder(hub.uri("/in/open"))
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(new byte[] {31, -117, 8, 0}));

        position(hub.send(form));
        position(hub.post("/in/open", "[1,2]"));
        assertThat(hub.send(zipped).statusCode()).isEqualTo(415);
        assertThat(shown(calls("open", 3).get(2)).path("body").asText()).contains("text=%C3%BC");
    }

    // ---- Rates and addresses ----------------------------------------------------------------------------------------

    @Test
    void unprovedCallsAreLimitedBySourceAndAddressAndProvedOnesAreNot() {
        make("limited", "{\"name\":\"hmac\"}", ",\"rate_per_minute\":3,\"address_rate_per_minute\":null");
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
        JsonNode source = make("listed", "{\"name\":\"none\"}", ",\"allowed_addresses\":[\"203.0.113.0/24\"]");

        HttpResponse<String> refused = hub.post("/in/listed", "{}", "X-Forwarded-For", "203.0.113.1");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).isEqualTo("{\"error\":\"Forbidden\"}");

        patch(source, "{\"allowed_addresses\":[\"127.0.0.0/8\"]}");
        position(hub.post("/in/listed", "{}"));
    }

    // ---- Trials -----------------------------------------------------------------------------------------------------

    @Test
    void trialShowsEachStepAndStoresNothing() {
        JsonNode source = make("tried", "stripe");
        String path = path(source) + "/test";

        JsonNode right = HubProcess.json(hub.post(path, "{\"payload\":{\"id\":\"evt_1\"},\"sign\":true}", token));
        JsonNode unsigned = HubProcess.json(hub.post(path, "{\"payload\":{\"id\":\"evt_1\"}}", token));
        JsonNode noJson = HubProcess.json(hub.post(path, "{\"body\":\"{\",\"sign\":true}", token));

        assertThat(right.path("accepted").asBoolean()).as(right.toString()).isTrue();
        assertThat(right.path("events").get(0).path("data")).isEqualTo(Json.read("{\"id\":\"evt_1\"}"));
        assertThat(right.at("/signed/headers/Stripe-Signature").asText()).startsWith("t=");
        assertThat(unsigned.path("accepted").asBoolean()).isFalse();
        assertThat(unsigned.at("/steps/0/message").asText()).contains("Stripe-Signature");
        assertThat(noJson.path("accepted").asBoolean()).isFalse();
        assertThat(noJson.path("steps").findValuesAsText("step")).containsExactly("signature", "body");
        assertThat(HubProcess.json(hub.get("/api/v1/calls?source=tried", token))
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
        JsonNode source = make("shown", "bearer");

        HttpResponse<String> answer = hub.post(path(source) + "/test", "{\"payload\":{},\"sign\":true}", token);

        assertThat(HubProcess.json(answer).path("accepted").asBoolean()).isTrue();
        assertThat(answer.body()).contains("YOUR-SECRET").doesNotContain(SECRET);
    }

    // ---- The log of calls -------------------------------------------------------------------------------------------

    @Test
    void callIsLoggedWithItsSecretsMasked() {
        make("logged", "bearer");
        String body = "{\"id\":1,\"password\":\"hunter2\",\"card\":{\"cvv\":123}}";

        long stored = position(hub.post(
                "/in/logged?token=t0p&operation=write", body, "Authorization", "Bearer " + SECRET, "X-Own", "kept"));
        hub.post("/in/logged", "{\"password\":\"hunter3\"", "Authorization", "Bearer " + SECRET);

        List<JsonNode> calls = calls("logged", 2);
        JsonNode accepted = shown(calls.get(1));
        assertThat(accepted.path("status").asInt()).isEqualTo(200);
        assertThat(accepted.path("event_id").asLong()).isEqualTo(stored);
        assertThat(accepted.path("path").asText()).isEqualTo("/in/logged?token=***&operation=write");
        assertThat(accepted.at("/headers/authorization").asText()).isEqualTo("***");
        assertThat(accepted.at("/headers/x-own").asText()).isEqualTo("kept");
        assertThat(accepted.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(accepted.path("size_bytes").asInt()).isEqualTo(body.length());
        assertThat(accepted.path("duration_us").asLong()).isPositive();
        JsonNode refused = shown(calls.get(0));
        assertThat(refused.path("status").asInt()).isEqualTo(400);
        assertThat(refused.path("body").asText()).isEqualTo("{\"password\":\"***\"");
        assertThat(refused.path("body_masked").asBoolean()).isTrue();
    }

    @Test
    void pagesOfCallsFollowEachOtherAndAreFilteredByStatus() {
        make("paged", "none");
        for (int i = 0; i < 5; i++) {
            hub.post("/in/paged", i % 2 == 0 ? "{\"i\":" + i + "}" : "{");
        }
        calls("paged", 5);
        String path = "/api/v1/calls?source=paged&limit=2";

        JsonNode first = HubProcess.json(hub.get(path, token));
        JsonNode second =
                HubProcess.json(hub.get(path + "&before=" + first.path("next").asText(), token));
        JsonNode third =
                HubProcess.json(hub.get(path + "&before=" + second.path("next").asText(), token));

        List<Long> ids = new ArrayList<>();
        List.of(first, second, third)
                .forEach(page -> page.path("data")
                        .forEach(call -> ids.add(call.path("id").asLong())));
        assertThat(ids).hasSize(5).doesNotHaveDuplicates().isSortedAccordingTo((a, b) -> Long.compare(b, a));
        assertThat(third.path("next").isNull()).isTrue();
        for (Map.Entry<String, Integer> filter :
                Map.of("refused", 2, "accepted", 3, "400", 2, "401", 0).entrySet()) {
            assertThat(HubProcess.json(hub.get("/api/v1/calls?source=paged&status=" + filter.getKey(), token))
                            .path("count")
                            .asInt())
                    .isEqualTo(filter.getValue());
        }
    }

    @Test
    void refusedCallIsReplayedOnceAfterItsMappingIsMended() {
        ObjectNode mapping = Json.object().put("model", "thing");
        mapping.putObject("record_key").put("from", "wrong");
        JsonNode source = make("mended", "{\"name\":\"none\"}", ",\"mapping\":" + mapping);
        assertThat(hub.post("/in/mended", "{\"key\":\"T-1\"}", "X-Own", "1").statusCode())
                .isEqualTo(422);
        JsonNode call = calls("mended", 1).getFirst();
        assertThat(replay(call, "").statusCode()).isEqualTo(422);

        ((ObjectNode) mapping.path("record_key")).put("from", "key");
        assertThat(patch(source, "{\"mapping\":" + mapping + "}").statusCode()).isEqualTo(200);
        HttpResponse<String> first = replay(call, "");
        HttpResponse<String> second = replay(call, "");

        assertThat(duplicate(first)).isFalse();
        assertThat(duplicate(second)).isTrue();
        assertThat(position(second)).isEqualTo(position(first));
        assertThat(HubProcess.json(hub.get("/api/v1/records/thing/T-1", token))
                        .path("last_position")
                        .asLong())
                .isEqualTo(position(first));
        assertThat(calls("mended", 3).getFirst().path("replay_of").asLong())
                .isEqualTo(call.path("id").asLong());
    }

    @Test
    void callThatProvedNothingIsReplayedOnlyWhenAskedForAndOneWithMaskedPartsNever() {
        make("unproved", "hmac");
        hub.post("/in/unproved", "{\"id\":1}");
        hub.post("/in/unproved", "{\"api_key\":\"abc\"}");
        List<JsonNode> calls = calls("unproved", 2);

        assertThat(replay(calls.get(1), "").statusCode()).isEqualTo(409);
        assertThat(duplicate(replay(calls.get(1), "{\"unproved\":true}"))).isFalse();
        assertThat(replay(calls.get(0), "{\"unproved\":true}").statusCode()).isEqualTo(409);
    }

    @Test
    void rentalSitesCallsAreLoggedWithTheirEventAsTheBodyAndCanBeReplayed() {
        String body = "{\"event_type\":\"booking.created\",\"booking_ref\":\"LOG-1\"}";
        long stored = position(hub.post("/api/webhook/booking", body, "X-Signature", hex("rental-secret", body)));

        await().until(() -> !HubProcess.json(hub.get("/api/v1/calls?source=rental-site", token))
                .path("data")
                .isEmpty());
        JsonNode call = shown(HubProcess.json(hub.get("/api/v1/calls?source=rental-site", token))
                .path("data")
                .get(0));
        assertThat(call.path("event_id").asLong()).isEqualTo(stored);
        assertThat(Json.read(call.path("body").asText())).isEqualTo(Json.read(body));

        HttpResponse<String> again = replay(call, "");
        assertThat(duplicate(again)).isFalse();
        assertThat(position(again)).isGreaterThan(stored);
        assertThat(duplicate(replay(call, ""))).isTrue();
    }
}
