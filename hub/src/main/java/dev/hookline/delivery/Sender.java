package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.kernel.Time;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Posts one event to one subscription, once, by {@link GuardedHttp}: in the subscription's form, signed, with its headers and
 * its sign-in. The subscription's timeout covers all of it, the fetching of an OAuth2 token included. A receiver that refuses
 * such a token (401) is sent to once more with a new one.
 */
final class Sender implements DeliveryNode.Network {
    static final String USER_AGENT = "Hookline/1.0";
    private static final int ANSWER_START_BYTES = 1 << 10;
    private static final int TOKEN_CONNECTIONS_MAX = 64;

    /** One that is just ending still counts. */
    private static final int OWN_TOKEN_CONNECTIONS = 2;

    private static final int UNAUTHORIZED = 401;

    private final Vertx vertx;
    private final GuardedHttp http;
    private final Time time;
    private final int connectionsMax;
    private final HttpClient tokenClient;
    private final Map<Long, Channel> channels = new ConcurrentHashMap<>();

    /**
     * Sends for one node.
     *
     * @param connectionsMax to one subscription; attempts beyond it fail rather than wait
     */
    Sender(Vertx vertx, AddressRules rules, HostNames names, Time time, int connectionsMax) {
        this.vertx = vertx;
        this.http = new GuardedHttp(vertx, rules, names, time);
        this.time = time;
        this.connectionsMax = connectionsMax;
        this.tokenClient = http.client(false, null, TOKEN_CONNECTIONS_MAX, ClientCredentials.TIMEOUT);
    }

    /** As {@link #attempt}, of an event's delivery. */
    @Override
    public void send(Subscription subscription, Event event, Consumer<Attempt> done) {
        attempt(subscription, event, "evt_" + event.position(), done);
    }

    /**
     * Starts an attempt; never blocks.
     *
     * @param messageId the same at every attempt
     * @param done gets what came of it, once, never within this call
     */
    void attempt(Subscription subscription, Event event, String messageId, Consumer<Attempt> done) {
        if (subscription.settings().signing().secret() == null) {
            fail(
                    done,
                    SendResult.BLOCKED,
                    "The secret of this subscription was sealed under another master key; give it a new one");
            return;
        }
        try {
            new Attempting(subscription, event, messageId, done).start();
        } catch (RuntimeException e) {
            fail(done, SendResult.CONNECTION_ERROR, "The request could not be made: " + e);
        }
    }

    private void fail(Consumer<Attempt> done, String errorClass, String message) {
        Exchange failed = Exchange.failed(errorClass, message);
        Attempt attempt = new Attempt(time.now(), Map.of(), Buffer.buffer(), failed);
        vertx.runOnContext(_ -> done.accept(attempt));
    }

    /** Closes the connections to subscriptions that are no more. */
    @Override
    public void retain(Set<Long> subscriptions) {
        channels.forEach((id, channel) -> {
            if (!subscriptions.contains(id) && channels.remove(id, channel)) {
                channel.letGo();
                channel.letGoTokens();
            }
        });
    }

    /** Closes all connections; attempts under way fail. */
    void close() {
        channels.values().forEach(channel -> {
            channel.client.close();
            channel.letGoTokens();
        });
        channels.clear();
        tokenClient.close();
    }

    private Channel channel(Subscription subscription) {
        return channels.compute(subscription.id(), (_, kept) -> {
            SubscriptionSettings settings = subscription.settings();
            if (kept == null) {
                return new Channel(settings, connections(settings), credentials(settings));
            }
            if (kept.serves(settings)) {
                return kept;
            }
            ClientCredentials credentials = kept.credentials;
            if (!kept.signsInAs(settings)) {
                kept.letGoTokens();
                credentials = credentials(settings);
            }
            if (kept.connectsAs(settings)) {
                return new Channel(settings, kept.client, credentials);
            }
            kept.letGo();
            return new Channel(settings, connections(settings), credentials);
        });
    }

    /** Twice as many as may be sent at once: one that is just ending still counts. */
    private HttpClient connections(SubscriptionSettings settings) {
        Integer atOnce = settings.delivery().concurrency();
        int connections = 2 * (atOnce == null ? connectionsMax : atOnce);
        return http.client(
                "https".equals(settings.url().getScheme()),
                settings.tls(),
                connections,
                settings.delivery().attemptTimeout());
    }

    private @Nullable ClientCredentials credentials(SubscriptionSettings settings) {
        if (!(settings.auth() instanceof OutboundAuth.OAuth2 auth)) {
            return null;
        }
        return settings.tls() == null
                ? new ClientCredentials(auth, http, tokenClient, false, time)
                : new ClientCredentials(
                        auth,
                        http,
                        http.tokenClient(settings.tls(), OWN_TOKEN_CONNECTIONS, ClientCredentials.TIMEOUT),
                        true,
                        time);
    }

    /** What is kept for a subscription between attempts: its connections, its keys, and its token. */
    private final class Channel {
        final HttpClient client;
        final @Nullable ClientCredentials credentials;
        private final SubscriptionSettings settings;
        private List<String> secrets;
        private OutboundSignature signature;

