package dev.hookline.http;

import dev.hookline.kernel.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An answer on its way. It is written as JSON by the thread that found it, for an event loop has others to serve; and its
 * bytes count until its client has taken them, or has gone: so clients that do not read cannot fill the memory.
 */
final class Outgoing {
    private static final int SMALL_BYTES_MAX = 64 << 10;
    private static final long BYTES_MAX = 64L << 20;

    /** Bytes of the answers of all requests that are not taken yet. */
    private static final AtomicLong ON_THEIR_WAY = new AtomicLong();

    private final Reply reply;
    private final Buffer json;
    private final AtomicBoolean counted = new AtomicBoolean(true);

    private Outgoing(Reply reply, Buffer json) {
        this.reply = reply;
        this.json = json;
    }

    /**
     * Ready to be sent, or else dropped. Takes as long as its body is large. What changes something has a small answer, and
     * that is never refused: the change is made.
     */
    static Outgoing of(Reply reply) throws Problem {
        Buffer json = reply.body().isMissingNode() ? Buffer.buffer() : Buffer.buffer(Json.write(reply.body()));
        long all = ON_THEIR_WAY.addAndGet(json.length());
        if (json.length() > SMALL_BYTES_MAX && all > BYTES_MAX) {
            ON_THEIR_WAY.addAndGet(-json.length());
            throw Problem.of(503, "Too much is on its way to clients that do not read it; try again shortly");
        }
        return new Outgoing(reply, json);
    }

    /** Sends it, on the event loop. Completes when the connection has taken it whole; fails when that has closed before. */
    Future<Void> send(RoutingContext context) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            drop();
            return Future.failedFuture("The connection was closed");
        }
        try {
            return Errors.send(response, reply, json).onComplete(_ -> drop());
        } catch (RuntimeException e) {
            drop();
            return Future.failedFuture(e);
        }
    }

    /** Counts it no longer. */
    void drop() {
        if (counted.compareAndSet(true, false)) {
            ON_THEIR_WAY.addAndGet(-json.length());
        }
    }
}
