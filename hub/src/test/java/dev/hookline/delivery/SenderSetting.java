package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Events;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A sender that may go to 127.0.0.1, and short words for what it is to send. */
abstract class SenderSetting {
    static final Duration TIMEOUT = Duration.ofSeconds(2);
    static final String NAME = "receiver.test";
    static final Event EVENT = new Event(42, Events.OCCURRED, Events.event("default", "key", "{\"n\":1}"));

    final Vertx vertx = Vertx.vertx();
    final ScriptedHostNames names = new ScriptedHostNames().name(NAME, "127.0.0.1");
    final Sender sender = new Sender(vertx, new AddressRules("127.0.0.1"), names, Time.system(), 4);

    @AfterEach
    void closeSender() throws Exception {
        sender.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    static Subscription subscription(String url) {
        return subscription(url, OutboundAuth.none(), null, TIMEOUT);
    }

    static Subscription subscription(String url, OutboundAuth auth, @Nullable ClientTls tls, Duration timeout) {
        SubscriptionSettings settings = new SubscriptionSettings(
                "",
                "",
                URI.create(url),
                List.of("*"),
                null,
                PayloadForm.RAW,
                new DeliverySettings(RetryPolicy.FAST, timeout, false, DeliverySettings.OnDead.BLOCK, null, null),
                Signing.with("a secret of some length"),
                Map.of("X-Key", "a-key-of-some-length"),
                auth,
                tls);
        return new Subscription(
                1, "default", Envelope.SOURCE, settings, true, null, 0, List.of(), 1, Events.OCCURRED, Events.OCCURRED);
    }

    static Subscription http(RawServer server) {
        return subscription("http://127.0.0.1:" + server.port() + "/hook");
    }

    CompletableFuture<Attempt> start(Subscription subscription) {
        CompletableFuture<Attempt> done = new CompletableFuture<>();
        sender.attempt(subscription, EVENT, "evt_42", done::complete);
        return done;
    }

    Attempt send(Subscription subscription) throws Exception {
        return start(subscription).get(20, TimeUnit.SECONDS);
    }

    /** A well-behaved server of Vert.x; its port. */
    int serve(HttpServerOptions options, Consumer<HttpServerRequest> handler) throws Exception {
        HttpServer server = vertx.createHttpServer(options).requestHandler(handler::accept);
        return server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .actualPort();
    }
}
