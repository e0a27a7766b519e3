package dev.hookline.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.kernel.Json;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OutgoingTest {
    private static Reply ofBytes(int bytes) {
        return Reply.ok(Json.object().put("x", "x".repeat(bytes)));
    }

    private static boolean isAdmitted(int bytes) {
        try {
            Outgoing.of(ofBytes(bytes)).drop();
            return true;
        } catch (Problem e) {
            return false;
        }
    }

    @Test
    void largeAnswersAreRefusedWhileTooMuchIsOnItsWay() throws Problem {
        List<Outgoing> all = new ArrayList<>();
        try {
            for (int i = 0; i < 63; i++) {
                all.add(Outgoing.of(ofBytes(1 << 20)));
            }

            assertThatThrownBy(() -> Outgoing.of(ofBytes(1 << 20)))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> assertThat(problem.status()).isEqualTo(503));
            assertThat(isAdmitted(60_000)).isTrue();
        } finally {
            all.forEach(Outgoing::drop);
        }
        assertThat(isAdmitted(1 << 20)).isTrue();
    }

    @Test
    void anAnswerCountsUntilItsClientHasGone() throws IOException {
        Vertx vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        router.route("/").handler(context -> {
            try {
                Outgoing.of(ofBytes(40 << 20)).send(context);
            } catch (Problem e) {
                context.fail(e);
            }
        });
        int port = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1"))
                .requestHandler(router)
                .listen(0)
                .await()
                .actualPort();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> !isAdmitted(40 << 20));

            socket.close();

            Awaitility.await().until(() -> isAdmitted(40 << 20));
        } finally {
            vertx.close().await();
        }
    }
}