        Channel(SubscriptionSettings settings, HttpClient client, @Nullable ClientCredentials credentials) {
            this.settings = settings;
            this.client = client;
            this.credentials = credentials;
            secrets = settings.signing().secrets(time.now());
            signature = new OutboundSignature(secrets, settings.signing().keyPair());
        }

        /** Everything but these is taken from the subscription at each attempt. */
        boolean serves(SubscriptionSettings other) {
            return settings.signing().equals(other.signing()) && signsInAs(other) && connectsAs(other);
        }

        boolean signsInAs(SubscriptionSettings other) {
            return settings.auth().equals(other.auth()) && Objects.equals(settings.tls(), other.tls());
        }

        boolean connectsAs(SubscriptionSettings other) {
            return settings.url().equals(other.url())
                    && Objects.equals(settings.tls(), other.tls())
                    && settings.delivery()
                            .attemptTimeout()
                            .equals(other.delivery().attemptTimeout())
                    && Objects.equals(
                            settings.delivery().concurrency(), other.delivery().concurrency());
        }

        /** Closes the connections once the attempts on them are over. */
        void letGo() {
            Future<Void> _ =
                    client.shutdown(settings.delivery().attemptTimeout().toMillis(), TimeUnit.MILLISECONDS);
        }

        void letGoTokens() {
            if (credentials != null) {
                credentials.letGo();
            }
        }

        /** A former secret signs no longer than it should, also where nothing changes in between. */
        synchronized OutboundSignature signature(Instant at) {
            List<String> now = settings.signing().secrets(at);
            if (now.size() != secrets.size()) {
                secrets = now;
                signature = new OutboundSignature(now, settings.signing().keyPair());
            }
            return signature;
        }
    }

    private final class Attempting {
        private final SubscriptionSettings settings;
        private final Channel channel;
        private final String messageId;
        private final Consumer<Attempt> done;
        private final byte[] body;
        private final Instant startedAt = time.now();
        private final long deadline;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile Map<String, String> headers = Map.of();

        Attempting(Subscription subscription, Event event, String messageId, Consumer<Attempt> done) {
            this.settings = subscription.settings();
            this.channel = channel(subscription);
            this.messageId = messageId;
            this.done = done;
            this.body = settings.payloadForm().body(event, subscription.source());
            this.deadline = time.nanos() + settings.delivery().attemptTimeout().toNanos();
        }

        void start() {
            String fixed = settings.auth().header();
            if (channel.credentials == null) {
                post(fixed, null);
            } else {
                withToken(channel.credentials, null);
            }
        }

        private void withToken(ClientCredentials credentials, @Nullable String refused) {
            long timer = vertx.setTimer(
                    Math.max(1, left().toMillis()),
                    _ -> finish(Exchange.failed(
                            SendResult.TIMEOUT,
                            "No OAuth2 token from "
                                    + credentials.auth().tokenUrl().getHost() + " in time")));
            credentials.token(refused, result -> {
                vertx.cancelTimer(timer);
                switch (result) {
                    case ClientCredentials.Result.Token(String token) ->
                        postOrFail("Bearer " + token, refused == null ? token : null);
                    case ClientCredentials.Result.Refused(SendResult.Failed failure) ->
                        vertx.runOnContext(_ -> finish(new Exchange(failure, null, Exchange.Timing.NONE)));
                }
            });
        }

        private Duration left() {
            return Duration.ofNanos(deadline - time.nanos());
        }

        /** Others wait for the same token: what goes wrong here is not theirs. */
        private void postOrFail(String authorization, @Nullable String freshenable) {
            try {
                post(authorization, freshenable);
            } catch (RuntimeException e) {
                finish(Exchange.failed(SendResult.CONNECTION_ERROR, "The request could not be made: " + e));
            }
        }

        /**
         * Sends.
         *
         * @param freshenable the OAuth2 token, where it may be exchanged for another
         */
        private void post(@Nullable String authorization, @Nullable String freshenable) {
            if (over.get()) {
                return;
            }
            Map<String, String> sent = new LinkedHashMap<>();
            sent.put("Content-Type", settings.payloadForm().contentType());
            sent.put("User-Agent", USER_AGENT);
            sent.putAll(channel.signature(startedAt).headers(messageId, time.now(), body));
            Map<String, String> shown = new LinkedHashMap<>(sent);
            settings.headers().forEach((name, value) -> {
                sent.put(name, value);
                shown.keySet().removeIf(name::equalsIgnoreCase);
                shown.put(name, Masked.value(value));
            });
            if (authorization != null) {
                sent.put("Authorization", authorization);
                shown.put("Authorization", Masked.authorization(authorization));
            }
            headers = shown;
            OutboundRequest request = new OutboundRequest(settings.url(), sent, Buffer.buffer(body));
            http.post(channel.client, request, left(), ANSWER_START_BYTES, exchange -> {
                boolean refused = exchange.result() instanceof SendResult.Answered(int code) && code == UNAUTHORIZED;
                if (refused && freshenable != null && channel.credentials != null) {
                    withToken(channel.credentials, freshenable);
                } else {
                    finish(exchange);
                }
            });
        }

        private void finish(Exchange exchange) {
            if (over.compareAndSet(false, true)) {
                done.accept(new Attempt(startedAt, headers, Buffer.buffer(body), exchange));
            }
        }
    }
}
