package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten times SIGKILL while 2,000 events go to three subscriptions each. */
class DeliveryCrashIT {
    private static final int EVENTS = 2_000;
    private static final int REQUEST_EVENTS = 10;
    private static final int SUBSCRIPTIONS = 3;
    private static final int KILLS = 10;

    /** One event at one receiver, by the path it was sent to. */
    private record Arrival(String path, String event) {}

    @TempDir
    Path data;

    private final Map<Arrival, AtomicInteger> arrivals = new ConcurrentHashMap<>();

    private int arrived() {
        return arrivals.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    @Test
    void everySubscriptionGetsEveryEventAndOnlyWhatWasInFlightRepeats() {
        try (Receiver receiver = new Receiver((exchange, received) -> {
                    String event = received.json().path("resource_id").asText();
                    arrivals.computeIfAbsent(new Arrival(received.path(), event), _ -> new AtomicInteger())
                            .incrementAndGet();
                    Time.system().sleep(Duration.ofMillis(20));
                    exchange.sendResponseHeaders(200, -1);
                });
                HubProcess hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"))) {
            Subscriber tenant = new Subscriber(hub);
            Map<Long, String> paths = new HashMap<>();
            for (int i = 0; i < SUBSCRIPTIONS; i++) {
                paths.put(tenant.subscribe(receiver.url("/" + i), "invoice.created"), "/" + i);
            }
            String token = hub.token();
            CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publishAll(hub, token));

            Map<Arrival, Integer> mayRepeat = new HashMap<>();
            for (int kill = 1; kill <= KILLS; kill++) {
                int enough = kill * EVENTS * SUBSCRIPTIONS / (KILLS + 1);
                await().atMost(Duration.ofSeconds(60)).until(() -> arrived() >= enough);
                hub.kill();
                inFlight(paths).forEach(arrival -> mayRepeat.merge(arrival, 1, Integer::sum));
                hub.restart();
            }
            publishing.join();

            await().atMost(Duration.ofSeconds(60)).until(() -> arrivals.size() == EVENTS * SUBSCRIPTIONS);
            await().atMost(Duration.ofSeconds(60)).until(() -> unsettled() == 0);
            Map<Arrival, Integer> repeats = new HashMap<>();
            arrivals.forEach((arrival, times) -> {
                if (times.get() > 1) {
                    repeats.put(arrival, times.get() - 1);
                }
            });
            repeats.forEach((arrival, times) -> assertThat(times)
                    .as("repeats of %s", arrival)
                    .isLessThanOrEqualTo(mayRepeat.getOrDefault(arrival, 0)));
            System.out.printf(
                    "%d kills: %d deliveries, %d repeated; %d were in flight at a kill%n",
                    KILLS, EVENTS * SUBSCRIPTIONS, repeats.size(), mayRepeat.size());
        }
    }

    /** Each request is sent until it is acknowledged, under one idempotency key. */
    private static void publishAll(HubProcess hub, String token) {
        for (int i = 0; i < EVENTS / REQUEST_EVENTS; i++) {
            ObjectNode body = Json.object();
            ArrayNode events = body.putArray("events");
            for (int j = 0; j < REQUEST_EVENTS; j++) {
                events.add(Subscriber.event("invoice.created", "inv-" + (i * REQUEST_EVENTS + j)));
            }
            String key = "request-" + i;
            await().atMost(Duration.ofSeconds(90))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        try {
                            HttpResponse<String> answer = hub.send(HttpRequest.newBuilder(hub.uri(Subscriber.EVENTS))
                                    .header("Authorization", "Bearer " + token)
                                    .header("Idempotency-Key", key)
                                    .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
                            return answer.statusCode() == 202;
                        } catch (UncheckedIOException killed) {
                            return false;
                        }
                    });
        }
    }

    /** What arrived, but whose outcome the killed hub had not written. */
    private Set<Arrival> inFlight(Map<Long, String> paths) {
        Set<Arrival> open = new HashSet<>(arrivals.keySet());
        try (Database database = new Database(EmbeddedPostgres.running(data).orElseThrow(), 1)) {
            List<Arrival> settled = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT d.subscription, e.record_key FROM delivery d"
                                    + " JOIN event e USING (position) WHERE d.status = 'delivered'")
                            .map((row, _) -> new Arrival(paths.get(row.getLong(1)), row.getString(2)))
                            .list());
            settled.forEach(open::remove);
        }
        return open;
    }

    private int unsettled() {
        try (Database database = new Database(EmbeddedPostgres.running(data).orElseThrow(), 1)) {
            return database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT count(*) FROM delivery WHERE status <> 'delivered'")
                            .mapTo(Integer.class)
                            .one());
        }
    }
}
