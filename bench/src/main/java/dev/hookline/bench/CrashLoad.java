package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbered bookings, posted by many at a time to a hub that may die at any moment, and what was answered to each. Every
 * fourth carries an {@code Idempotency-Key}; every fiftieth has no signature, and must be refused.
 */
final class CrashLoad {

    private static final int POSTERS = 32;
    private static final int KEYED_EVERY = 4;
    private static final int UNSIGNED_EVERY = 50;
    private static final int BOOKINGS_FROM = 2_000;
    private static final int BOOKINGS = 100;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(90);
    private static final Duration AFTER_A_FAILURE = Duration.ofMillis(50);

    /** What a post was answered. */
    record Answer(int status, JsonNode body) {
        long position() {
            return body.path("event_id").asLong();
        }

        boolean duplicate() {
            return body.path("duplicate").asBoolean();
        }
    }

    /** The position that was acknowledged for each number. */
    final Map<Long, Long> acknowledged = new ConcurrentHashMap<>();

    /** Numbers that were sent, and whose connection ended without an answer: stored or not. */
    final Set<Long> unanswered = ConcurrentHashMap.newKeySet();

    /** Answered 503: not stored. */
    final AtomicLong refused = new AtomicLong();

    /** Unsigned posts that were answered otherwise than 401, and answers that nobody expects. */
    final AtomicLong wrongAnswers = new AtomicLong();

    private final Vertx vertx;
    private final HttpClient client;

    /** Posts start here: an answer to one that starts on another thread could come before somebody listens. */
    private final Context home;

    private final Time time;
    private final HmacSha256 hmac = new HmacSha256(BookingRequests.SECRET.getBytes(StandardCharsets.UTF_8));
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger posting = new AtomicInteger();
    private volatile String url = "";
    private volatile boolean running;
    private final Pauses pauses = new Pauses();

    CrashLoad(Vertx vertx, Time time) {
        this.vertx = vertx;
        this.time = time;
        this.home = vertx.getOrCreateContext();
        this.client = vertx.httpClientBuilder()
                .with(new HttpClientOptions().setConnectTimeout(5_000))
                .with(new PoolOptions().setHttp1MaxSize(POSTERS))
                // The post that was on it is told; nobody else needs to hear.
                .withConnectHandler(connection -> connection.exceptionHandler(_ -> {}))
                .build();
    }

    /** The longest time without an acknowledgement since it was reset. */
    private static final class Pauses {
        private long lastNanos;
        private long longestNanos;

        synchronized void reset(long nowNanos) {
            lastNanos = nowNanos;
            longestNanos = 0;
        }

        synchronized void acknowledged(long nowNanos) {
            longestNanos = Math.max(longestNanos, nowNanos - lastNanos);
            lastNanos = nowNanos;
        }

        synchronized Duration longest() {
            return Duration.ofNanos(longestNanos);
        }
    }

    static boolean isKeyed(long number) {
        return number % KEYED_EVERY == 0;
    }

    private static boolean isUnsigned(long number) {
        return number % UNSIGNED_EVERY == 49;
    }

    /** A hundred bookings share two thousand numbers. */
    static String booking(long number) {
        return "BK-" + number / BOOKINGS_FROM + "-" + number % BOOKINGS;
    }

    void to(String hub) {
        url = hub;
    }

    /** Goes on posting, until {@link #pause}. */
    void go() {
        running = true;
        posting.addAndGet(POSTERS);
        home.runOnContext(_ -> {
            for (int i = 0; i < POSTERS; i++) {
                postNext();
            }
        });
    }

    /** Stops, and waits until everything that was posted is answered or cut. */
    void pause() throws InterruptedException, IOException {
        running = false;
        long until = time.nanos() + ANSWER_MAX.plusSeconds(10).toNanos();
        while (posting.get() > 0) {
            if (time.nanos() > until) {
                throw new IOException(posting.get() + " posts hang");
            }
            time.sleep(Duration.ofMillis(1));
        }
    }

    /** The numbers given out so far are below this. */
    long numbers() {
        return next.get();
    }

    void resetPause() {
        pauses.reset(time.nanos());
    }

    Duration longestPause() {
        return pauses.longest();
    }

    private void postNext() {
        if (!running) {
            posting.decrementAndGet();
            return;
        }
        long number = next.getAndIncrement();
        post(number).onComplete(result -> {
            if (result.succeeded()) {
                answered(number, result.result());
            } else if (!isUnsigned(number) && !(result.cause() instanceof ConnectException)) {
                unanswered.add(number);
            }
            if (result.succeeded() && result.result().status() == 200) {
                postNext();
            } else {
                vertx.setTimer(AFTER_A_FAILURE.toMillis(), _ -> postNext());
            }
        });
    }

    private void answered(long number, Answer answer) {
        if (isUnsigned(number)) {
            if (answer.status() != 401) {
                wrongAnswers.incrementAndGet();
            }
        } else if (answer.status() == 200 && !answer.duplicate()) {
            acknowledged.put(number, answer.position());
            pauses.acknowledged(time.nanos());
        } else if (answer.status() == 503) {
            refused.incrementAndGet();
        } else {
            wrongAnswers.incrementAndGet();
        }
    }

    private Future<Answer> post(long number) {
        byte[] body = ("{\"event_type\":\"booking.modified\",\"booking_ref\":\"" + booking(number) + "\",\"n\":"
                        + number + ",\"vehicle_id\":1,\"total_amount\":\"450.00\",\"currency\":\"EUR\"}")
                .getBytes(StandardCharsets.UTF_8);
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(url + "/api/webhook/booking")
                .setTimeout(ANSWER_MAX.toMillis())
                .putHeader("Content-Type", "application/json");
        if (!isUnsigned(number)) {
            request.putHeader("X-Webhook-Signature", HexFormat.of().formatHex(hmac.sign(body)));
        }
        if (isKeyed(number)) {
            request.putHeader("Idempotency-Key", "number-" + number);
        }
        return client.request(request)
                .compose(open -> open.send(Buffer.buffer(body)))
                .compose(response ->
                        response.body().map(answer -> new Answer(response.statusCode(), Json.read(answer.toString()))));
    }

    /** Posts these numbers again, in the order given. */
    List<Answer> postAgain(List<Long> numbers) throws InterruptedException, IOException {
        List<Answer> answers = new ArrayList<>();
        for (long number : numbers) {
            Promise<Answer> answer = Promise.promise();
            home.runOnContext(_ -> post(number).onComplete(answer));
            try {
                answers.add(answer.future()
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS));
            } catch (ExecutionException | TimeoutException e) {
                throw new IOException("Number " + number + " posted again was not answered: " + e, e);
            }
        }
        return answers;
    }
}
