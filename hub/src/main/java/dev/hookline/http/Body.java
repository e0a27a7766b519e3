package dev.hookline.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads a body whole, as raw bytes, whatever its content type: signatures are over what was sent. A body over the limit is
 * answered 413 as soon as that is known, chunked or not; what still comes is thrown away, up to a bound.
 */
final class Body implements Handler<RoutingContext> {
    private static final long DISCARDED_BYTES_MAX = 64L << 20;
    private static final long IN_MEMORY_BYTES_MAX = 96L << 20;

    /** Bytes of the bodies of all requests that are not answered yet. */
    private static final AtomicLong IN_MEMORY = new AtomicLong();

    private final int bytesMax;

    Body(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        long announced = announced(request);
        if (announced > bytesMax) {
            discard(context, announced);
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            context.response().writeContinue();
        }
        // What is announced is not believed: memory is taken as bytes arrive.
        Buffer body = Buffer.buffer();
        request.exceptionHandler(cut -> context.fail(400, cut));
        context.addEndHandler(_ -> IN_MEMORY.addAndGet(-body.length()));
        request.handler(chunk -> {
            if (body.length() + chunk.length() > bytesMax) {
                discard(context, body.length() + chunk.length());
            } else if (IN_MEMORY.get() + chunk.length() > IN_MEMORY_BYTES_MAX) {
                request.handler(_ -> {});
                request.endHandler(_ -> {});
                Errors.send(context, 503, "The hub is reading too much at once; try again shortly");
            } else {
                body.appendBuffer(chunk);
                IN_MEMORY.addAndGet(chunk.length());
            }
        });
        request.endHandler(end -> {
            context.put(Call.BODY, body);
            context.next();
        });
    }

    private static long announced(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return -1;
        }
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void discard(RoutingContext context, long soFar) {
        HttpServerRequest request = context.request();
        long[] bytes = {soFar};
        request.endHandler(end -> {});
        request.handler(chunk -> {
            bytes[0] += chunk.length();
            if (bytes[0] > DISCARDED_BYTES_MAX) {
                request.connection().close();
            }
        });
        Errors.send(context, 413, "The body is larger than " + bytesMax + " bytes");
    }
}
