package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes at an even pace to two nodes in turn, either of which may die at any moment. Each request is sent, to one or the
 * other, until it is acknowledged.
 */
final class DeliveryCrashLoad {
    static final String TYPE = "bench.crash";

    private static final int EACH = 10;
    private static final int RECORDS = 200;
    private static final Duration EVERY = Duration.ofMillis(100);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    /** Published, and not delivered yet: beyond it nothing is published. */
    private static final long BEHIND_MAX = 150;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Time time = Time.system();
    private final String authorization;
    private final LongSupplier delivered;
    private final String[] urls;
    private final AtomicLong published = new AtomicLong();
    private volatile boolean running = true;
    private @Nullable CompletableFuture<Void> thread;

    /**
     * Publishes nothing yet.
     *
     * @param delivered of the events published, about how many every subscriber has
     */
    DeliveryCrashLoad(String authorization, LongSupplier delivered, String... urls) {
        this.authorization = authorization;
        this.delivered = delivered;
        this.urls = urls;
    }

    synchronized void to(int node, String url) {
        urls[node] = url;
    }

    private synchronized String url(long turn) {
        return urls[(int) (turn % urls.length)];
    }

    void go() {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        thread = ended;
        Thread.ofVirtual().name("publisher").start(() -> {
            try {
                publish();
                ended.complete(null);
            } catch (IOException | InterruptedException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
    }

    /** Events acknowledged so far. */
    long published() {
        return published.get();
    }

    /** Stops after the request that is under way has been acknowledged. */
    void stop() throws IOException {
        running = false;
        try {
            if (thread != null) {
                thread.join();
            }
        } catch (CompletionException e) {
            throw new IOException("Publishing failed: " + e.getCause(), e);
        }
    }

    private void publish() throws IOException, InterruptedException {
        for (long request = 0; running; request++) {
            for (long turn = request; !isAcknowledged(url(turn), request); turn++) {
                time.sleep(EVERY);
            }
            published.addAndGet(EACH);
            do {
                time.sleep(EVERY);
            } while (running && published.get() - delivered.getAsLong() > BEHIND_MAX);
        }
    }

    private boolean isAcknowledged(String url, long request) throws IOException, InterruptedException {
        HttpResponse<String> answer;
        try {
            answer = http.send(
                    HttpRequest.newBuilder(URI.create(url + PublishRequests.PATH))
                            .header("Authorization", authorization)
                            .header("Idempotency-Key", "request-" + request)
                            .timeout(ANSWER_MAX)
                            .POST(HttpRequest.BodyPublishers.ofString(body(request)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException killed) {
            return false;
        }
        if (answer.statusCode() != 202 && answer.statusCode() != 503) {
            throw new IOException("Publishing was answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.statusCode() == 202;
    }

    private static String body(long request) {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (long number = request * EACH; number < (request + 1) * EACH; number++) {
            events.addObject()
                    .put("event", TYPE)
                    .put("resource_type", "bench")
                    .put("resource_id", "r-" + number * 7 % RECORDS)
                    .set("data", Json.object().put("n", number));
        }
        return body.toString();
    }
}
