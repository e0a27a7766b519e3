package dev.hookline.bench;

import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A receiver of webhooks that counts what it took. */
final class Sink implements AutoCloseable {
    static final int TAKEN = 200;

    /** For an answer that never comes. */
    static final int NEVER = 0;

    private static final Duration STALL_MAX = Duration.ofMinutes(2);

    /** Decides on the status of an answer. */
    interface Answer {
        int to(HttpServerRequest request, Buffer body);
    }

    private final Vertx vertx = Vertx.vertx();
    private final AtomicLong taken = new AtomicLong();
    private final int port;

    Sink(Answer answer) throws Exception {
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    int status = answer.to(request, body);
                    if (status == TAKEN) {
                        taken.incrementAndGet();
                    }
                    if (status != NEVER) {
                        request.response().setStatusCode(status).end();
                    }
                }));
        this.port = server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS).actualPort();
    }

    int port() {
        return port;
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    /** Requests answered 200 so far. */
    long taken() {
        return taken.get();
    }

    /** Waits until so many were taken in all. */
    void await(long goal) throws IOException, InterruptedException {
        long seen = taken.get();
        long movedAt = System.nanoTime();
        while (taken.get() < goal) {
            Time.system().sleep(Duration.ofMillis(2));
            if (taken.get() != seen) {
                seen = taken.get();
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt > STALL_MAX.toNanos()) {
                throw new IOException("No delivery for " + STALL_MAX.toSeconds() + " s, at " + seen + " of " + goal);
            }
        }
    }

    @Override
    public void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }
}
