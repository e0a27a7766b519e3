package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many clients at once that ask for large events and do not read them. The hub has 512 MB. */
class SlowReadersIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int CLIENTS = 45;
    private static final int EVENTS = 18;

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;
    private final List<AutoCloseable> clients = new ArrayList<>();

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("JWT_SECRET_KEY", Tokens.SIGNING_KEY));
        token = hub.token();
        for (int i = 0; i < EVENTS; i++) {
            send(900_000);
        }
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @AfterEach
    void goAway() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
    }

    private static long send(int bytes) {
        HttpResponse<String> answer = hub.post(
                "/api/webhook/booking",
                Json.object()
                        .put("event_type", "booking.created")
                        .put("booking_ref", "BK-1")
                        .put("note", "x".repeat(bytes))
                        .toString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    /** Asks, and reads nothing. */
    private void ask(String method, String path, String body) throws IOException {
        Socket socket = new Socket();
        clients.add(socket);
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), hub.uri("/").getPort()));
        socket.getOutputStream()
                .write((method + " " + path + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + token
                                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(UTF_8));
    }

    /** Whoever reads is served meanwhile. */
    private static void assertServes() {
        try (WebSocketProbe fast = WebSocketProbe.open(hub.uri("/ws?token=" + token))) {
            fast.ask("{\"type\":\"subscribe\",\"channel\":\"model:booking\"}");
            for (int i = 0; i < 5; i++) {
                long position = send(900_000);
                fast.await(message -> message.path("id").asLong() == position);
            }
        }
        assertThat(hub.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void eventStreamsThatAreNotReadDoNotFillTheMemory() throws IOException {
        for (int i = 0; i < CLIENTS; i++) {
            ask("GET", "/api/events?since=0", "");
        }

        assertServes();
    }

    @Test
    void pullsAndListsThatAreNotReadDoNotFillTheMemory() throws IOException {
        for (int i = 0; i < CLIENTS; i++) {
            ask(
                    "POST",
                    "/api/v2/sync/pull",
                    "{\"user_id\":1,\"device_id\":\"slow" + i + "\",\"app_type\":\"mobile_app\",\"limit\":500}");
            ask("GET", "/api/v1/webhooks/events?limit=500", "");
        }

        assertServes();
    }

    @Test
    void socketsThatAreNotReadAndFollowARecordUnderManyNamesDoNotFillTheMemory() throws IOException {
        for (int i = 0; i < CLIENTS; i++) {
            RawWebSocket socket = RawWebSocket.open(hub.uri("/").getPort(), "/ws?since=0&token=" + token);
            clients.add(socket);
            for (int system = 0; system < 12; system++) {
                socket.say("{\"type\":\"subscribe_model\",\"system_id\":\"s" + system
                        + "\",\"model\":\"booking\",\"record_ids\":[\"BK-1\"]}");
            }
        }

        assertServes();
    }

    @Test
    void socketsThatFollowARecordUnderManyNamesGetAllOfItOnce() {
        try (WebSocketProbe socket = WebSocketProbe.open(hub.uri("/ws?token=" + token))) {
            for (int system = 0; system < 10; system++) {
                socket.ask("{\"type\":\"subscribe_model\",\"system_id\":\"s" + system
                        + "\",\"model\":\"booking\",\"record_ids\":[\"BK-1\"]}");
            }
            assertThat(socket.ask("{\"type\":\"subscribe_model\",\"system_id\":\"one more\",\"model\":\"booking\","
                                    + "\"record_ids\":[\"BK-1\"]}")
                            .path("type")
                            .asText())
                    .isEqualTo("error");

            long first = send(500_000);
            long second = send(500_000);

            await().atMost(SOON)
                    .until(() -> socket.messages("model_update").stream()
                                    .filter(push -> push.path("id").asLong() == second)
                                    .count()
                            == 10);
            assertThat(socket.messages("model_update"))
                    .extracting(push -> push.path("id").asLong() + " "
                            + push.path("system_id").asText())
                    .hasSize(20)
                    .doesNotHaveDuplicates()
                    .startsWith(first + " s0");
        }
    }
}
