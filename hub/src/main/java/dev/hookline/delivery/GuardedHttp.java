package dev.hookline.delivery;

import dev.hookline.access.IpLiteral;
import dev.hookline.kernel.Time;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes POSTs that go only where {@link AddressRules} let them. The name is resolved here each time, every address found is
 * checked, and the connection is made to an address that was checked, one of two more where it cannot be made. One timeout covers everything from the look-up to the
 * last byte of the answer. Of the answer 64 KiB are read, then the connection is closed and its status counts. Redirects are
 * not followed.
 */
final class GuardedHttp {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedHttp.class);
    static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final int IDLE_CONNECTION_SECONDS = 30;
    private static final int ADDRESSES_MAX = 3;
    private static final long CONNECT_MILLIS_MIN = 1_000;

    private final Vertx vertx;
    private final AddressRules rules;
    private final Lookups lookups;
    private final Time time;

    GuardedHttp(Vertx vertx, AddressRules rules, HostNames names, Time time) {
        this.vertx = vertx;
        this.rules = rules;
        this.lookups = new Lookups(names);
        this.time = time;
    }

    /**
     * Connections, kept open between requests: HTTP/2 where a server offers it over TLS, else HTTP/1.1.
     *
     * @param connectionsMax to one server; a request beyond it fails rather than wait
     * @param timeout of a connect and of a TLS handshake, each of which takes one of them for as long
     */
    HttpClient client(boolean https, @Nullable ClientTls tls, int connectionsMax, Duration timeout) {
        TrustOptions trust =
                tls == null || tls.ca() == null ? null : new PemTrustOptions().addCertValue(Buffer.buffer(tls.ca()));
        return client(https, tls, trust, connectionsMax, timeout);
    }

    /** As {@link #client}, to the token server of a subscriber: that may have a public certificate, or one of the subscriber's. */
    HttpClient tokenClient(ClientTls tls, int connectionsMax, Duration timeout) {
        return client(false, tls, tls.ca() == null ? null : Authorities.jdkAnd(tls.ca()), connectionsMax, timeout);
    }

    private HttpClient client(
            boolean https,
            @Nullable ClientTls tls,
            @Nullable TrustOptions trust,
            int connectionsMax,
            Duration timeout) {
        HttpClientOptions options = new HttpClientOptions()
                .setKeepAliveTimeout(IDLE_CONNECTION_SECONDS)
                .setHttp2KeepAliveTimeout(IDLE_CONNECTION_SECONDS)
                .setConnectTimeout((int) timeout.toMillis())
                .setSslHandshakeTimeout(timeout.toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setVerifyHost(true);
        if (https) {
            options.setProtocolVersion(HttpVersion.HTTP_2).setUseAlpn(true);
        }
        if (tls != null && tls.certificate() != null && tls.key() != null) {
            options.setKeyCertOptions(new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(tls.certificate()))
                    .addKeyValue(Buffer.buffer(tls.key())));
        }
        if (trust != null) {
            options.setTrustOptions(trust);
        }
        return vertx.createHttpClient(
                options,
                new PoolOptions()
                        .setHttp1MaxSize(connectionsMax)
                        .setHttp2MaxSize(connectionsMax)
                        .setMaxWaitQueueSize(0));
    }

    /**
     * Starts a POST; never blocks.
     *
     * @param startBytes how much of the answer is kept
     * @param done gets what came of it, once, never within this call
     */
    void post(HttpClient client, OutboundRequest request, Duration timeout, int startBytes, Consumer<Exchange> done) {
        Post post = new Post(client, request, timeout, startBytes, done);
        InetAddress literal = IpLiteral.parse(request.host()).orElse(null);
        if (literal != null) {
            post.connect(List.of(literal));
        } else {
            CompletableFuture<List<InetAddress>> _ = lookups.find(request.host())
                    .whenComplete((found, failure) -> {
                        if (failure == null) {
                            post.connect(found);
                        } else {
                            post.fail(Lookups.unwrapped(failure));
                        }
                    });
        }
    }

    private final class Post {
        private final HttpClient client;
        private final OutboundRequest request;
        private final Consumer<Exchange> done;
        private final Buffer start = Buffer.buffer();
        private final Duration timeout;
        private final int startBytes;
        private final AtomicBoolean over = new AtomicBoolean();
        private final long startedAt = time.nanos();
        private final long timer;
        private volatile long resolvedAt;
        private volatile long connectedAt;
        private volatile @Nullable HttpClientRequest open;

        Post(HttpClient client, OutboundRequest request, Duration timeout, int startBytes, Consumer<Exchange> done) {
            this.client = client;
            this.request = request;
            this.timeout = timeout;
            this.startBytes = startBytes;
            this.done = done;
            this.timer = vertx.setTimer(Math.max(1, timeout.toMillis()), _ -> timedOut());
        }

        private void finish(SendResult result, Exchange.@Nullable Answer answer) {
            if (over.compareAndSet(false, true)) {
                vertx.cancelTimer(timer);
                done.accept(new Exchange(result, answer, timing()));
            }
        }

        private Exchange.Timing timing() {
            long now = time.nanos();
            long resolved = resolvedAt;
            long connected = connectedAt;
            return new Exchange.Timing(
                    resolved == 0 ? null : Duration.ofNanos(resolved - startedAt),
                    connected == 0 ? null : Duration.ofNanos(connected - resolved),
                    connected == 0 ? null : Duration.ofNanos(now - connected));
        }

        private void timedOut() {
            HttpClientRequest opened = open;
            String phase =
                    resolvedAt == 0 ? "while its name was looked up" : connectedAt == 0 ? "to connect" : "to answer";
            finish(
                    new SendResult.Failed(
                            SendResult.TIMEOUT,
                            "No complete answer within " + text(timeout) + "; " + request.where() + " took too long "
                                    + phase),
                    null);
            if (opened != null) {
                opened.reset();
            }
        }

        private static String text(Duration timeout) {
            long tenths = Math.round(timeout.toMillis() / 100.0);
            return tenths % 10 == 0 ? tenths / 10 + " s" : tenths / 10.0 + " s";
        }

        /** Not within the call that started it: a long line of such would be as deep a stack. */
        void fail(Throwable failure) {
            vertx.runOnContext(_ -> finish(ConnectionFailure.of(failure, request.where()), null));
        }

        void connect(List<InetAddress> addresses) {
            resolvedAt = time.nanos();
            if (over.get()) {
                return;
            }
            for (InetAddress address : addresses) {
                if (!rules.allows(address, request.https())) {
                    vertx.runOnContext(_ -> finish(blocked(address), null));
                    return;
                }
            }
            try {
                send(addresses.subList(0, Math.min(ADDRESSES_MAX, addresses.size())));
            } catch (RuntimeException e) {
                fail(e);
            }
        }

        /** Which address it is, is for the administrator: to others it would tell of the network. */
        private SendResult.Failed blocked(InetAddress address) {
            LOG.info("Not sent to {}, which is {}", request.host(), address.getHostAddress());
            return new SendResult.Failed(
                    SendResult.BLOCKED,
                    "%s has an address where webhooks are not sent; HOOKLINE_DELIVERY_ALLOW can open it"
                            .formatted(request.host()));
        }

        /** To the first, and to the rest where no connection is made in its share of the time. */
        private void send(List<InetAddress> addresses) {
            InetAddress address = addresses.getFirst();
            List<InetAddress> others = addresses.subList(1, addresses.size());
            long left = Math.max(1, (timeout.toNanos() - (time.nanos() - startedAt)) / 1_000_000);
            RequestOptions options = new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setServer(SocketAddress.inetSocketAddress(request.port(), address.getHostAddress()))
                    .setHost(String.valueOf(request.url().getHost()))
                    .setPort(request.port())
                    .setSsl(request.https())
                    .setURI(request.target());
            if (!others.isEmpty()) {
                options.setConnectTimeout(Math.max(left / addresses.size(), Math.min(left, CONNECT_MILLIS_MIN)));
            }
            request.headers().forEach(options::putHeader);
            client.request(options).onComplete(this::opened, failure -> {
                if (others.isEmpty() && failure instanceof ConnectTimeoutException) {
                    timedOut();
                } else if (others.isEmpty() || over.get()) {
                    fail(failure);
                } else {
                    send(others);
                }
            });
        }

        /** The answer is listened to directly: after a hop to another task it could be over before anyone listens. */
        private void opened(HttpClientRequest opened) {
            connectedAt = time.nanos();
            open = opened;
            opened.exceptionHandler(this::fail);
            if (over.get()) {
                opened.reset();
                return;
            }
            opened.response().onComplete(this::read, this::fail);
            opened.end(request.body()).onFailure(this::fail);
        }

        private void read(HttpClientResponse response) {
            int[] bytes = new int[1];
            response.exceptionHandler(this::fail);
            response.endHandler(_ -> answered(response));
            response.handler(chunk -> {
                start.appendBuffer(chunk, 0, Math.min(chunk.length(), startBytes - start.length()));
                bytes[0] += chunk.length();
                if (bytes[0] > ANSWER_BYTES_MAX) {
                    answered(response);
                    response.request().reset();
                }
            });
        }

        private void answered(HttpClientResponse response) {
            finish(
                    new SendResult.Answered(response.statusCode()),
                    new Exchange.Answer(
                            response.statusCode(),
                            text(Objects.requireNonNull(response.version())),
                            start,
                            RetryAfter.parse(response.getHeader("Retry-After"), time.now())));
        }

        private static String text(HttpVersion version) {
            return switch (version) {
                case HTTP_1_0 -> "HTTP/1.0";
                case HTTP_1_1 -> "HTTP/1.1";
                case HTTP_2 -> "HTTP/2";
            };
        }
    }
}
