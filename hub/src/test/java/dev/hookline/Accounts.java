package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Posts bookings to hubs, keeps what was answered to each, and holds the log against it. */
final class Accounts {
    /** Longer than any answer may take. */
    static final Duration ANSWER_MAX = Duration.ofSeconds(100);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Booking references by the position that a hub acknowledged. */
    private final Map<Long, String> acknowledged = new ConcurrentHashMap<>();

    private final List<HttpResponse<String>> refused = new CopyOnWriteArrayList<>();
    private final List<Throwable> cut = new CopyOnWriteArrayList<>();
    private final List<String> samePosition = new CopyOnWriteArrayList<>();
    private final AtomicLong longestNanos = new AtomicLong();

    /** Many that post one booking after the other, until they are told to stop. */
    final class Load {
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final List<CompletableFuture<Void>> posters;

        private Load(URI hub, String prefix, int posters) {
            AtomicInteger next = new AtomicInteger();
            this.posters = IntStream.range(0, posters)
                    .mapToObj(_ -> CompletableFuture.runAsync(
                            () -> {
                                while (!stopped.get()) {
                                    post(hub, prefix + next.incrementAndGet()).join();
                                }
                            },
                            task -> Thread.ofVirtual().start(task)))
                    .toList();
        }

        /** Waits until all is answered. */
        void stop() {
            stopped.set(true);
            posters.forEach(CompletableFuture::join);
        }
    }

    Load load(HubProcess hub, String prefix, int posters) {
        return new Load(hub.uri("/api/webhook/booking"), prefix, posters);
    }

    /** Posts so many at once, and completes when all are answered or cut. */
    CompletableFuture<Void> burst(HubProcess hub, String prefix, int posts) {
        URI uri = hub.uri("/api/webhook/booking");
        return CompletableFuture.allOf(
                IntStream.range(0, posts).mapToObj(i -> post(uri, prefix + i)).toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> post(URI uri, String booking) {
        String body = "{\"event_type\":\"booking.created\",\"booking_ref\":\"" + booking + "\",\"vehicle_id\":1}";
        HttpRequest request = HttpRequest.newBuilder(uri)
                .timeout(ANSWER_MAX)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long from = System.nanoTime();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString(UTF_8))
                .thenAccept(answer -> {
                    longestNanos.accumulateAndGet(System.nanoTime() - from, Math::max);
                    if (answer.statusCode() == 200) {
                        long position =
                                Json.read(answer.body()).path("event_id").asLong();
                        if (acknowledged.putIfAbsent(position, booking) != null) {
                            samePosition.add(booking);
                        }
                    } else {
                        refused.add(answer);
                    }
                })
                .exceptionally(failure -> {
                    cut.add(failure);
                    return null;
                });
    }

    /** Whether a post is acknowledged now. */
    boolean acknowledges(HubProcess hub, String booking) {
        int before = refused.size() + cut.size();
        post(hub.uri("/api/webhook/booking"), booking).join();
        return refused.size() + cut.size() == before;
    }

    int acknowledged() {
        return acknowledged.size();
    }

    Set<String> bookings() {
        return Set.copyOf(acknowledged.values());
    }

    /** The longest time until an answer, so far. */
    Duration longestAnswer() {
        return Duration.ofNanos(longestNanos.get());
    }

    List<HttpResponse<String>> refused() {
        return refused;
    }

    List<Throwable> cut() {
        return cut;
    }

    private record Stored(long position, String booking, OffsetDateTime receivedAt) {}

    /**
     * What was acknowledged is in the log once, under its position; positions are 1 to n and times never fall; each event has
     * its record.
     *
     * @return how many events are in the log
     */
    int assertNothingLost(DatabaseAddress address) {
        try (Database database = new Database(address, 1)) {
            List<Stored> stored = database.jdbi()
                    .withHandle(db -> db.createQuery(
                                    "SELECT position, record_key, received_at FROM event ORDER BY position")
                            .map((row, _) -> new Stored(
                                    row.getLong(1), row.getString(2), row.getObject(3, OffsetDateTime.class)))
                            .list());
            Map<Long, String> bookings = new ConcurrentHashMap<>();
            stored.forEach(one -> bookings.put(one.position(), one.booking()));
            assertThat(samePosition).isEmpty();
            assertThat(bookings).containsAllEntriesOf(acknowledged);
            assertThat(stored).extracting(Stored::booking).doesNotHaveDuplicates();
            assertThat(stored)
                    .extracting(Stored::position)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, stored.size()).boxed().toList());
            assertThat(stored).extracting(Stored::receivedAt).isSorted();
            List<Long> head = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT position FROM log_head")
                            .mapTo(Long.class)
                            .list());
            assertThat(head).containsExactly((long) stored.size());
            List<String> records = database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT key FROM record WHERE model = 'booking'")
                            .mapTo(String.class)
                            .list());
            assertThat(records).containsExactlyInAnyOrderElementsOf(bookings.values());
            return stored.size();
        }
    }
}
