package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each thing that a receiver can do to us, on real sockets, and what the attempt comes to. */
class HostileReceiverIT extends SenderSetting {
    private static final String OK = "HTTP/1.1 200 OK\r\n";

    @TempDir
    static Path folder;

    private static TestCertificates certificates;

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new TestCertificates(folder);
    }

    private static void assertFailed(Attempt attempt, String errorClass, String message) {
        assertThat(attempt.result()).isInstanceOfSatisfying(SendResult.Failed.class, failed -> {
            assertThat(failed.reason()).as(failed.message()).isEqualTo(errorClass);
            assertThat(failed.message()).contains(message);
        });
        assertThat(attempt.result().errorClass()).isEqualTo(errorClass);
        assertThat(attempt.exchange().answer()).isNull();
    }

    private static RawServer holding() {
        RawServer[] self = new RawServer[1];
        self[0] = new RawServer(_ -> self[0].hold());
        return self[0];
    }

    @Test
    void oneThatNeverAnswersIsTimedOut() throws Exception {
        try (RawServer server = holding()) {
            Attempt attempt = send(http(server));

            assertFailed(attempt, "timeout", "No complete answer within 2 s; 127.0.0.1:" + server.port());
            assertThat(attempt.exchange().timing().connect()).isNotNull();
            assertThat(attempt.exchange().timing().answer()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {OK, OK + "Content-Length: 100000\r\n\r\n", OK + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"})
    void oneThatDripsIsTimedOut(String beginning) throws Exception {
        RawServer[] self = new RawServer[1];
        self[0] = new RawServer(socket -> {
            RawServer.readHead(socket.getInputStream());
            RawServer.write(socket, beginning);
            String drop = beginning.contains("chunked") ? "1\r\nx\r\n" : "x";
            while (self[0].goesOnAfter(100)) {
                RawServer.write(socket, drop);
            }
        });
        try (RawServer server = self[0]) {
            assertFailed(send(http(server)), "timeout", "took too long to answer");
        }
    }

    @Test
    void ofAnEndlessBodyTheStatusCountsAndTheConnectionIsClosed() throws Exception {
        RawServer endless = new RawServer(socket -> {
            RawServer.readHead(socket.getInputStream());
            RawServer.write(socket, OK + "\r\n");
            while (true) {
                RawServer.write(socket, "y".repeat(1_000));
            }
        });
        try (endless) {
            Attempt attempt = send(http(endless));

            assertThat(attempt.result()).isEqualTo(new SendResult.Answered(200));
            assertThat(attempt.exchange().answer().text()).isEqualTo("y".repeat(1_024));
            assertThat(attempt.exchange().timing().answer()).isLessThan(TIMEOUT);
        }
    }

    @Test
    void hugeHeadersAreTooLarge() throws Exception {
        try (RawServer server = RawServer.answering(OK + "X-Large: " + "z".repeat(100_000) + "\r\n\r\n")) {
            assertFailed(send(http(server)), "too_large", "headers of more than 8 KiB");
        }
    }

    @Test
    void endlessHeadersAreTooLarge() throws Exception {
        RawServer endless = new RawServer(socket -> {
            RawServer.readHead(socket.getInputStream());
            RawServer.write(socket, OK);
            while (true) {
                RawServer.write(socket, "X-More: zzzzzzzzzzzzzzzz\r\n");
            }
        });
        try (endless) {
            assertFailed(send(http(endless)), "too_large", "headers of more than 8 KiB");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 20", OK + "Content-Le", OK + "Content-Length: 100\r\n\r\nhalf"})
    void oneThatClosesBeforeItsAnswerIsCompleteHasFailed(String beginning) throws Exception {
        try (RawServer server = RawServer.answering(beginning)) {
            assertFailed(send(http(server)), "connection_error", "127.0.0.1:" + server.port() + " broke");
        }
    }

    @Test
    void oneThatResetsHasFailed() throws Exception {
        RawServer resetting = new RawServer(socket -> {
            RawServer.readHead(socket.getInputStream());
            socket.setSoLinger(true, 0);
        });
        try (resetting) {
            assertFailed(send(http(resetting)), "connection_error", "broke");
        }
    }

    @Test
    void oneWhereNobodyListensRefuses() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        assertFailed(
                send(subscription("http://127.0.0.1:" + port + "/")),
                "connection_refused",
                "No connection to 127.0.0.1:" + port + ": it was refused");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsAFailureAndNotFollowed(int status) throws Exception {
        try (RawServer other = holding();
                RawServer server = RawServer.answering("HTTP/1.1 " + status + " Moved\r\nLocation: http://127.0.0.1:"
                        + other.port() + "/\r\nContent-Length: 0\r\n\r\n")) {
            Attempt attempt = send(http(server));

            assertThat(attempt.result()).isEqualTo(new SendResult.Answered(status));
            assertThat(attempt.result().errorClass()).isEqualTo("redirect");
            assertThat(attempt.result().error()).contains("redirects are not followed");
            assertThat(other.connections()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "204, , true",
        "410, client_error, false",
        "404, client_error, false",
        "500, server_error, false",
        "599, server_error, false"
    })
    void aStatusIsWhatItIs(int status, String errorClass, boolean delivered) throws Exception {
        try (RawServer server = RawServer.answering("HTTP/1.1 " + status + " Said\r\nContent-Length: 0\r\n\r\n")) {
            Attempt attempt = send(http(server));

            assertThat(attempt.result()).isEqualTo(new SendResult.Answered(status));
            assertThat(attempt.result().errorClass()).isEqualTo(errorClass);
            assertThat(attempt.result().delivered()).isEqualTo(delivered);
            assertThat(attempt.exchange().answer().httpVersion()).isEqualTo("HTTP/1.1");
        }
    }

    @ParameterizedTest
    @CsvSource({"429, 120, 120", "503, 999999, 86400", "429, soon, "})
    void aRetryAfterIsReported(int status, String header, Long seconds) throws Exception {
        try (RawServer server = RawServer.answering(
                "HTTP/1.1 " + status + " Later\r\nRetry-After: " + header + "\r\nContent-Length: 4\r\n\r\nbusy")) {
            Attempt attempt = send(http(server));

            assertThat(attempt.result()).isEqualTo(new SendResult.Answered(status));
            assertThat(attempt.exchange().answer().text()).isEqualTo("busy");
            assertThat(attempt.exchange().answer().retryAfter())
                    .isEqualTo(seconds == null ? null : Duration.ofSeconds(seconds));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "this is not HTTP\r\n\r\n",
                "SSH-2.0-OpenSSH_9.6\r\n",
                "HTTP/9.9 200 OK\r\n\r\n",
                "\0\0\0\0\r\n\r\n"
            })
    void whatIsNoHttpHasFailed(String answer) throws Exception {
        try (RawServer server = RawServer.answering(answer)) {
            assertFailed(send(http(server)), "connection_error", "127.0.0.1:" + server.port());
        }
    }

    @Test
    void bytesThatAreNoTextAreShownAsText() throws Exception {
        try (RawServer server = RawServer.answering(OK + "Content-Length: 5\r\n\r\na\0\u00ff\u00feb")) {
            assertThat(send(http(server)).exchange().answer().text()).isEqualTo("a\uFFFD\uFFFD\uFFFDb");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "other, its certificate is for another name",
        "self, its certificate is not from an authority that is trusted here",
        "expired, its certificate has expired",
    })
    void aCertificateThatDoesNotCountIsToldClearly(String alias, String message) throws Exception {
        int port = serve(tls(alias), request -> request.response().end());
        ClientTls trusting = new ClientTls(null, null, certificates.certificate("authority"));

        Attempt attempt =
                send(subscription("https://" + NAME + ":" + port + "/", OutboundAuth.none(), trusting, TIMEOUT));

        assertFailed(attempt, "tls", message);
    }

    @Test
    void aCertificateOfAnAuthorityThatIsNotPublicIsNotTrusted() throws Exception {
        int port = serve(tls("good"), request -> request.response().end());

        assertFailed(send(subscription("https://" + NAME + ":" + port + "/")), "tls", "not from an authority");
    }

    @Test
    void oneThatSpeaksNoTlsHasFailed() throws Exception {
        RawServer talking = new RawServer(socket -> RawServer.write(socket, "220 mail.example ESMTP\r\n"));
        try (talking) {
            assertFailed(
                    send(subscription("https://127.0.0.1:" + talking.port() + "/")), "tls", "No TLS connection to");
        }
    }

    @Test
    void oneThatHangsInTheTlsHandshakeIsTimedOut() throws Exception {
        try (RawServer server = holding()) {
            Attempt attempt = send(subscription("https://127.0.0.1:" + server.port() + "/"));

            assertFailed(attempt, "timeout", "took too long to connect");
            assertThat(attempt.exchange().timing().connect()).isNull();
        }
    }

    @Test
    void anHttp2StreamThatIsResetHasFailed() throws Exception {
        int port = serve(tls("good"), request -> request.response().reset(7));

        assertFailed(send(https(port)), "connection_error", "reset the request, with the HTTP/2 code 7");
    }

    @Test
    void ofAnEndlessBodyOverHttp2TheStatusCountsAndTheStreamIsReset() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        int port = serve(tls("good"), request -> {
            HttpServerResponse response = request.response().setChunked(true);
            response.exceptionHandler(_ -> ended.complete(null));
            response.closeHandler(_ -> ended.complete(null));
            goOn(response, ended);
        });

        Attempt attempt = send(https(port));

        assertThat(attempt.result()).isEqualTo(new SendResult.Answered(200));
        assertThat(attempt.exchange().answer().httpVersion()).isEqualTo("HTTP/2");
        assertThat(attempt.exchange().answer().text()).isEqualTo("y".repeat(1_024));
        assertThat(attempt.exchange().timing().answer()).isLessThan(TIMEOUT);
        ended.get(10, TimeUnit.SECONDS);
    }

    /** As fast as the other side takes it. */
    private static void goOn(HttpServerResponse response, CompletableFuture<Void> ended) {
        while (!response.writeQueueFull() && !ended.isDone()) {
            Future<Void> _ = response.write("y".repeat(1_000));
        }
        response.drainHandler(_ -> goOn(response, ended));
    }

    @Test
    void oneThatDripsOverHttp2IsTimedOutAndTheStreamIsReset() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        int port = serve(tls("good"), request -> {
            HttpServerResponse response = request.response().setChunked(true);
            long drops = vertx.setPeriodic(100, _ -> {
                Future<Void> _ = response.write("x");
            });
            response.exceptionHandler(_ -> ended.complete(null));
            response.closeHandler(_ -> ended.complete(null));
            CompletableFuture<Void> _ = ended.thenRun(() -> vertx.cancelTimer(drops));
        });

        assertFailed(send(https(port)), "timeout", "took too long to answer");
        ended.get(10, TimeUnit.SECONDS);
    }

    @Test
    void anHttp2ConnectionThatGoesAwayHasFailedAndTheNextAttemptOpensAnother() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        int port = serve(tls("good"), request -> {
            if (requests.incrementAndGet() == 1) {
                request.connection().goAway(0, 0);
                request.connection().close();
            } else {
                request.response().end();
            }
        });

        assertFailed(send(https(port)), "connection_error", "");
        assertThat(send(https(port)).result()).isEqualTo(new SendResult.Answered(200));
    }

    @Test
    void aNameThatDoesNotResolveIsSaid() throws Exception {
        assertFailed(send(subscription("https://nowhere.test/")), "dns", "The name nowhere.test does not resolve");
    }

    @Test
    void aPrivateAddressIsBlockedWithoutAConnection() throws Exception {
        names.name("inside.test", "10.0.0.1");

        assertFailed(
                send(subscription("https://inside.test/")),
                "blocked",
                "inside.test has an address where webhooks are not sent");
    }

    @Test
    void aNameThatIsAnotherAddressAtTheNextLookUpIsBlockedThen() throws Exception {
        try (RawServer server = RawServer.answering(OK + "Content-Length: 0\r\nConnection: close\r\n\r\n")) {
            names.name("rebinding.test", "127.0.0.1", "169.254.169.254");
            Subscription subscription = subscription("http://rebinding.test:" + server.port() + "/");

            assertThat(send(subscription).result()).isEqualTo(new SendResult.Answered(200));
            assertFailed(send(subscription), "blocked", "rebinding.test has an address where webhooks are not sent");
            assertThat(names.asked()).containsExactly("rebinding.test", "rebinding.test");
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    private static Subscription https(int port) throws Exception {
        ClientTls trusting = new ClientTls(null, null, certificates.certificate("authority"));
        return subscription("https://" + NAME + ":" + port + "/", OutboundAuth.none(), trusting, TIMEOUT);
    }

    private static HttpServerOptions tls(String alias) throws Exception {
        return new HttpServerOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(certificates.certificate(alias)))
                        .addKeyValue(Buffer.buffer(certificates.key(alias))));
    }
}
