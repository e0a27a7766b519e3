package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fifty write while twenty devices pull with filters of their own, badly, and the hub dies in between. Who sends the token has in
 * the end exactly the events of its filter, in order. Who does not misses only what was cut after it had left the hub.
 */
class SyncProofIT {
    private static final int WRITERS = 50;
    private static final int EVENTS_EACH = 40;
    private static final int DEVICES = 20;
    private static final int DEVICES_WITHOUT_TOKEN = 6;
    private static final List<String> MODELS =
            List.of("proof.a", "proof.b", "proof.c", "proof.d", "proof.e", "proof.f");
    private static final String KEY = "push-key-of-the-proof";
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path data;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicReference<CompletableFuture<URI>> address = new AtomicReference<>(new CompletableFuture<>());
    private final AtomicInteger deaths = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private volatile boolean written;

    private final SyncingDevice.Hub there = new SyncingDevice.Hub() {
        @Override
        public URI address() {
            return address.get().join();
        }

        @Override
        public int deaths() {
            return deaths.get();
        }
    };

    @Test
    void everyDeviceHasWhatItsFilterTakesWhateverIsCut() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (HubProcess hub = HubProcess.start(data, Map.of("WEBHOOK_PUSH_API_KEY", KEY))) {
            address.get().complete(hub.uri("/"));
            String token = hub.token();
            List<SyncingDevice> devices = IntStream.range(0, DEVICES)
                    .mapToObj(i -> device(i, token, random.split()))
                    .toList();
            List<CompletableFuture<Void>> writers = IntStream.range(0, WRITERS)
                    .mapToObj(i -> start(() -> write(i, new SplittableRandom(seed + i))))
                    .toList();
            List<CompletableFuture<Void>> pulling = devices.stream()
                    .map(device -> start(() -> {
                        while (!written) {
                            device.pullSomehow();
                        }
                    }))
                    .toList();

            for (int third = 1; third <= 2; third++) {
                int enough = WRITERS * EVENTS_EACH * third / 3;
                await().atMost(SOON).until(() -> acknowledged.get() > enough);
                killAndStart(hub);
            }
            writers.forEach(CompletableFuture::join);
            written = true;
            pulling.forEach(CompletableFuture::join);
            devices.forEach(SyncingDevice::catchUp);

            assertComplete(devices);
        }
    }

    private SyncingDevice device(int number, String token, SplittableRandom random) {
        return new SyncingDevice(
                http,
                there,
                token,
                Json.object()
                        .put("user_id", 1)
                        .put("device_id", "phone-" + number)
                        .put("app_type", "proof"),
                SyncingDevice.choose(MODELS, random),
                number >= DEVICES_WITHOUT_TOKEN,
                random);
    }

    private static CompletableFuture<Void> start(Runnable task) {
        return CompletableFuture.runAsync(task, run -> Thread.ofVirtual().start(run));
    }

    private void write(int writer, SplittableRandom random) {
        int event = 0;
        while (event < EVENTS_EACH) {
            String body = Json.object()
                    .put("model", MODELS.get(random.nextInt(MODELS.size())))
                    .put("record_id", writer * EVENTS_EACH + event)
                    .put("event", "write")
                    .toString();
            HttpRequest request = HttpRequest.newBuilder(there.address().resolve("/api/v1/webhooks/receive"))
                    .timeout(SOON)
                    .header("X-API-Key", KEY)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            int status = http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                    .handle((answer, failure) -> failure == null ? answer.statusCode() : 0)
                    .join();
            if (status == 200) {
                acknowledged.incrementAndGet();
                event++;
            }
        }
    }

    private void killAndStart(HubProcess hub) {
        address.set(new CompletableFuture<>());
        hub.kill();
        deaths.incrementAndGet();
        hub.restart();
        address.get().complete(hub.uri("/"));
    }

    private record Stored(long position, String model) {}

    private void assertComplete(List<SyncingDevice> devices) {
        List<Stored> log = new ArrayList<>();
        try (Database database = new Database(EmbeddedPostgres.running(data).orElseThrow(), 1)) {
            database.jdbi()
                    .useHandle(db -> db.createQuery("SELECT position, model FROM event ORDER BY position")
                            .map((row, _) -> new Stored(row.getLong(1), row.getString(2)))
                            .forEach(log::add));
        }
        assertThat(log).hasSizeGreaterThanOrEqualTo(acknowledged.get());
        int lost = 0;
        int cuts = 0;
        for (SyncingDevice device : devices) {
            lost += device.assertComplete(log.stream()
                    .filter(event -> device.models().contains(event.model()))
                    .map(Stored::position)
                    .toList());
            cuts += device.cuts();
        }
        System.out.printf(
                "%d events, %d pulls cut, %d events lost with them by the %d devices without a token%n",
                log.size(), cuts, lost, DEVICES_WITHOUT_TOKEN);
        assertThat(cuts).isPositive();
    }
}
