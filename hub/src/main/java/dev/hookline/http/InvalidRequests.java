package dev.hookline.http;

import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/**
 * Answers what cannot be read as a request, and so comes to no route: a line or a header that is too long, or no HTTP. The
 * connection ends with it. Of which family the path would be is not known.
 */
final class InvalidRequests implements Handler<HttpServerRequest> {
    private final Time time;

    InvalidRequests(Time time) {
        this.time = time;
    }

    @Override
    public void handle(HttpServerRequest request) {
        long from = time.nanos();
        Throwable cause = request.decoderResult().cause();
        int status = cause instanceof TooLongHttpLineException
                ? 414
                : cause instanceof TooLongHttpHeaderException ? 431 : 400;
        String message = switch (status) {
            case 414 -> "The URL is too long";
            case 431 -> "The headers are too large";
            default -> "This is no HTTP request";
        };
        String requestId = Ids.requestId();
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .putHeader("Connection", "close")
                .putHeader("X-Request-ID", requestId)
                .putHeader("X-Response-Time", WebServer.milliseconds(time.nanos() - from))
                .end(Json.write(ErrorFamily.BRIDGECORE.body(status, message, null, requestId)))
                .onComplete(_ -> request.connection().close());
    }
}
