package dev.hookline.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** The limit of streams and WebSockets: on two event loops, each writes what is posted to all that it has open. */
@Command(name = "limit-stream", hidden = true)
final class LimitStream implements Callable<Integer> {
    private static final int EVENT_LOOPS = 2;

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    @Override
    public Integer call() throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
        vertx.deployVerticle(Listener::new, new DeploymentOptions().setInstances(EVENT_LOOPS))
                .await(10, TimeUnit.SECONDS);
        System.out.println(Serving.READY + listeners.getFirst().port);
        new CountDownLatch(1).await();
        return 0;
    }

    private final class Listener extends AbstractVerticle {
        private final List<HttpServerResponse> open = new ArrayList<>();
        private final List<ServerWebSocket> sockets = new ArrayList<>();
        private int port;

        @Override
        public void start(Promise<Void> started) {
            listeners.add(this);
            vertx.createHttpServer(new HttpServerOptions()
                            .setPerFrameWebSocketCompressionSupported(false)
                            .setPerMessageWebSocketCompressionSupported(false))
                    .requestHandler(this::handle)
                    // To Vert.x a negative number is one free port, shared by those who give the same number.
                    .listen(-1, "127.0.0.1")
                    .onSuccess(server -> port = server.actualPort())
                    .<Void>mapEmpty()
                    .onComplete(started);
        }

        private void handle(HttpServerRequest request) {
            if (request.method().equals(HttpMethod.POST)) {
                request.body().onSuccess(body -> {
                    listeners.forEach(listener -> listener.writeAll(body));
                    request.response().end();
                });
                return;
            }
            if (request.canUpgradeToWebSocket()) {
                request.toWebSocket().onSuccess(this::follow);
                return;
            }
            HttpServerResponse response = request.response().setChunked(true);
            response.putHeader("Content-Type", "text/event-stream");
            response.exceptionHandler(_ -> open.remove(response));
            response.closeHandler(_ -> open.remove(response));
            open.add(response);
            response.write(": connected\n\n");
        }

        /** What a client says is answered by the same. */
        private void follow(ServerWebSocket socket) {
            socket.closeHandler(_ -> sockets.remove(socket));
            socket.textMessageHandler(socket::writeTextMessage);
            sockets.add(socket);
        }

        private void writeAll(Buffer frame) {
            String text = frame.toString();
            context.runOnContext(_ -> {
                open.forEach(response -> response.write(frame));
                sockets.forEach(socket -> socket.writeTextMessage(text));
            });
        }
    }
}
