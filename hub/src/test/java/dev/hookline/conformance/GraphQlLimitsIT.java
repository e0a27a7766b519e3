package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That no query stops a hub, or takes it from others. */
class GraphQlLimitsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore owner;
    private static BridgeCore other;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of());
        owner = BridgeCore.admin(hub);
        other = BridgeCore.user(hub, "limits-other", "limits-other", Role.OWNER);
        ObjectNode large =
                Json.object().put("model", "large.model").put("event", "write").put("record_id", 1);
        large.put("timestamp", "2025-11-16T10:30:00Z").putObject("payload").put("note", "x".repeat(900_000));
        owner.push(large);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static String body(String query) {
        return Json.object().put("query", query).toString();
    }

    private static JsonNode onlyError(JsonNode answer) {
        assertThat(answer.path("errors")).as(answer.toString()).hasSize(1);
        return answer.path("errors").path(0);
    }

    private static String code(JsonNode error) {
        return error.path("extensions").path("code").asText();
    }

    private static String many(int times, String field) {
        return IntStream.range(0, times).mapToObj(i -> "a" + i + ": " + field).collect(Collectors.joining(" "));
    }

    private static String payloads(int times) {
        return "{ webhookEvents(filter: {model: \"large.model\"}, limit: 1) { " + many(times, "data") + " } }";
    }

    /** 7 KB that would have been answered with 630 MB. */
    @Test
    void thePayloadOfAnEventUnderManyNamesIsNoAnswerAndTheHubLives() {
        List<JsonNode> answers = Stream.of(
                        payloads(700),
                        "{ record(model: \"large.model\", key: \"1\") { " + many(700, "state") + " } }",
                        "{ records(model: \"large.model\", limit: 1) { " + many(700, "state") + " } }")
                .map(query -> owner.ask(query))
                .toList();

        assertThat(answers).allSatisfy(answer -> {
            JsonNode error = onlyError(answer);
            assertThat(code(error)).isEqualTo("BAD_USER_INPUT");
            assertThat(error.path("message").asText()).contains("too large");
            assertThat(error.path("path").toString()).contains("\"a");
        });
        assertThat(hub.process().isAlive()).isTrue();
    }

    @Test
    void clientsThatDoNotTakeLargeAnswersDoNotStopTheHub() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                slow.add(send(owner, payloads(16)));
            }
            assertThat(other.ask("{ webhookEvents { id } }").path("errors").isMissingNode())
                    .isTrue();
            await().atMost(SOON)
                    .until(() -> owner.post("/graphql", body(payloads(16))).statusCode() == 503);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        await().atMost(SOON)
                .until(() -> owner.post("/graphql", body(payloads(16))).statusCode() == 200);
    }

    private static Socket send(BridgeCore caller, String query) throws IOException {
        URI uri = hub.uri("/graphql");
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
        String body = body(query);
        String request = "POST /graphql HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + caller.token
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void whatIsTooDeepOrReadsTooOftenIsRefusedBeforeItReads() {
        String deep = "{ webhookEvent(position: 1) " + "{ deliveries { webhookEvent ".repeat(8) + "{ id }"
                + " } }".repeat(8) + " }";

        assertThat(onlyError(owner.ask(deep)).path("message").asText()).contains("depth");
        assertThat(onlyError(owner.ask("{ " + many(40, "updatesSummary { hasUpdates }") + " }"))
                        .path("message")
                        .asText())
                .contains("complexity");
        assertThat(onlyError(owner.ask("mutation { " + many(41, "resetSyncState(userId: 1, deviceId: \"d\")") + " }"))
                        .path("message")
                        .asText())
                .contains("complexity");
    }

    /** The table of events is locked, so that every read lasts until it is given up. */
    @Test
    void readsThatLastAreGivenUpAndHoldUpOnlyTheirUser() throws Exception {
        String reads = "{ " + many(30, "webhookEvents(offset: 1, limit: 1) { id }") + " }";
        BridgeCore leaving = BridgeCore.user(hub, "default", "limits-leaving", Role.VIEWER);
        try (Database database =
                        new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1);
                Connection lock = database.pool().getConnection();
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<JsonNode> patient = CompletableFuture.supplyAsync(() -> owner.ask(reads));
            try (Socket one = send(leaving, reads);
                    Socket two = send(leaving, reads)) {
                HttpResponse<String> third = awaitRefusal(leaving);
                assertThat(third.body()).contains("2 requests under way");
                assertThat(other.ask("{ __typename }").path("errors").isMissingNode())
                        .isTrue();
            }

            await().atMost(SOON)
                    .until(() ->
                            leaving.post("/graphql", body("{ __typename }")).statusCode() == 200);
            assertThat(patient).as("is held up longer than who has left").isNotDone();
            assertThat(code(onlyError(patient.join()))).isEqualTo("TIMEOUT");
            lock.rollback();
        }
    }

    /** Until both of those before have their turns, it has one itself. */
    private static HttpResponse<String> awaitRefusal(BridgeCore caller) {
        return await().atMost(SOON)
                .until(() -> caller.post("/graphql", body("{ __typename }")), answer -> answer.statusCode() == 503);
    }
}
