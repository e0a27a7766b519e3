package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** API keys wherever a token is taken, also those that no node has seen yet: each test makes keys of its own. */
class ApiKeysIT {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String RECEIVE = "/api/v1/webhooks/receive";
    private static final String EVENT = "{\"model\":\"sale.order\",\"record_id\":7,\"event\":\"write\"}";
    private static final String SUBSCRIBE = "{\"type\":\"subscribe_model_channel\",\"model\":\"sale.order\"}";
    private static final String UNKNOWN_KEY = "hlk_" + "x".repeat(43);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("WEBHOOK_PUSH_API_KEY", "push-key-of-the-test"));
        token = hub.token();
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private record Key(String id, String text) {
        void revoke() {
            HttpResponse<String> answer = hub.send(HttpRequest.newBuilder(hub.uri("/api/v1/api-keys/" + id))
                    .header("Authorization", "Bearer " + token)
                    .DELETE());
            assertThat(answer.statusCode()).isEqualTo(204);
        }
    }

    private static Key key(String... scopes) {
        ObjectNode body = Json.object().put("name", "key");
        ArrayNode list = body.putArray("scopes");
        List.of(scopes).forEach(list::add);
        HttpResponse<String> answer = hub.post("/api/v1/api-keys", body.toString(), "Authorization", "Bearer " + token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        JsonNode made = HubProcess.json(answer);
        return new Key(made.path("id").asText(), made.path("key").asText());
    }

    private static String auth(String key) {
        return Json.object().put("type", "auth").put("token", key).toString();
    }

    private static WebSocketProbe graphQl(String key) {
        WebSocketProbe socket = WebSocketProbe.of("graphql-transport-ws", hub.uri("/graphql"));
        socket.send(Json.object()
                .put("type", "connection_init")
                .<ObjectNode>set("payload", Json.object().put("Authorization", "Bearer " + key)));
        return socket;
    }

    @Test
    void odooIsReceivedFromByAKeyOfTheScopeEventsWrite() {
        assertThat(hub.post(RECEIVE, EVENT, "X-API-Key", key("events:write").text())
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post(
                                RECEIVE,
                                EVENT,
                                "Authorization",
                                "Bearer " + key("events:write").text())
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post(RECEIVE, EVENT, "X-API-Key", key("events:read").text())
                        .statusCode())
                .isEqualTo(403);
        assertThat(hub.post(RECEIVE, EVENT, "X-API-Key", UNKNOWN_KEY).statusCode())
                .isEqualTo(401);
        assertThat(hub.post(RECEIVE, EVENT, "X-API-Key", "push-key-of-the-test").statusCode())
                .as("the push key counts beside them")
                .isEqualTo(200);
        assertThat(hub.output()).doesNotContain("hlk_");
    }

    @Test
    void manyWhoBringOneNewKeyAtOnceAreAllServed() {
        String key = key("events:write").text();

        List<Integer> statuses;
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            statuses = IntStream.range(0, 100)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(
                            () -> hub.post(RECEIVE, EVENT, "X-API-Key", key).statusCode(), senders))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }

        assertThat(statuses).containsOnly(200);
    }

    @Test
    void aWebSocketIsOpenedByAKeyInTheHeaderTheQueryAndTheFirstMessage() {
        String header = key("events:read").text();
        try (WebSocketProbe byHeader = WebSocketProbe.open(hub.uri("/ws"), "X-API-Key", header);
                WebSocketProbe byQuery = WebSocketProbe.open(
                        hub.uri("/ws?token=" + key("events:read").text()));
                WebSocketProbe byMessage = WebSocketProbe.open(hub.uri("/ws"))) {
            assertThat(byHeader.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(byQuery.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
            assertThat(byMessage
                            .ask(auth(key("events:read").text()))
                            .path("message")
                            .asText())
                    .isEqualTo("Authenticated");
            assertThat(byMessage.ask(SUBSCRIBE).path("type").asText()).isEqualTo("status");
        }
    }

    @Test
    void whatAClientSaysWhileItsKeyIsLookedUpIsAnsweredAfterIt() {
        try (WebSocketProbe socket = WebSocketProbe.open(hub.uri("/ws"))) {
            socket.send(auth(key("events:read").text())).send(SUBSCRIBE).send("{\"type\":\"ping\",\"timestamp\":1}");

            socket.await("pong");

            assertThat(socket.messages())
                    .extracting(message -> message.path("message").asText())
                    .containsExactly("Authenticated", "Subscribed to all sale.order events", "");
        }
    }

    @Test
    void aWebSocketIsClosedToAKeyThatDoesNotCountOrHasAnotherScope() {
        for (String wrong : List.of(UNKNOWN_KEY, key("records:read").text())) {
            try (WebSocketProbe socket = WebSocketProbe.open(hub.uri("/ws"))) {
                socket.send(auth(wrong));
                assertThat(socket.awaitClose()).isEqualTo(1008);
            }
        }
        assertThatThrownBy(() -> WebSocketProbe.open(hub.uri("/ws?token=" + UNKNOWN_KEY)))
                .hasMessageContaining("401");
    }

    @Test
    void graphQlTakesAKeyInItsFirstMessage() {
        try (WebSocketProbe known = graphQl(key("events:read").text());
                WebSocketProbe unknown = graphQl(UNKNOWN_KEY)) {
            known.await("connection_ack");
            assertThat(unknown.awaitClose()).isEqualTo(4403);
        }
    }

    @Test
    void aRevokedKeyEndsWhatItOpened() {
        Key stream = key("events:read");
        Key socket = key("events:read");
        Key message = key("events:read");
        Key graph = key("events:read");
        try (EventStream events = EventStream.open(hub.uri("/api/events?token=" + stream.text()));
                WebSocketProbe byQuery = WebSocketProbe.open(hub.uri("/ws?token=" + socket.text()));
                WebSocketProbe byMessage = WebSocketProbe.open(hub.uri("/ws"));
                WebSocketProbe byInit = graphQl(graph.text())) {
            byMessage.ask(auth(message.text()));
            byQuery.ask(SUBSCRIBE);
            byInit.await("connection_ack");

            List.of(stream, socket, message, graph).forEach(Key::revoke);

            assertThat(byQuery.awaitClose()).isEqualTo(1008);
            assertThat(byMessage.awaitClose()).isEqualTo(1008);
            assertThat(byInit.awaitClose()).isEqualTo(4401);
            await().atMost(SOON).until(events::ended);
            assertThat(hub.post(RECEIVE, EVENT, "X-API-Key", stream.text()).statusCode())
                    .isEqualTo(401);
        }
    }
}
