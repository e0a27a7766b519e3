package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.eventlog.Events;
import dev.hookline.kernel.Time;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes out to receivers that behave: connections, certificates, sign-ins. */
class SenderIT extends SenderSetting {
    private static final HttpServerOptions PLAIN = new HttpServerOptions();
    private static final SendResult OK = new SendResult.Answered(200);

    @TempDir
    static Path folder;

    private static TestCertificates certificates;

    private final Set<String> connections = ConcurrentHashMap.newKeySet();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new TestCertificates(folder);
    }

    private void answerOk(HttpServerRequest request) {
        connections.add(request.connection().remoteAddress().toString());
        seen.add(request.version() + " " + request.getHeader("Authorization"));
        request.response().end("thanks");
    }

    private static HttpServerOptions tls(boolean http2, ClientAuth clientAuth) throws Exception {
        return new HttpServerOptions()
                .setSsl(true)
                .setUseAlpn(http2)
                .setClientAuth(clientAuth)
                .setTrustOptions(
                        new PemTrustOptions().addCertValue(Buffer.buffer(certificates.certificate("authority"))))
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(certificates.certificate("good")))
                        .addKeyValue(Buffer.buffer(certificates.key("good"))));
    }

    private static Subscription https(int port, boolean ownCertificate) throws Exception {
        ClientTls tls = new ClientTls(
                ownCertificate ? certificates.certificate("client") : null,
                ownCertificate ? certificates.key("client") : null,
                certificates.certificate("authority"));
        return subscription("https://" + NAME + ":" + port + "/hook", OutboundAuth.none(), tls, TIMEOUT);
    }

    /** Two at most: an answer is complete a moment before its connection is free for the next request. */
    @ParameterizedTest
    @CsvSource({"false, HTTP/1.1", "true, HTTP/2"})
    void overTlsTheReceiverChoosesTheVersionAndTheConnectionIsKept(boolean http2, String version) throws Exception {
        Subscription subscription = https(serve(tls(http2, ClientAuth.NONE), this::answerOk), false);

        for (int i = 0; i < 20; i++) {
            Attempt attempt = send(subscription);

            assertThat(attempt.result()).isEqualTo(OK);
            assertThat(attempt.exchange().answer().httpVersion()).isEqualTo(version);
        }
        assertThat(connections).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void aPlainConnectionIsKeptToo() throws Exception {
        Subscription subscription = subscription("http://127.0.0.1:" + serve(PLAIN, this::answerOk) + "/");

        for (int i = 0; i < 20; i++) {
            assertThat(send(subscription).result()).isEqualTo(OK);
        }

        assertThat(connections).hasSizeLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void asManyAsTheCapGoAtOnce(boolean http2) throws Exception {
        Subscription subscription = https(serve(tls(http2, ClientAuth.NONE), this::answerOk), false);

        for (int round = 0; round < 3; round++) {
            List<CompletableFuture<Attempt>> attempts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                attempts.add(start(subscription));
            }
            for (CompletableFuture<Attempt> attempt : attempts) {
                assertThat(attempt.get(20, TimeUnit.SECONDS).result()).isEqualTo(OK);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void whatIsUnderWayWhenTheSubscriptionChangesIsAnswered(boolean elsewhere) throws Exception {
        BlockingQueue<HttpServerRequest> held = new LinkedBlockingQueue<>();
        int port = serve(PLAIN, request -> {
            if (request.path().equals("/held") && held.isEmpty()) {
                held.add(request);
            } else {
                answerOk(request);
            }
        });
        Subscription before = subscription("http://127.0.0.1:" + port + "/held");
        Subscription after = elsewhere
                ? subscription("http://127.0.0.1:" + port + "/other")
                : before.with(before.settings().with(Signing.with("another secret of some length")));

        CompletableFuture<Attempt> underWay = start(before);
        await().atMost(TIMEOUT).until(() -> !held.isEmpty());
        assertThat(send(after).result()).isEqualTo(OK);
        assertThat(underWay).isNotDone();
        vertx.runOnContext(_ -> held.element().response().end());

        assertThat(underWay.get(20, TimeUnit.SECONDS).result()).isEqualTo(OK);
    }

    /** Its queue of connections is full, so that it answers no new one. */
    private static ServerSocket deaf(List<Socket> open) throws IOException {
        ServerSocket deaf = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.2"));
        boolean taken = true;
        while (taken) {
            Socket socket = new Socket();
            open.add(socket);
            try {
                socket.connect(deaf.getLocalSocketAddress(), 300);
            } catch (SocketTimeoutException e) {
                taken = false;
            }
        }
        return deaf;
    }

    @Test
    void aConnectionThatIsNotMadeGivesItsPlaceBackAndTheNextAddressIsTried() throws Exception {
        List<Socket> open = new ArrayList<>();
        try (ServerSocket deaf = deaf(open)) {
            int port = deaf.getLocalPort();
            HostNames two = name -> name.equals("one.test")
                    ? List.of(InetAddress.ofLiteral("127.0.0.2"))
                    : List.of(InetAddress.ofLiteral("127.0.0.2"), InetAddress.ofLiteral("127.0.0.1"));
            Sender other = new Sender(vertx, new AddressRules("127.0.0.0/8"), two, Time.system(), 1);
            for (int i = 0; i < 4; i++) {
                CompletableFuture<Attempt> tried = new CompletableFuture<>();
                other.attempt(subscription("http://one.test:" + port + "/"), EVENT, "evt_1", tried::complete);
                assertThat(tried.get(20, TimeUnit.SECONDS).result())
                        .isInstanceOfSatisfying(
                                SendResult.Failed.class,
                                failed -> assertThat(failed.reason())
                                        .as(failed.message())
                                        .isEqualTo(SendResult.TIMEOUT));
            }

            HttpServer server = vertx.createHttpServer().requestHandler(this::answerOk);
            server.listen(port, "127.0.0.1").await(10, TimeUnit.SECONDS);
            CompletableFuture<Attempt> second = new CompletableFuture<>();
            other.attempt(subscription("http://two.test:" + port + "/"), EVENT, "evt_1", second::complete);

            assertThat(second.get(20, TimeUnit.SECONDS).result()).isEqualTo(OK);
            other.close();
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void theTimesOfItsPartsAreTold() throws Exception {
        names.name("slow.test", "127.0.0.1");
        Subscription subscription = subscription("http://slow.test:" + serve(PLAIN, this::answerOk) + "/");

        Exchange.Timing timing = send(subscription).exchange().timing();

        assertThat(timing.resolve()).isPositive();
        assertThat(timing.connect()).isPositive();
        assertThat(timing.answer()).isPositive();
    }

    @Test
    void aLookUpThatHangsIsTimedOutAndHoldsUpNoOtherName() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        HostNames slow = name -> {
            if (name.equals("hanging.test")) {
                try {
                    hanging.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return names.addresses(NAME);
        };
        int port = serve(PLAIN, this::answerOk);
        Sender other = new Sender(vertx, new AddressRules("127.0.0.1"), slow, Time.system(), 4);
        CompletableFuture<Attempt> stuck = new CompletableFuture<>();
        CompletableFuture<Attempt> healthy = new CompletableFuture<>();

        for (int i = 0; i < 50; i++) {
            other.attempt(subscription("http://hanging.test:" + port + "/"), EVENT, "evt_1", stuck::complete);
        }
        other.attempt(subscription("http://" + NAME + ":" + port + "/"), EVENT, "evt_1", healthy::complete);

        assertThat(healthy.get(20, TimeUnit.SECONDS).result()).isEqualTo(OK);
        assertThat(stuck.get(20, TimeUnit.SECONDS).result())
                .isEqualTo(new SendResult.Failed(
                        "timeout",
                        "No complete answer within 2 s; hanging.test:" + port
                                + " took too long while its name was looked up"));
        hanging.countDown();
        other.close();
    }

    @Test
    void headersAreSentAsTheyAreAndShownMasked() throws Exception {
        List<String> keys = new CopyOnWriteArrayList<>();
        int port = serve(PLAIN, request -> {
            keys.add(request.getHeader("X-Key"));
            answerOk(request);
        });
        OutboundAuth auth = new OutboundAuth.Basic("user", "pässword");

        Attempt attempt = send(subscription("http://127.0.0.1:" + port + "/", auth, null, TIMEOUT));

        assertThat(keys).containsExactly("a-key-of-some-length");
        assertThat(seen).containsExactly("HTTP_1_1 Basic dXNlcjpww6Rzc3dvcmQ=");
        assertThat(attempt.headers())
                .containsEntry("X-Key", "…ngth")
                .containsEntry("Authorization", "Basic …")
                .containsEntry("Content-Type", "application/json")
                .containsKeys("X-Signature", "X-Webhook-Signature", "webhook-id", "webhook-signature");
        assertThat(attempt.body().toString(UTF_8)).isEqualTo("{\"n\":1}");
        assertThat(attempt.exchange().answer().text()).isEqualTo("thanks");
    }

    @Test
    void withoutItsSecretNothingIsSentAndTheReasonIsTold() throws Exception {
        Subscription lost = new Subscription(
                1,
                "default",
                URI.create("http://127.0.0.1:" + serve(PLAIN, this::answerOk) + "/"),
                "booking.modified",
                null,
                true,
                0,
                Events.OCCURRED,
                Events.OCCURRED);

        Attempt attempt = send(lost);

        assertThat(attempt.result().errorClass()).isEqualTo("blocked");
        assertThat(attempt.result().error()).contains("sealed under another master key");
        assertThat(seen).isEmpty();
    }

    @Test
    void aBearerTokenIsSent() throws Exception {
        int port = serve(PLAIN, this::answerOk);

        send(subscription("http://127.0.0.1:" + port + "/", new OutboundAuth.Bearer("token-1"), null, TIMEOUT));

        assertThat(seen).containsExactly("HTTP_1_1 Bearer token-1");
    }

    @Test
    void aReceiverThatWantsACertificateGetsIt() throws Exception {
        int port = serve(tls(true, ClientAuth.REQUIRED), this::answerOk);

        assertThat(send(https(port, true)).result()).isEqualTo(OK);
        assertThat(send(https(port, false)).result()).isInstanceOf(SendResult.Failed.class);
    }

    private static OutboundAuth.OAuth2 oauth(int tokenPort, boolean inBody) {
        return new OutboundAuth.OAuth2(
                URI.create("http://127.0.0.1:" + tokenPort + "/token"),
                "client id",
                "client secret",
                "write",
                null,
                inBody);
    }

    private int tokens(List<String> requests, String... answers) throws Exception {
        AtomicInteger next = new AtomicInteger();
        return serve(
                PLAIN,
                request -> request.body().onSuccess(body -> {
                    requests.add(request.getHeader("Authorization") + " " + body);
                    String answer = answers[Math.min(next.getAndIncrement(), answers.length - 1)];
                    request.response().end(answer);
                }));
    }

    private Subscription withTokens(int port, OutboundAuth auth) {
        return subscription("http://127.0.0.1:" + port + "/", auth, null, TIMEOUT);
    }

    @Test
    void oneTokenIsFetchedForManyAttempts() throws Exception {
        List<String> requests = new CopyOnWriteArrayList<>();
        int tokenPort = tokens(requests, "{\"access_token\":\"one\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
        Subscription subscription = withTokens(serve(PLAIN, this::answerOk), oauth(tokenPort, false));

        List<CompletableFuture<Attempt>> together = List.of(start(subscription), start(subscription));
        for (CompletableFuture<Attempt> attempt : together) {
            assertThat(attempt.get(20, TimeUnit.SECONDS).result()).isEqualTo(OK);
        }
        assertThat(send(subscription).result()).isEqualTo(OK);

        assertThat(requests)
                .containsExactly("Basic Y2xpZW50K2lkOmNsaWVudCtzZWNyZXQ= grant_type=client_credentials&scope=write");
        assertThat(seen).hasSize(3).containsOnly("HTTP_1_1 Bearer one");
    }

    @Test
    void credentialsMayGoInTheForm() throws Exception {
        List<String> requests = new CopyOnWriteArrayList<>();
        int tokenPort = tokens(requests, "{\"access_token\":\"one\"}");

        send(withTokens(serve(PLAIN, this::answerOk), oauth(tokenPort, true)));

        assertThat(requests)
                .containsExactly("null grant_type=client_credentials&scope=write"
                        + "&client_id=client+id&client_secret=client+secret");
    }

    @Test
    void aTokenThatHasEndedIsFetchedAnew() throws Exception {
        List<String> requests = new CopyOnWriteArrayList<>();
        int tokenPort = tokens(requests, "{\"access_token\":\"one\",\"expires_in\":0}", "{\"access_token\":\"two\"}");
        Subscription subscription = withTokens(serve(PLAIN, this::answerOk), oauth(tokenPort, false));

        send(subscription);
        send(subscription);

        assertThat(seen).containsExactly("HTTP_1_1 Bearer one", "HTTP_1_1 Bearer two");
    }

    @Test
    void aTokenThatIsRefusedIsExchangedOnceAndNoMore() throws Exception {
        List<String> requests = new CopyOnWriteArrayList<>();
        int tokenPort = tokens(requests, "{\"access_token\":\"one\"}", "{\"access_token\":\"two\"}");
        int picky = serve(PLAIN, request -> {
            String token = request.getHeader("Authorization");
            seen.add(token);
            request.response().setStatusCode(token.endsWith("two") ? 200 : 401).end();
        });

        assertThat(send(withTokens(picky, oauth(tokenPort, false))).result()).isEqualTo(OK);
        assertThat(seen).containsExactly("Bearer one", "Bearer two");

        int refusing = serve(PLAIN, request -> {
            seen.add("refused");
            request.response().setStatusCode(401).end();
        });
        assertThat(send(withTokens(refusing, oauth(tokenPort, false))).result())
                .isEqualTo(new SendResult.Answered(401));
        assertThat(seen.stream().filter("refused"::equals)).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 400 Bad\\r\\nContent-Length: 0\\r\\n\\r\\n | client_error | The receiver answered 400",
                "HTTP/1.1 302 Moved\\r\\nLocation: /\\r\\nContent-Length: 0\\r\\n\\r\\n | redirect | not followed",
                "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{} | connection_error | no bearer token",
                "HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\noops | connection_error | no JSON object",
            })
    void withoutATokenNothingIsSent(String answer, String errorClass, String message) throws Exception {
        int port = serve(PLAIN, this::answerOk);
        try (RawServer tokens = RawServer.answering(answer.replace("\\r\\n", "\r\n"))) {
            Attempt attempt = send(withTokens(port, oauth(tokens.port(), false)));

            assertThat(attempt.result().errorClass()).isEqualTo(errorClass);
            assertThat(attempt.result().error())
                    .startsWith("No OAuth2 token from 127.0.0.1: ")
                    .contains(message);
            assertThat(seen).isEmpty();
        }
    }

    @Test
    void anEndlessTokenIsCutOff() throws Exception {
        RawServer endless = new RawServer(socket -> {
            RawServer.readHead(socket.getInputStream());
            RawServer.write(socket, "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"");
            while (true) {
                RawServer.write(socket, "t".repeat(1_000));
            }
        });
        try (endless) {
            Attempt attempt = send(withTokens(serve(PLAIN, this::answerOk), oauth(endless.port(), false)));

            assertThat(attempt.result().error()).contains("no JSON object");
        }
    }

    @Test
    void waitingForATokenCountsAsTheAttempt() throws Exception {
        RawServer[] self = new RawServer[1];
        self[0] = new RawServer(_ -> self[0].hold());
        try (RawServer silent = self[0]) {
            Attempt attempt = send(withTokens(serve(PLAIN, this::answerOk), oauth(silent.port(), false)));

            assertThat(attempt.result())
                    .isEqualTo(new SendResult.Failed("timeout", "No OAuth2 token from 127.0.0.1 in time"));
        }
    }

    /** Behind the receiver's own authority, and only for who shows the subscriber's certificate. */
    @Test
    void aTokenServerIsTrustedAndSignedInToByTheSubscriptionsTls() throws Exception {
        int tokenPort = serve(
                tls(false, ClientAuth.REQUIRED), request -> request.response().end("{\"access_token\":\"t1\"}"));
        OutboundAuth auth = new OutboundAuth.OAuth2(
                URI.create("https://" + NAME + ":" + tokenPort + "/token"), "client", "secret", null, null, false);
        List<String> received = new CopyOnWriteArrayList<>();
        int port = serve(PLAIN, request -> {
            received.add(request.getHeader("Authorization"));
            request.response().end();
        });
        String url = "http://127.0.0.1:" + port + "/";
        ClientTls trusting = new ClientTls(
                certificates.certificate("client"), certificates.key("client"), certificates.certificate("authority"));

        assertThat(send(subscription(url, auth, null, TIMEOUT)).result().errorClass())
                .isEqualTo("tls");
        assertThat(send(subscription(url, auth, trusting, TIMEOUT)).result()).isEqualTo(OK);

        assertThat(received).containsExactly("Bearer t1");
    }

    @Test
    void aTokenIsNotFetchedFromAPrivateAddress() throws Exception {
        OutboundAuth auth =
                new OutboundAuth.OAuth2(URI.create("https://inside.test/token"), "client", "secret", null, null, false);
        names.name("inside.test", "10.0.0.1");

        Attempt attempt = send(withTokens(serve(PLAIN, this::answerOk), auth));

        assertThat(attempt.result().errorClass()).isEqualTo("blocked");
        assertThat(attempt.result().error())
                .contains("inside.test has an address")
                .doesNotContain("10.0.0.1");
    }

    @Test
    void anAttemptHasTheTimeoutOfItsSubscription() throws Exception {
        RawServer[] self = new RawServer[1];
        self[0] = new RawServer(_ -> self[0].hold());
        try (RawServer silent = self[0]) {
            Subscription hasty = subscription(
                    "http://127.0.0.1:" + silent.port() + "/", OutboundAuth.none(), null, Duration.ofMillis(300));

            assertThat(send(hasty).result().error()).startsWith("No complete answer within 0.3 s;");
        }
    }
}
