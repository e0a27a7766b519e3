package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Time;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hubs over one database. */
class TwoHubsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path data;

    static Map<String, String> on(DatabaseAddress database) {
        String url = database.jdbcUrl()
                .replace(
                        "jdbc:postgresql://",
                        "postgresql+asyncpg://" + database.user() + ":" + database.password() + "@");
        return Map.of(
                "DATABASE_URL", url,
                "HOOKLINE_MASTER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                "HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8");
    }

    @Test
    void aSubscriptionMadeOnOneBetweenTwoEventsOfTheOtherGetsExactlyTheSecond() {
        Map<String, String> environment = on(TestDatabase.freshAddress());
        try (Receiver receiver = Receiver.answering(200);
                HubProcess one = HubProcess.start(data.resolve("one"), environment);
                HubProcess two = HubProcess.start(data.resolve("two"), environment)) {
            Subscriber here = new Subscriber(one);
            Subscriber there = new Subscriber(two);
            for (int round = 0; round < 20; round++) {
                Subscriber publisher = round % 2 == 0 ? there : here;
                Subscriber subscriber = round % 2 == 0 ? here : there;
                String type = "invoice.round_" + round;
                String path = "/" + round;
                publisher.publish(type, "first");
                long subscription = subscriber.subscribe(receiver.url(path), type);
                publisher.publish(type, "second");

                await().atMost(SOON).until(() -> subscriber.status(subscription).equals("delivered"));
                assertThat(receiver.received().stream().filter(got -> got.path().equals(path)))
                        .extracting(got -> got.json().path("resource_id").asText())
                        .containsExactly("second");
            }
        }
    }

    @Test
    void aSourceMadeOnOneIsCalledOnTheOtherWithinASecondAndGoneThereWhenItIsDeleted() {
        Map<String, String> environment = on(TestDatabase.freshAddress());
        try (HubProcess one = HubProcess.start(data.resolve("one"), environment);
                HubProcess two = HubProcess.start(data.resolve("two"), environment)) {
            String[] token = {"Authorization", "Bearer " + one.token()};
            HttpResponse<String> made =
                    one.post("/api/v1/sources", "{\"name\":\"shared\",\"scheme\":{\"name\":\"none\"}}", token);
            Duration aSecond = Duration.ofMillis(1_500);

            await().atMost(aSecond).until(() -> two.post("/in/shared", "{}").statusCode() == 200);

            HttpRequest.Builder delete = HttpRequest.newBuilder(one.uri("/api/v1/sources/"
                            + HubProcess.json(made).path("id").asLong()))
                    .headers(token)
                    .DELETE();
            assertThat(one.send(delete).statusCode()).isEqualTo(204);
            await().atMost(aSecond).until(() -> two.post("/in/shared", "{}").statusCode() == 404);
        }
    }

    @Test
    void whatADeadHubHeldIsDeliveredByTheOtherAndATokenOfOneHoldsOnBoth() {
        Map<String, String> environment = on(TestDatabase.freshAddress());
        try (Receiver receiver = new Receiver((exchange, _) -> {
                    Time.system().sleep(Duration.ofMillis(100));
                    exchange.sendResponseHeaders(200, -1);
                });
                HubProcess one = HubProcess.start(data.resolve("one"), environment)) {
            Subscriber tenant = new Subscriber(one);
            tenant.subscribe(receiver.url("/"), "invoice.created");
            try (HubProcess two = HubProcess.start(data.resolve("two"), environment)) {
                assertThat(two.get(Subscriber.SUBSCRIPTIONS, "Authorization", "Bearer " + one.token())
                                .statusCode())
                        .isEqualTo(200);
                for (int i = 0; i < 300; i++) {
                    tenant.publish("invoice.created", "inv-" + i);
                }
                one.kill();

                List<String> all =
                        IntStream.range(0, 300).mapToObj(i -> "inv-" + i).toList();
                await().atMost(SOON)
                        .until(() -> receiver.received().stream()
                                        .map(got ->
                                                got.json().path("resource_id").asText())
                                        .distinct()
                                        .count()
                                == all.size());
                Subscriber survivor = new Subscriber(two);
                await().atMost(SOON)
                        .until(() -> survivor.deliveries(1).stream()
                                .allMatch(row -> row.path("status").asText().equals("delivered")));
            }
        }
    }

    /** With more than one worker, events were lost to the sockets of the others. */
    @Test
    void a11_14_aWebSocketOfOneHearsWhatIsSentToTheOtherAndResumesThere() {
        Map<String, String> environment = on(TestDatabase.freshAddress());
        String subscribe = "{\"type\":\"subscribe_model_channel\",\"model\":\"vehicle\"}";
        String body = "{\"event_type\":\"price.updated\",\"vehicle_id\":7,\"currency\":\"USD\"}";
        try (HubProcess one = HubProcess.start(data.resolve("one"), environment);
                HubProcess two = HubProcess.start(data.resolve("two"), environment)) {
            String token = one.token();
            long first;
            try (WebSocketProbe socket = WebSocketProbe.open(one.uri("/ws?token=" + token))) {
                socket.ask(subscribe);
                first = HubProcess.json(two.post("/api/webhook/inventory", body))
                        .path("event_id")
                        .asLong();

                assertThat(socket.await("webhook_event").path("id").asLong()).isEqualTo(first);
            }
            long second = HubProcess.json(one.post("/api/webhook/inventory", body))
                    .path("event_id")
                    .asLong();
            try (WebSocketProbe socket = WebSocketProbe.open(two.uri("/ws?since=" + first + "&token=" + token))) {
                socket.ask(subscribe);

                assertThat(socket.await("webhook_event").path("id").asLong()).isEqualTo(second);
            }
        }
    }

    @Test
    void aNodeWithAnotherMasterKeyIsRefused() {
        DatabaseAddress database = TestDatabase.freshAddress();
        try (HubProcess one = HubProcess.start(data.resolve("one"), on(database))) {
            Map<String, String> other = new HashMap<>(on(database));
            other.put("HOOKLINE_MASTER_KEY", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=");

            HubProcess.Refused refused = HubProcess.startRefused(data.resolve("two"), other);

            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.output()).contains("another master key");
            assertThat(one.get("/health").statusCode()).isEqualTo(200);
        }
    }
}
