package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebSocket: who gets in, resuming, slow and hostile clients, and the end of a connection. */
class SocketIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SUBSCRIBE = "{\"type\":\"subscribe\",\"channel\":\"model:booking\"}";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;
    private static WebSocketProbe silentStranger;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("JWT_SECRET_KEY", Tokens.SIGNING_KEY));
        token = hub.token();
        silentStranger = WebSocketProbe.open(hub.uri("/ws"));
    }

    @AfterAll
    static void stop() {
        silentStranger.close();
        hub.close();
    }

    private static WebSocketProbe connect(String query) {
        return WebSocketProbe.open(hub.uri("/ws" + query), "Authorization", "Bearer " + token);
    }

    /** Stores a booking of so many bytes, and answers its position. */
    private static long send(int bytes) {
        String body = Json.object()
                .put("event_type", "booking.created")
                .put("booking_ref", "BK-1")
                .put("note", "x".repeat(bytes))
                .toString();
        HttpResponse<String> answer = hub.post("/api/webhook/booking", body);
        assertThat(answer.statusCode()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    private static List<Long> ids(WebSocketProbe socket) {
        return socket.messages("webhook_event").stream()
                .map(push -> push.path("id").asLong())
                .toList();
    }

    private static JsonNode stats() {
        return HubProcess.json(hub.get("/api/v1/ws/stats", "Authorization", "Bearer " + token));
    }

    private static double gauge() {
        return hub.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("websocket_connections_active "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void entersByTheQueryByTheFirstMessageAndByTheCookieOfThisSite() {
        try (WebSocketProbe query = WebSocketProbe.open(hub.uri("/ws?token=" + token));
                WebSocketProbe message = WebSocketProbe.open(hub.uri("/ws"));
                WebSocketProbe cookie = WebSocketProbe.open(hub.uri("/ws"), "Cookie", "hookline_token=" + token);
                WebSocketProbe foreign = WebSocketProbe.open(
                        hub.uri("/ws"), "Cookie", "hookline_token=" + token, "Origin", "https://evil.example")) {
            assertThat(query.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(message.ask(Json.object().put("type", "auth").put("token", token)))
                    .isEqualTo(Json.read("{\"type\":\"status\",\"message\":\"Authenticated\"}"));
            assertThat(message.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(cookie.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(foreign.ask(SUBSCRIBE).path("message").asText()).startsWith("Not authenticated");
        }
    }

    @Test
    void aBadTokenInTheFirstMessageAndAMessageThatIsNotTextAreRefused() {
        try (WebSocketProbe bad = WebSocketProbe.open(hub.uri("/ws"));
                WebSocketProbe binary = connect("")) {
            assertThat(bad.ask("{\"type\":\"auth\",\"token\":\"x\"}")
                            .path("type")
                            .asText())
                    .isEqualTo("error");
            assertThat(bad.awaitClose()).isEqualTo(1008);
            binary.sendBinary(new byte[] {1});
            assertThat(binary.awaitClose()).isEqualTo(1003);
        }
    }

    @Test
    void aMemberEntersAsItselfOnly() {
        String member = Tokens.of(7, "member", Instant.now().plusSeconds(60));
        String[] header = {"Authorization", "Bearer " + member};
        try (WebSocketProbe own = WebSocketProbe.open(hub.uri("/ws/7"), header);
                WebSocketProbe other = WebSocketProbe.open(hub.uri("/ws/8"))) {
            assertThat(own.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(other.ask(Json.object().put("type", "auth").put("token", member))
                            .path("type")
                            .asText())
                    .isEqualTo("error");
            assertThat(other.awaitClose()).isEqualTo(1008);
            assertThat(hub.get("/ws/8", header).statusCode()).isEqualTo(426);
            assertThatThrownBy(() -> WebSocketProbe.open(hub.uri("/ws/8"), header))
                    .hasMessageContaining("403");
        }
    }

    @Test
    void whoDoesNotSayWhoItIsIsCutAfterAWhile() {
        assertThat(silentStranger.awaitClose()).isEqualTo(1008);
        assertThat(silentStranger.messages().getLast().path("message").asText()).isEqualTo("Not authenticated in time");
    }

    @Test
    void resumesAfterAPositionWithTheFirstSubscriptionOrWhenAsked() {
        long before = send(10) - 1;
        long last = send(10);
        try (WebSocketProbe socket = connect("?since=" + before)) {
            socket.ask(SUBSCRIBE);
            assertThat(socket.await(message -> message.path("message").asText().startsWith("Resuming"))
                            .path("position")
                            .asLong())
                    .isEqualTo(before);
            await().atMost(SOON).until(() -> ids(socket).contains(last));
            assertThat(ids(socket)).containsExactlyElementsOf(range(before + 1, last));

            assertThat(socket.ask("{\"type\":\"resume\",\"since\":" + (last - 1) + "}")
                            .path("position")
                            .asLong())
                    .isEqualTo(last - 1);
            await().atMost(SOON).until(() -> ids(socket).size() == last - before + 1);
            assertThat(ids(socket).getLast()).isEqualTo(last);

            assertThat(socket.ask("{\"type\":\"resume\",\"since\":999999999}")
                            .path("message")
                            .asText())
                    .contains("beyond the head");
            assertThat(socket.ask("{\"type\":\"resume\",\"since\":-1}")
                            .path("type")
                            .asText())
                    .isEqualTo("error");
        }
    }

    private static List<Long> range(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    /** There was no backpressure, and no replay. */
    @Test
    void a11_14_aClientThatStopsReadingHoldsNobodyBackAndLosesNothing() {
        try (WebSocketProbe slow = WebSocketProbe.openStalled(hub.uri("/ws"), "Authorization", "Bearer " + token);
                WebSocketProbe fast = connect("")) {
            slow.send(SUBSCRIBE);
            fast.ask(SUBSCRIBE);
            await().atMost(SOON)
                    .until(() -> stats().path("channels").path("model:booking").asInt() >= 2);
            long first = send(10);
            // More than the hub keeps in memory, so that the slow one has to be served from the table.
            long last =
                    IntStream.range(0, 50).mapToLong(_ -> send(900_000)).max().orElseThrow();
            await().atMost(SOON).until(() -> ids(fast).contains(last));

            slow.readAll();

            await().atMost(SOON).until(() -> ids(slow).contains(last));
            assertThat(ids(slow)).containsExactlyElementsOf(range(first, last));
            assertThat(ids(fast)).containsExactlyElementsOf(range(first, last));
        }
    }

    /** A disconnect left its subscriptions behind, and another client inherited them. */
    @Test
    void a11_14_nothingOfAClientIsLeftWhenItHasGone() {
        List<WebSocketProbe> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            WebSocketProbe socket = connect("");
            socket.ask("{\"type\":\"subscribe\",\"channel\":\"leaky\"}");
            many.add(socket);
        }
        assertThat(stats().path("channels").path("leaky").asInt()).isEqualTo(100);
        for (int i = 0; i < 100; i++) {
            if (i % 2 == 0) {
                many.get(i).cut();
            }
            many.get(i).close();
        }

        await().atMost(SOON).until(() -> !stats().path("channels").has("leaky"));
        await().atMost(SOON)
                .until(() -> gauge() == stats().path("active_connections").asInt());
        try (WebSocketProbe next = connect("")) {
            send(10);
            next.ask("{\"type\":\"ping\"}");
            assertThat(next.messages()).hasSize(1);
        }
    }

    @Test
    void aConnectionEndsWithItsTokenUnlessItBringsAFreshOne() {
        String brief = Tokens.of(1, "admin", Instant.now().plusSeconds(3));
        try (WebSocketProbe ends = WebSocketProbe.open(hub.uri("/ws?token=" + brief));
                WebSocketProbe stays = WebSocketProbe.open(hub.uri("/ws?token=" + brief))) {
            stays.ask(Json.object()
                    .put("type", "auth")
                    .put("token", Tokens.of(1, "admin", Instant.now().plusSeconds(60))));

            assertThat(ends.awaitClose()).isEqualTo(1008);
            assertThat(stays.ask("{\"type\":\"ping\"}").path("type").asText()).isEqualTo("pong");
        }
    }

    @Test
    void aConnectionEndsAfterItsSessionDoes() {
        String own = hub.token();
        try (WebSocketProbe socket = WebSocketProbe.open(hub.uri("/ws?token=" + own));
                WebSocketProbe other = connect("")) {
            socket.ask(SUBSCRIBE);
            hub.post("/auth/logout", "", "Authorization", "Bearer " + own);

            assertThat(socket.awaitClose()).isEqualTo(1008);
            assertThat(socket.messages().getLast().path("message").asText()).isEqualTo("The token was revoked");
            assertThat(other.isClosed()).isFalse();
        }
    }

    @Test
    void aMessageOverTheLimitAndOneTooManyEndTheConnectionOnly() {
        try (WebSocketProbe large = connect("");
                WebSocketProbe many = connect("")) {
            large.trySend("\"" + "x".repeat(70_000) + "\"");
            assertThat(large.awaitClose()).isIn(1009, 1006);
            for (int i = 0; i < 400 && !many.isClosed(); i++) {
                many.trySend("{\"type\":\"ping\"}");
            }
            assertThat(many.awaitClose()).isIn(1008, 1006);
        }
        assertThat(hub.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void aConnectionMayNotSubscribeWithoutEnd() {
        try (WebSocketProbe socket = connect("")) {
            String ids = String.join(
                    ",", IntStream.range(0, 2_001).mapToObj(String::valueOf).toList());

            assertThat(socket.ask("{\"type\":\"subscribe_model\",\"system_id\":\"s\",\"model\":\"m\",\"record_ids\":["
                                    + ids + "]}")
                            .path("message")
                            .asText())
                    .startsWith("A connection may have");
        }
    }

    @Test
    void wrongQueriesAreAnsweredBeforeTheHandshake() {
        String[] headers = {"Authorization", "Bearer " + token};
        for (Map.Entry<String, String> wrong : Map.of(
                        "/ws?since=never", "422",
                        "/ws?since=-1", "422",
                        "/ws/abc", "404",
                        "/ws/-1", "404")
                .entrySet()) {
            assertThatThrownBy(() -> WebSocketProbe.open(hub.uri(wrong.getKey()), headers))
                    .hasMessageContaining(wrong.getValue());
        }
        assertThat(hub.get("/ws", headers).headers().firstValue("Upgrade")).contains("websocket");
        assertThat(hub.get("/api/v1/ws/stats").statusCode()).isEqualTo(401);
    }
}
