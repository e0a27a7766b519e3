package dev.hookline;

import static dev.hookline.Subscriber.SUBSCRIPTIONS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Senders and receivers that mean harm, or seem to. */
class HostileIT {
    private static final Duration SOON = Duration.ofSeconds(15);

    @TempDir
    static Path data;

    private static HubProcess hub;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void aReceiverThatAnswersNonsenseDoesNotStopTheOutcomesOfOthers() throws Exception {
        try (Receiver healthy = Receiver.answering(200);
                ServerSocket hostile = answering("HTTP/1.1 2\0000 OK\r\nContent-Length: 0\r\n\r\n")) {
            Subscriber tenant = new Subscriber(hub);
            long bad = tenant.subscribe("http://127.0.0.1:" + hostile.getLocalPort() + "/", "hostile.event");
            long good = tenant.subscribe(healthy.url("/"), "good.event");
            tenant.publish("hostile.event", "1");
            await().atMost(SOON).until(() -> tenant.status(bad).equals("retrying"));

            tenant.publish("good.event", "1");

            await().atMost(SOON).until(() -> tenant.status(good).equals("delivered"));
        }
    }

    @Test
    void aSubscriptionDeletedDuringAnAttemptIsNotTriedAgain() throws Exception {
        CountDownLatch deleted = new CountDownLatch(1);
        try (Receiver slow = new Receiver((exchange, _) -> {
            deleted.await();
            exchange.sendResponseHeaders(500, -1);
        })) {
            Subscriber tenant = new Subscriber(hub);
            long subscription = tenant.subscribe(slow.url("/"), "some.event");
            tenant.publish("some.event", "1");
            await().atMost(SOON).until(() -> slow.received().size() == 1);

            tenant.send("DELETE", SUBSCRIPTIONS + "/" + subscription, "");
            deleted.countDown();

            await().atMost(SOON).until(() -> tenant.status(subscription).equals("cancelled"));
            await().during(Duration.ofSeconds(3))
                    .atMost(SOON)
                    .until(() -> slow.received().size() == 1);
        }
    }

    @Test
    void aChangedEventTypeBringsNothingFromBeforeTheChange() throws Exception {
        try (Receiver receiver = Receiver.answering(200)) {
            Subscriber tenant = new Subscriber(hub);
            long subscription = tenant.subscribe(receiver.url("/"), "old.type");
            tenant.publish("new.type", "before");
            tenant.send("PATCH", SUBSCRIPTIONS + "/" + subscription, "{\"event\":\"new.type\"}");

            hub.restart();
            tenant.publish("new.type", "after");

            await().atMost(SOON).until(() -> !receiver.received().isEmpty());
            assertThat(receiver.received())
                    .extracting(one -> one.json().path("resource_id").asText())
                    .containsExactly("after");
        }
    }

    @Test
    void twentyThatHangWithABacklogDoNotDelayAHealthyOne() throws Exception {
        try (Receiver healthy = Receiver.answering(200);
                Receiver hanging = new Receiver((_, _) -> new CountDownLatch(1).await())) {
            Subscriber tenant = new Subscriber(hub);
            tenant.subscribe(healthy.url("/"), "good.event");
            for (int i = 0; i < 20; i++) {
                tenant.subscribe(hanging.url("/" + i), "hanging.event");
            }
            var body = Json.object();
            var events = body.putArray("events");
            for (int i = 0; i < 1_000; i++) {
                events.add(Subscriber.event("hanging.event", "h" + i));
            }
            tenant.post(Subscriber.EVENTS, body);
            tenant.post(Subscriber.EVENTS, body);
            await().atMost(SOON).until(() -> hanging.received().size() >= 20);

            long from = System.nanoTime();
            tenant.publish("good.event", "1");
            await().atMost(SOON).until(() -> !healthy.received().isEmpty());

            assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /in/not-there?a=%",
                "POST /in/%zz",
                "POST /api/v1/webhooks/receive?operation=%zz",
                "GET /api/v2/webhooks/logs?limit=%",
                "GET /api/v1/records/order/A?a=%"
            })
    void aUrlThatCannotBeDecodedIs400(String call) throws Exception {
        String body = call.startsWith("POST") ? "{\"_model\":\"m\",\"_id\":1}" : "";
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), hub.uri("/").getPort())) {
            socket.getOutputStream()
                    .write(
                            "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                                    .formatted(call, hub.token(), body.length(), body)
                                    .getBytes(StandardCharsets.US_ASCII));

            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("Bad request");
        }
        assertThat(hub.output()).doesNotContain(" ERROR ");
    }

    @Test
    void announcedBodiesThatDoNotComeTakeNoMemory() throws Exception {
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 700; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), hub.uri("/").getPort());
                open.add(socket);
                socket.getOutputStream()
                        .write("POST /api/webhook/booking HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n{"
                                .getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(hub.get("/health").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void aSmallBodyOfLargeExponentsDoesNotEndTheHub() {
        String body =
                "{\"event_type\":\"booking.modified\",\"booking_ref\":\"A\",\"x\":[" + "1e399,".repeat(170_000) + "1]}";
        for (int i = 0; i < 3; i++) {
            hub.post("/api/webhook/booking", body);
        }
        assertThat(hub.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void aHubThatTookManyLargeWebhooksStartsAgain() throws Exception {
        String pad = "z".repeat(1_000_000);
        for (int i = 0; i < 400; i++) {
            hub.post(
                    "/api/webhook/booking",
                    "{\"event_type\":\"booking.modified\",\"booking_ref\":\"L" + i + "\",\"x\":\"" + pad + "\"}");
        }
        hub.restart();

        await().during(Duration.ofSeconds(4))
                .atMost(SOON)
                .until(() -> hub.get("/health").statusCode() == 200);
    }

    private static ServerSocket answering(String answer) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().read(new byte[65_536]);
                    socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                } catch (IOException e) {
                    // The test is over, or the hub hung up.
                }
            }
        });
        return server;
    }
}
