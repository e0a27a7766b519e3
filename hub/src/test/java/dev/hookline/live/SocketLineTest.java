package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.RawWebSocket;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The line of a client that keeps no rule: it floods, falls silent, or does not hang up. */
class SocketLineTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final AtomicLong forward = new AtomicLong();
    private final CountDownLatch opened = new CountDownLatch(1);
    private final CountDownLatch left = new CountDownLatch(1);
    private Vertx vertx;
    private int port;

    /** The machine's clock, put forward. */
    private final Time time = new Time() {
        @Override
        public Instant now() {
            return Time.system().now();
        }

        @Override
        public long nanos() {
            return Time.system().nanos() + forward.get();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Time.system().sleep(duration);
        }
    };

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        router.route("/ws")
                .handler(context -> context.request().toWebSocket().onSuccess(socket -> {
                    SocketLine line = new SocketLine(
                            vertx, time, socket, context.request().connection());
                    line.open(talker(line));
                    opened.countDown();
                }));
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1"));
        port = server.requestHandler(router).listen(0).await().actualPort();
    }

    @AfterEach
    void stop() {
        vertx.close().await();
    }

    /** Hangs up when it is told to. */
    private SocketLine.Talker talker(SocketLine line) {
        return new SocketLine.Talker() {
            @Override
            public void receive(String text) {
                line.close(SocketLine.REFUSED, text);
            }

            @Override
            public void beat() {}

            @Override
            public void left() {
                left.countDown();
            }
        };
    }

    private boolean isLeft() throws InterruptedException {
        return left.await(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aClientThatSendsPingsWithoutEndIsCut() throws Exception {
        try (RawWebSocket client = RawWebSocket.open(port, "/ws")) {
            assertThat(client.pingUntilCut(SOON)).isTrue();
            assertThat(isLeft()).isTrue();
        }
    }

    @Test
    void aClientWithoutASignOfLifeIsCut() throws Exception {
        try (RawWebSocket client = RawWebSocket.open(port, "/ws")) {
            assertThat(opened.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            forward.set(Duration.ofSeconds(61).toNanos());

            client.awaitCut(SOON);

            assertThat(isLeft()).isTrue();
        }
    }

    @Test
    void aClientThatDoesNotAnswerACloseIsHungUpOn() throws Exception {
        try (RawWebSocket client = RawWebSocket.open(port, "/ws")) {
            client.say("Goodbye");

            assertThat(client.read().opcode()).isEqualTo(RawWebSocket.CLOSE);
            long from = System.nanoTime();
            client.awaitCut(SOON);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(9));
            assertThat(isLeft()).isTrue();
        }
    }
}
