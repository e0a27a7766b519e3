package dev.hookline;

import static dev.hookline.SourceClient.SECRET;
import static dev.hookline.SourceClient.base64;
import static dev.hookline.SourceClient.duplicate;
import static dev.hookline.SourceClient.hex;
import static dev.hookline.SourceClient.path;
import static dev.hookline.SourceClient.position;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The log of calls, and calls of it that are run again, against a running hub. */
class CallsIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static SourceClient client;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", "rental-secret", "RATE_LIMIT_ENABLED", "true"));
        client = new SourceClient(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static JsonNode calls(String query, String... bearer) {
        return HubProcess.json(hub.get("/api/v1/calls?" + query, bearer));
    }

    // ---- Whose log it is --------------------------------------------------------------------------------------------

    @Test
    void callWithAnotherTenantsTokenIsInThatTenantsLogAndReplayedThere() {
        String[] other = {"Authorization", "Bearer " + otherTenantsToken()};
        String wrong = "{\"model\":\"sale.order\",\"event\":\"write\",\"marker\":\"of-the-other\"}";
        assertThat(hub.post("/api/v1/webhooks/receive", wrong, other).statusCode())
                .isEqualTo(422);
        String right = "{\"_model\":\"stock.picking\",\"_id\":5}";
        long stored = position(hub.post("/api/v1/webhooks/receive", right, other));
        assertThat(hub.post("/api/v1/webhooks/receive", right).statusCode()).isEqualTo(401);

        await().atMost(SOON)
                .until(() -> calls("source=odoo", other).path("count").asInt() == 2);
        await().atMost(SOON)
                .until(() -> calls("source=odoo", client.token()).path("count").asInt() == 1);
        JsonNode call = calls("source=odoo&status=200", other).at("/data/0");
        assertThat(call.path("event_id").asLong()).isEqualTo(stored);
        String replay = "/api/v1/calls/" + call.path("id").asLong() + "/replay";
        assertThat(hub.post(replay, "", client.token()).statusCode()).isEqualTo(404);
        assertThat(duplicate(hub.post(replay, "", other))).isFalse();
        assertThat(hub.get("/api/v1/records/stock.picking/5", other).statusCode())
                .isEqualTo(200);
        assertThat(hub.get("/api/v1/records/stock.picking/5", client.token()).statusCode())
                .isEqualTo(404);
    }

    private static String otherTenantsToken() {
        try (Database database =
                new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1)) {
            database.jdbi().useHandle(db -> {
                db.execute("INSERT INTO tenant (id, name) VALUES ('other', 'Other')");
                db.execute("INSERT INTO app_user (tenant, username, password_hash, role)"
                        + " SELECT 'other', 'otto', password_hash, role FROM app_user WHERE username = 'admin'");
            });
        }
        String login = Json.object()
                .put("username", "otto")
                .put("password", HubProcess.PASSWORD)
                .toString();
        return HubProcess.json(hub.post("/auth/login", login))
                .path("access_token")
                .asText();
    }

    @Test
    void callToASourceThatIsNotThereIsCountedAndInNobodysLog() {
        assertThat(hub.post("/in/not-there", "{}").statusCode()).isEqualTo(404);

        assertThat(hub.get("/metrics").body())
                .containsPattern("webhook_errors_total\\{error_type=\"unknown_source\"} [1-9]");
        assertThat(hub.output()).contains("Refused /in/not-there: 404 There is no such source");
        assertThat(hub.sql("SELECT path FROM call_log")).doesNotContain("not-there");
    }

    // ---- What is logged -------------------------------------------------------------------------------------------

    @Test
    void callIsLoggedWithItsSecretsMasked() {
        client.make("logged", "bearer");
        String body = "{\"id\":1,\"password\":\"hunter2\",\"card\":{\"cvv\":123}}";

        long stored = position(hub.post(
                "/in/logged?token=t0p&operation=write", body, "Authorization", "Bearer " + SECRET, "X-Own", "kept"));
        hub.post("/in/logged", "{\"password\":\"hunter3\"", "Authorization", "Bearer " + SECRET);

        List<JsonNode> calls = client.calls("logged", 2);
        JsonNode accepted = client.shown(calls.get(1));
        assertThat(accepted.path("status").asInt()).isEqualTo(200);
        assertThat(accepted.path("event_id").asLong()).isEqualTo(stored);
        assertThat(accepted.path("path").asText()).isEqualTo("/in/logged?token=***&operation=write");
        assertThat(accepted.at("/headers/authorization").asText()).isEqualTo("***");
        assertThat(accepted.at("/headers/x-own").asText()).isEqualTo("kept");
        assertThat(accepted.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(accepted.path("size_bytes").asInt()).isEqualTo(body.length());
        assertThat(accepted.path("duration_us").asLong()).isPositive();
        JsonNode refused = client.shown(calls.get(0));
        assertThat(refused.path("status").asInt()).isEqualTo(400);
        assertThat(refused.path("body").asText()).isEqualTo("{\"password\":\"***\"");
        assertThat(refused.path("body_masked").asBoolean()).isTrue();
    }

    @Test
    void callWhoseBodyIsTooLargeIsLoggedWithItsReasonAndSize() {
        client.make("large", "none");
        assertThat(hub.post("/in/large", "\"" + "x".repeat(1 << 20) + "\"").statusCode())
                .isEqualTo(413);

        JsonNode call = client.calls("large", 1).getFirst();
        assertThat(call.path("reason").asText()).isEqualTo("The body is larger than 1048576 bytes");
        assertThat(call.path("size_bytes").asInt()).isEqualTo((1 << 20) + 2);
    }

    @Test
    void callWithAnotherMethodIsLoggedToo() {
        client.make("asked", "none");
        assertThat(hub.get("/in/asked").statusCode()).isEqualTo(405);

        JsonNode call = client.calls("asked", 1).getFirst();
        assertThat(call.path("method").asText()).isEqualTo("GET");
        assertThat(call.path("status").asInt()).isEqualTo(405);
        assertThat(call.path("reason").asText()).isEqualTo("Method Not Allowed");
    }

    @Test
    void pagesOfCallsFollowEachOtherAndAreFilteredByStatus() {
        client.make("paged", "none");
        for (int i = 0; i < 5; i++) {
            hub.post("/in/paged", i % 2 == 0 ? "{\"i\":" + i + "}" : "{");
        }
        client.calls("paged", 5);
        String path = "/api/v1/calls?source=paged&limit=2";

        JsonNode first = HubProcess.json(hub.get(path, client.token()));
        JsonNode second =
                HubProcess.json(hub.get(path + "&before=" + first.path("next").asText(), client.token()));
        JsonNode third =
                HubProcess.json(hub.get(path + "&before=" + second.path("next").asText(), client.token()));

        List<Long> ids = new ArrayList<>();
        List.of(first, second, third)
                .forEach(page -> page.path("data")
                        .forEach(call -> ids.add(call.path("id").asLong())));
        assertThat(ids).hasSize(5).doesNotHaveDuplicates().isSortedAccordingTo((a, b) -> Long.compare(b, a));
        assertThat(third.path("next").isNull()).isTrue();
        for (Map.Entry<String, Integer> filter :
                Map.of("refused", 2, "accepted", 3, "400", 2, "401", 0).entrySet()) {
            assertThat(HubProcess.json(hub.get("/api/v1/calls?source=paged&status=" + filter.getKey(), client.token()))
                            .path("count")
                            .asInt())
                    .isEqualTo(filter.getValue());
        }
    }

    @Test
    void refusedCallIsReplayedOnceAfterItsMappingIsMended() {
        ObjectNode mapping = Json.object().put("model", "thing");
        mapping.putObject("record_key").put("from", "wrong");
        JsonNode source = client.make("mended", "{\"name\":\"none\"}", ",\"mapping\":" + mapping);
        assertThat(hub.post("/in/mended", "{\"key\":\"T-1\"}", "X-Own", "1").statusCode())
                .isEqualTo(422);
        JsonNode call = client.calls("mended", 1).getFirst();
        assertThat(client.replay(call, "").statusCode()).isEqualTo(422);

        ((ObjectNode) mapping.path("record_key")).put("from", "key");
        assertThat(client.patch(source, "{\"mapping\":" + mapping + "}").statusCode())
                .isEqualTo(200);
        HttpResponse<String> first = client.replay(call, "");
        HttpResponse<String> second = client.replay(call, "");

        assertThat(duplicate(first)).isFalse();
        assertThat(duplicate(second)).isTrue();
        assertThat(position(second)).isEqualTo(position(first));
        assertThat(HubProcess.json(hub.get("/api/v1/records/thing/T-1", client.token()))
                        .path("last_position")
                        .asLong())
                .isEqualTo(position(first));
        assertThat(client.calls("mended", 3).getFirst().path("replay_of").asLong())
                .isEqualTo(call.path("id").asLong());
        JsonNode audited = HubProcess.json(hub.get(
                "/api/v1/audit?action=call.replay&subject=call/"
                        + call.path("id").asLong(),
                client.token()));
        assertThat(audited.path("count").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"webhook-", "svix-"})
    void sendersRetryUnderItsSignedIdIsNotStoredAgainAfterAReplay(String prefix) {
        String name = "retried-" + prefix + "x";
        ObjectNode mapping = Json.object().put("model", "thing");
        mapping.putObject("record_key").put("from", "wrong");
        JsonNode source = client.make(
                name, "{\"name\":\"standard\",\"header_prefix\":\"" + prefix + "\"}", ",\"mapping\":" + mapping);
        String body = "{\"key\":\"T-" + prefix + "\"}";
        assertThat(sendSigned(name, prefix, body).statusCode()).isEqualTo(422);
        ((ObjectNode) mapping.path("record_key")).put("from", "key");
        client.patch(source, "{\"mapping\":" + mapping + "}");

        HttpResponse<String> replayed = client.replay(client.calls(name, 1).getFirst(), "");
        HttpResponse<String> retried = sendSigned(name, prefix, body);

        assertThat(duplicate(replayed)).isFalse();
        assertThat(duplicate(retried)).isTrue();
        assertThat(position(retried)).isEqualTo(position(replayed));
    }

    private static HttpResponse<String> sendSigned(String source, String prefix, String body) {
        String seconds = Long.toString(Time.system().now().getEpochSecond());
        String signature = base64(SECRET, "msg-1." + seconds + "." + body);
        return hub.post(
                "/in/" + source,
                body,
                prefix + "id",
                "msg-1",
                prefix + "timestamp",
                seconds,
                prefix + "signature",
                "v1," + signature);
    }

    /** Built-in mappings cannot be mended here: the body in the log is, in their place. */
    @ParameterizedTest
    @CsvSource({
        "orders, /api/v2/webhooks/orders, '{\"order_number\":\"R-1\"}', webhook-id",
        "orders, /api/v2/webhooks/orders, '{\"order_number\":\"R-2\"}', Idempotency-Key",
        "odoo, /api/v1/webhooks/receive, '{\"_model\":\"stock.move\",\"_id\":71}', webhook-id",
        "odoo, /api/v1/webhooks/receive, '{\"_model\":\"stock.move\",\"_id\":72}', Idempotency-Key"
    })
    void sendersRetryAtABuiltInReceiverIsNotStoredAgainAfterAReplay(
            String source, String path, String body, String header) {
        String[] headers = {header, "of-" + body.hashCode(), "Authorization", client.token()[1]};
        String marker = Integer.toString(body.hashCode());
        assertThat(hub.post(path, "{\"marker\":\"" + marker + "\"}", headers).statusCode())
                .isEqualTo(source.equals("orders") ? 400 : 422);
        await().atMost(SOON)
                .until(() ->
                        change("UPDATE call_log SET body = '" + body + "' WHERE body LIKE '%" + marker + "%'") == 1);
        JsonNode call =
                calls("source=" + source + "&status=refused", client.token()).at("/data/0");

        JsonNode replayed = HubProcess.json(client.replay(call, ""));
        JsonNode retried = HubProcess.json(hub.post(path, body, headers));

        assertThat(replayed.path("duplicate").asBoolean(true))
                .as("%s", replayed)
                .isFalse();
        assertThat(retried.path("duplicate").asBoolean()).as("%s", retried).isTrue();
        assertThat(duplicate(client.replay(call, ""))).isTrue();
    }

    private static int change(String sql) {
        try (Database database =
                new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1)) {
            return database.jdbi().withHandle(db -> db.execute(sql));
        }
    }

    @Test
    void callThatProvedNothingIsReplayedOnlyWhenAskedForAndSoIsOneWithMaskedParts() {
        client.make("unproved", "hmac");
        hub.post("/in/unproved", "{\"id\":1}");
        hub.post("/in/unproved", "{\"api_key\":\"abc\"}");
        List<JsonNode> calls = client.calls("unproved", 2);

        assertThat(client.replay(calls.get(1), "").statusCode()).isEqualTo(409);
        assertThat(duplicate(client.replay(calls.get(1), "{\"unproved\":true}")))
                .isFalse();
        assertThat(client.replay(calls.get(0), "{\"unproved\":true}").statusCode())
                .isEqualTo(409);
        long stored = position(client.replay(calls.get(0), "{\"unproved\":true,\"masked\":true}"));
        assertThat(hub.sql("SELECT payload FROM event WHERE position = " + stored))
                .contains("{\"api_key\":\"***\"}");
    }

    @Test
    void rentalSitesCallsAreLoggedWithTheirEventAsTheBodyAndCanBeReplayed() {
        String body = "{\"event_type\":\"booking.created\",\"booking_ref\":\"LOG-1\"}";
        long stored = position(hub.post("/api/webhook/booking", body, "X-Signature", hex("rental-secret", body)));

        await().until(() -> !HubProcess.json(hub.get("/api/v1/calls?source=rental-site", client.token()))
                .path("data")
                .isEmpty());
        JsonNode call = client.shown(HubProcess.json(hub.get("/api/v1/calls?source=rental-site", client.token()))
                .path("data")
                .get(0));
        assertThat(call.path("event_id").asLong()).isEqualTo(stored);
        assertThat(Json.read(call.path("body").asText())).isEqualTo(Json.read(body));

        HttpResponse<String> again = client.replay(call, "");
        assertThat(duplicate(again)).isFalse();
        assertThat(position(again)).isGreaterThan(stored);
        assertThat(duplicate(client.replay(call, ""))).isTrue();
    }
}
