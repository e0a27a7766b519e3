package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event streams: resuming, slow readers, and their end. */
class EventStreamIT {
    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("JWT_SECRET_KEY", Tokens.SIGNING_KEY));
        token = hub.token();
    }

    @AfterAll
    static void stop() {
        hub.close();
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

    @Test
    void aReaderThatStopsReadingHoldsNobodyBackAndLosesNothing() throws IOException {
        long first = send(10) + 1;
        try (Socket slow = new Socket(
                        InetAddress.getLoopbackAddress(), hub.uri("/").getPort());
                EventStream fast =
                        EventStream.open(hub.uri("/api/events?since=" + (first - 1) + "&access_token=" + token))) {
            slow.getOutputStream()
                    .write(("GET /api/events?since=" + (first - 1) + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer "
                                    + token + "\r\n\r\n")
                            .getBytes(UTF_8));
            // More than the hub keeps in memory, so that the slow one has to be served from the table.
            int events = 60;
            long last = 0;
            for (int i = 0; i < events; i++) {
                last = send(900_000);
            }
            long until = last;
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> fast.messages().stream().anyMatch(message -> message.id() == until));

            slow.setSoTimeout(20_000);
            List<Long> seen = new ArrayList<>();
            BufferedReader reader = new BufferedReader(new InputStreamReader(slow.getInputStream(), UTF_8));
            while (seen.isEmpty() || seen.getLast() < until) {
                String line = reader.readLine();
                assertThat(line).isNotNull();
                if (line.startsWith("id: ")) {
                    seen.add(Long.parseLong(line.substring(4)));
                }
            }
            assertThat(seen)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(first, until).boxed().toList());
        }
    }

    @Test
    void aStreamEndsWithItsToken() {
        try (EventStream stream = EventStream.open(
                hub.uri("/api/events"),
                "Authorization",
                "Bearer " + tokenUntil(Instant.now().plusSeconds(3)))) {
            long position = send(10);
            stream.await(1);
            assertThat(stream.messages().getFirst().id()).isEqualTo(position);

            await().atMost(Duration.ofSeconds(10)).until(stream::ended);
        }
    }

    @Test
    void aStreamEndsAfterItsSessionDoes() throws Exception {
        String own = hub.token();
        try (EventStream stream = EventStream.open(hub.uri("/api/events"), "Authorization", "Bearer " + own)) {
            hub.post("/auth/logout", "", "Authorization", "Bearer " + own);

            await().atMost(Duration.ofSeconds(45)).until(stream::ended);
        }
    }

    @Test
    void aTokenThatIsOverOrForgedIsRefused() {
        String over = tokenUntil(Instant.now().minusSeconds(1));
        String unsigned = token.substring(0, token.lastIndexOf('.') + 1);
        String none = Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes(UTF_8))
                + token.substring(token.indexOf('.'), token.lastIndexOf('.') + 1);

        for (String bad : List.of(over, unsigned, none, "x", token + "x")) {
            HttpResponse<String> answer = hub.get("/api/events", "Authorization", "Bearer " + bad);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        }
    }

    @Test
    void aPositionBeyondTheHeadIsSaidAndFollowsFromTheHead() {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?since=999999999&access_token=" + token))) {
            assertThat(stream.lines().getFirst()).contains("beyond the head");
            long position = send(10);

            assertThat(stream.await(1).getFirst().id()).isEqualTo(position);
        }
    }

    private static String tokenUntil(Instant end) {
        return Tokens.of(1, "admin", end);
    }
}
