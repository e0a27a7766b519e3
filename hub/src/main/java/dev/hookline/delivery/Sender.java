package dev.hookline.delivery;

import dev.hookline.access.IpLiteral;
import dev.hookline.eventlog.Event;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Posts one event to one subscription, once. The name is resolved here at each attempt, the address is checked, and the
 * connection is made to the address that was checked. One timeout covers everything from the look-up to the last byte of the
 * answer. Of the answer 64 KiB are read, then the connection is closed and its status counts. Redirects are not followed.
 */
final class Sender implements DeliveryNode.Network {
    private static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final int IDLE_CONNECTION_SECONDS = 30;

    /** What is kept for a subscription between attempts: its connections, and its keys. */
    private record Channel(Subscription subscription, HttpClient client, OutboundSignature signature) {}

    private final Vertx vertx;
    private final AddressRules rules;
    private final Time time;
    private final Duration timeout;
    private final int connectionsMax;
    private final Map<Long, Channel> channels = new ConcurrentHashMap<>();

    /**
     * Sends for one node.
     *
     * @param timeout of an attempt
     * @param connectionsMax to one subscription; attempts beyond it fail rather than wait
     */
    Sender(Vertx vertx, AddressRules rules, Time time, Duration timeout, int connectionsMax) {
        this.vertx = vertx;
        this.rules = rules;
        this.time = time;
        this.timeout = timeout;
        this.connectionsMax = connectionsMax;
    }

    @Override
    public void send(Subscription subscription, Event event, Consumer<SendResult> done) {
        Attempt attempt = new Attempt(subscription, event, done);
        if (IpLiteral.parse(attempt.host()).isPresent()) {
            attempt.resolve();
        } else {
            Thread.ofVirtual().name("resolve").start(attempt::resolve);
        }
    }

    /** Closes the connections to subscriptions that are no more. */
    @Override
    public void retain(Set<Long> subscriptions) {
        channels.forEach((id, channel) -> {
            if (!subscriptions.contains(id) && channels.remove(id, channel)) {
                channel.client().close();
            }
        });
    }

    private Channel channel(Subscription subscription, String secret) {
        return channels.compute(subscription.id(), (_, kept) -> {
            boolean current = kept != null
                    && secret.equals(kept.subscription().secret())
                    && kept.subscription().url().equals(subscription.url());
            if (kept != null && current) {
                return kept;
            }
            if (kept != null) {
                kept.client().close();
            }
            return new Channel(subscription, client(), new OutboundSignature(List.of(secret)));
        });
    }

    private HttpClient client() {
        return vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout((int) timeout.toMillis())
                        .setKeepAliveTimeout(IDLE_CONNECTION_SECONDS)
                        .setVerifyHost(true),
                // Twice the cap: a connection that is just ending still counts.
                new PoolOptions().setHttp1MaxSize(connectionsMax * 2).setMaxWaitQueueSize(0));
    }

    private final class Attempt {
        private final Subscription subscription;
        private final Event event;
        private final Consumer<SendResult> done;
        private final AtomicBoolean over = new AtomicBoolean();
        private final long timer;
        private volatile @Nullable HttpClientRequest request;

        Attempt(Subscription subscription, Event event, Consumer<SendResult> done) {
            this.subscription = subscription;
            this.event = event;
            this.done = done;
            this.timer = vertx.setTimer(timeout.toMillis(), _ -> timedOut());
        }

        /** Without the brackets of IPv6. */
        String host() {
            String host = String.valueOf(subscription.url().getHost());
            return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        }

        private void finish(SendResult result) {
            if (over.compareAndSet(false, true)) {
                vertx.cancelTimer(timer);
                done.accept(result);
            }
        }

        private void timedOut() {
            HttpClientRequest open = request;
            finish(new SendResult.Failed("timeout", "No complete answer within " + timeout.toSeconds() + " s"));
            if (open != null) {
                open.reset();
            }
        }

        void resolve() {
            try {
                InetAddress address = null;
                boolean https = "https".equalsIgnoreCase(subscription.url().getScheme());
                for (InetAddress candidate : InetAddress.getAllByName(host())) {
                    if (!rules.allows(candidate, https)) {
                        finishLater(new SendResult.Failed(
                                "blocked",
                                "%s is %s, where webhooks are not sent; HOOKLINE_DELIVERY_ALLOW can open it"
                                        .formatted(host(), candidate.getHostAddress())));
                        return;
                    }
                    address = address == null ? candidate : address;
                }
                if (address != null) {
                    post(address, https);
                }
            } catch (UnknownHostException e) {
                finishLater(new SendResult.Failed("connection_error", "The name " + host() + " does not resolve"));
            } catch (RuntimeException e) {
                finishLater(failure(e));
            }
        }

        /** Not within the call that started it: a long line of such would be as deep a stack. */
        private void finishLater(SendResult result) {
            vertx.runOnContext(_ -> finish(result));
        }

        private void post(InetAddress address, boolean https) {
            URI url = subscription.url();
            int port = url.getPort() > 0 ? url.getPort() : https ? 443 : 80;
            String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
            String secret = subscription.secret();
            if (secret == null) {
                finishLater(new SendResult.Failed(
                        "blocked",
                        "The secret of this subscription was sealed under another master key; give it a new one"));
                return;
            }
            Channel channel = channel(subscription, secret);
            byte[] body = Envelope.body(event, Envelope.SOURCE);
            RequestOptions options = new RequestOptions()
                    .setMethod(HttpMethod.POST)
                    .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                    .setHost(String.valueOf(url.getHost()))
                    .setPort(port)
                    .setSsl(https)
                    .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
                    .putHeader("Content-Type", "application/json")
                    .putHeader("User-Agent", "Hookline/1.0");
            channel.signature()
                    .headers("evt_" + event.position(), time.now(), body)
                    .forEach(options::putHeader);
            channel.client()
                    .request(options)
                    .compose(opened -> {
                        request = opened;
                        if (over.get()) {
                            opened.reset();
                        }
                        // Now, on its own context: after the send the answer may have come and gone.
                        opened.response().onComplete(this::read, failed -> finish(failure(failed)));
                        return opened.send(Buffer.buffer(body));
                    })
                    .onFailure(failed -> finish(failure(failed)));
        }

        private void read(HttpClientResponse response) {
            int code = response.statusCode();
            int[] bytes = new int[1];
            response.exceptionHandler(cut -> finish(failure(cut)));
            response.endHandler(_ -> finish(new SendResult.Answered(code)));
            response.handler(chunk -> {
                bytes[0] += chunk.length();
                if (bytes[0] > ANSWER_BYTES_MAX) {
                    finish(new SendResult.Answered(code));
                    response.request().reset();
                }
            });
        }

        private SendResult failure(Throwable cause) {
            String where = host()
                    + (subscription.url().getPort() > 0
                            ? ":" + subscription.url().getPort()
                            : "");
            String what = switch (cause) {
                case ConnectException _ -> "No connection to " + where + ": " + cause.getMessage();
                case SSLException _ -> "No TLS connection to " + where + ": " + cause.getMessage();
                default -> "The connection to " + where + " broke: " + cause.getMessage();
            };
            return new SendResult.Failed("connection_error", what);
        }
    }
}
