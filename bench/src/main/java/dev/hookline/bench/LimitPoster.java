package dev.hookline.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The limit of delivery: the hub's HTTP client, with the hub's settings, posting one body again and again. Who posts a body
 * here is answered when it has been posted {@code x-count} times, so many at once as the hub sends to one subscription.
 */
@Command(name = "limit-poster", hidden = true)
final class LimitPoster implements Callable<Integer> {
    static final String COUNT = "x-count";
    private static final int AT_ONCE = 32;
    private static final String HEX = "0".repeat(64);

    @Parameters(paramLabel = "PORT", description = "of the sink")
    private int sink;

    @Override
    public Integer call() throws Exception {
        Vertx vertx = Vertx.vertx();
        Poster poster = new Poster();
        vertx.deployVerticle(poster).await(10, TimeUnit.SECONDS);
        System.out.println(Serving.READY + poster.port);
        new CountDownLatch(1).await();
        return 0;
    }

    private final class Poster extends AbstractVerticle {
        private int port;

        @Override
        public void start(Promise<Void> started) {
            HttpClient client =
                    vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(AT_ONCE * 2));
            vertx.createHttpServer()
                    .requestHandler(request -> request.body().onSuccess(body -> new Run(client, request, body).start()))
                    .listen(0, "127.0.0.1")
                    .onSuccess(server -> port = server.actualPort())
                    .<Void>mapEmpty()
                    .onComplete(started);
        }
    }

    /** All on one event loop. */
    private final class Run {
        private final HttpClient client;
        private final HttpServerRequest asked;
        private final Buffer body;
        private int toStart;
        private int toEnd;

        Run(HttpClient client, HttpServerRequest asked, Buffer body) {
            this.client = client;
            this.asked = asked;
            this.body = body;
            this.toStart = Integer.parseInt(asked.getHeader(COUNT));
            this.toEnd = toStart;
        }

        void start() {
            for (int i = 0; i < AT_ONCE; i++) {
                next();
            }
        }

        private void next() {
            if (toStart == 0) {
                return;
            }
            toStart--;
            client.request(options())
                    .compose(request -> request.send(body))
                    .compose(response -> response.end())
                    .onSuccess(_ -> {
                        toEnd--;
                        if (toEnd == 0) {
                            asked.response().end();
                        } else {
                            next();
                        }
                    })
                    .onFailure(cause -> asked.response().setStatusCode(500).end(cause.toString()));
        }

        /** The same bytes as the hub's headers, but signed once and for all. */
        private RequestOptions options() {
            return new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setHost("127.0.0.1")
                    .setPort(sink)
                    .setURI("/limit")
                    .putHeader("Content-Type", "application/json")
                    .putHeader("User-Agent", "Hookline/1.0")
                    .putHeader("X-Signature", "sha256=" + HEX)
                    .putHeader("X-Webhook-Signature", HEX)
                    .putHeader("webhook-id", "evt_1234567")
                    .putHeader("webhook-timestamp", "1764000000")
                    .putHeader("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=");
        }
    }
}
