package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL during a burst of posts: what was acknowledged is in the log once, and positions have no gap. */
class CrashIT {
    private static final int POSTS = 1_000;

    @TempDir
    Path data;

    /** Booking references by the position that the hub acknowledged. */
    private final Map<Long, String> acknowledged = new ConcurrentHashMap<>();

    private final List<String> refused = new CopyOnWriteArrayList<>();

    private final AtomicInteger probes = new AtomicInteger();

    private CompletableFuture<Void> burst(HubProcess hub, String prefix) {
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return CompletableFuture.allOf(IntStream.range(0, POSTS)
                .mapToObj(i -> post(http, hub, prefix + i))
                .toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> post(HttpClient http, HubProcess hub, String booking) {
        String body = "{\"event_type\":\"booking.created\",\"booking_ref\":\"" + booking + "\",\"vehicle_id\":1}";
        HttpRequest request = HttpRequest.newBuilder(hub.uri("/api/webhook/booking"))
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString(UTF_8))
                .thenAccept(answer -> {
                    if (answer.statusCode() == 200) {
                        JsonNode json = Json.read(answer.body());
                        acknowledged.put(json.path("event_id").asLong(), booking);
                    } else {
                        refused.add(answer.statusCode() + " " + answer.body());
                    }
                })
                .exceptionally(cut -> {
                    refused.add(cut.toString());
                    return null;
                });
    }

    private void assertNothingLost(HubProcess hub) {
        try (Database database =
                new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1)) {
            Map<Long, String> stored = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT position, record_key FROM event ORDER BY position")
                            .reduceRows(new ConcurrentHashMap<Long, String>(), (all, row) -> {
                                all.put(row.getColumn(1, Long.class), row.getColumn(2, String.class));
                                return all;
                            }));
            assertThat(stored).containsAllEntriesOf(acknowledged);
            assertThat(Set.copyOf(stored.values())).hasSameSizeAs(stored.values());
            assertThat(stored.keySet())
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(1, stored.size()).boxed().toList());
            List<Long> head = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT position FROM log_head")
                            .mapTo(Long.class)
                            .list());
            assertThat(head).containsExactly((long) stored.size());
            List<String> records = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT key FROM record WHERE model = 'booking'")
                            .mapTo(String.class)
                            .list());
            assertThat(records).containsExactlyInAnyOrderElementsOf(stored.values());
        }
    }

    @Test
    void killingTheHubLosesNothingThatWasAcknowledged() {
        try (HubProcess hub = HubProcess.start(data, Map.of("RATE_LIMIT_ENABLED", "false"))) {
            CompletableFuture<Void> burst = burst(hub, "BK-");
            await().until(() -> acknowledged.size() > 50);
            hub.kill();
            burst.join();
            assertThat(acknowledged.size()).isLessThan(POSTS);

            hub.restart();

            assertNothingLost(hub);
            int before = acknowledged.size();
            refused.clear();
            burst(hub, "AGAIN-").join();
            assertThat(refused).isEmpty();
            assertThat(acknowledged).hasSize(before + POSTS);
            assertNothingLost(hub);
        }
    }

    @Test
    void killingPostgresLosesNothingThatWasAcknowledgedAndTheHubRecoversByItself() {
        try (HubProcess hub = HubProcess.start(data, Map.of("RATE_LIMIT_ENABLED", "false"))) {
            CompletableFuture<Void> burst = burst(hub, "BK-");
            await().until(() -> acknowledged.size() > 50);
            hub.postgres().destroyForcibly();
            burst.join();

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> hub.get("/health").statusCode() == 200);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                post(HttpClient.newHttpClient(), hub, "PROBE-" + probes.incrementAndGet())
                        .join();
                return acknowledged.values().stream().anyMatch(key -> key.startsWith("PROBE-"));
            });
            int before = acknowledged.size();
            refused.clear();
            burst(hub, "AGAIN-").join();
            assertThat(refused).isEmpty();
            assertThat(acknowledged).hasSize(before + POSTS);
            assertNothingLost(hub);
        }
    }
}
