package dev.hookline.http;

import dev.hookline.access.Access;
import dev.hookline.access.PostgresAudit;
import dev.hookline.access.Rule;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.CorsHandler;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The HTTP server: two event loops on every port, the same routes on each. Every answer has {@code X-Request-ID} and {@code
 * X-Response-Time}; bodies from 1,000 bytes are compressed for those who ask.
 */
public final class WebServer {
    private static final int EVENT_LOOPS = 2;
    private static final int COMPRESSED_BYTES_MIN = 1_000;
    private static final int IDLE_SECONDS_MAX = 120;
    private static final String SET_COOKIE = "Set-Cookie";

    /**
     * Where and for whom.
     *
     * @param ports 0 for any free one
     * @param corsOrigins origins that pages may call from; {@code *} for all
     * @param addresses tells who is at the other end
     * @param limits counts those who show no token that counts
     */
    public record Settings(
            String host,
            List<Integer> ports,
            List<String> corsOrigins,
            ClientAddresses addresses,
            RequestLimits limits) {}

    private final Vertx vertx;
    private final Settings settings;
    private final Access access;
    private final PostgresAudit audit;
    private final Time time;
    private final List<Routes> routes;
    private final List<String> deployed = new CopyOnWriteArrayList<>();
    private volatile Map<String, Rule> mounted = Map.of();

    public WebServer(
            Vertx vertx, Settings settings, Access access, PostgresAudit audit, Time time, List<Routes> routes) {
        this.vertx = vertx;
        this.settings = settings;
        this.access = access;
        this.audit = audit;
        this.time = time;
        this.routes = List.copyOf(routes);
    }

    /** Takes no more requests. */
    public Future<Void> stop() {
        List<Future<Void>> closing = deployed.stream().map(vertx::undeploy).toList();
        return Future.join(closing).mapEmpty();
    }

    /** Listens; answers the ports, in the order of the settings. */
    public Future<List<Integer>> start() {
        Future<List<Integer>> bound = Future.succeededFuture(List.of());
        for (int i = 0; i < settings.ports().size(); i++) {
            int nth = i;
            bound = bound.compose(
                    earlier -> listen(settings.ports().get(nth), nth).map(actual -> {
                        List<Integer> all = new ArrayList<>(earlier);
                        all.add(actual);
                        return List.copyOf(all);
                    }));
        }
        return bound;
    }

    /** Who may call which route, each as in {@code GET /api/v1/records/:model}; known after the start. */
    public Map<String, Rule> mounted() {
        return mounted;
    }

    private Future<Integer> listen(int port, int nth) {
        // To Vert.x each negative number is one free port, shared by those who give the same number.
        int shared = port == 0 ? -1 - nth : port;
        Future<Integer> bound = deploy(shared);
        for (int i = 1; i < EVENT_LOOPS; i++) {
            bound = bound.compose(_ -> deploy(shared));
        }
        return bound;
    }

    private Future<Integer> deploy(int port) {
        Listener listener = new Listener(port);
        return vertx.deployVerticle(listener, new DeploymentOptions()).map(id -> {
            deployed.add(id);
            return listener.port;
        });
    }

    private final class Listener extends AbstractVerticle {
        private int port;

        Listener(int port) {
            this.port = port;
        }

        @Override
        public void start(Promise<Void> started) {
            HttpServerOptions options = new HttpServerOptions()
                    .setHost(settings.host())
                    .setPort(port)
                    .setIdleTimeout(IDLE_SECONDS_MAX)
                    // A connection that changes to HTTP/2 while it is answered sometimes never gets the answer's body.
                    .setHttp2ClearTextEnabled(false)
                    // Of WebSocket messages none is compressed: it would put a handler into the way of every request.
                    .setPerFrameWebSocketCompressionSupported(false)
                    .setPerMessageWebSocketCompressionSupported(false)
                    .setMaxWebSocketFrameSize(Limits.SOCKET_MESSAGE_BYTES_MAX)
                    .setMaxWebSocketMessageSize(Limits.SOCKET_MESSAGE_BYTES_MAX)
                    .setWebSocketSubProtocols(List.of("graphql-transport-ws"))
                    .setCompressionSupported(true)
                    .setCompressionContentSizeThreshold(COMPRESSED_BYTES_MIN)
                    .setMaxInitialLineLength(8 << 10)
                    .setMaxHeaderSize(32 << 10);
            HttpServer server = vertx.createHttpServer(options)
                    .requestHandler(router())
                    .invalidRequestHandler(new InvalidRequests(time));
            server.listen()
                    .onSuccess(listening -> port = listening.actualPort())
                    .recover(failure -> Future.failedFuture(explain(failure)))
                    .<Void>mapEmpty()
                    .onComplete(started);
        }

        private Throwable explain(Throwable failure) {
            if (!(failure instanceof BindException)) {
                return failure;
            }
            String message = "Cannot listen on %s, port %d: %s. Stop what uses it, or choose another with PORT"
                    .formatted(settings.host(), port, failure.getMessage());
            return new IllegalStateException(message, failure);
        }
    }

    private Router router() {
        Router router = Router.router(vertx);
        router.route().handler(this::stamp);
        if (!settings.corsOrigins().isEmpty()) {
            router.route().handler(cors());
        }
        Api api = new Api(router, access, audit, settings.addresses(), settings.limits(), vertx.getOrCreateContext());
        routes.forEach(feature -> feature.mount(api));
        api.refuseOtherMethods();
        mounted = api.mounted();
        for (int status : new int[] {400, 404, 405, 413, 500}) {
            router.errorHandler(status, context -> Errors.unexpected(context, status));
        }
        return router;
    }

    private CorsHandler cors() {
        boolean anyOrigin = settings.corsOrigins().contains("*");
        CorsHandler cors = CorsHandler.create();
        if (!anyOrigin) {
            cors.addOrigins(settings.corsOrigins());
        }
        return cors.allowCredentials(!anyOrigin)
                .allowedMethods(Set.copyOf(HttpMethod.values()))
                .allowedHeaders(Set.of(
                        "Authorization",
                        "X-API-Key",
                        "Content-Type",
                        "Idempotency-Key",
                        "Last-Event-ID",
                        "X-Webhook-Signature"));
    }

    private void stamp(RoutingContext context) {
        long from = time.nanos();
        String given = context.request().getHeader("X-Request-ID");
        String requestId = given != null && given.matches("[A-Za-z0-9._-]{1,64}") ? given : Ids.requestId();
        context.put(Call.REQUEST_ID, requestId);
        context.addHeadersEndHandler(_ -> {
            context.response()
                    .putHeader("X-Request-ID", requestId)
                    .putHeader("X-Response-Time", milliseconds(time.nanos() - from));
            secureCookies(context);
        });
        context.next();
    }

    /** A cookie that is given over https is for https only. */
    private void secureCookies(RoutingContext context) {
        List<String> cookies = context.response().headers().getAll(SET_COOKIE);
        if (!cookies.isEmpty() && settings.addresses().isHttps(context.request())) {
            context.response()
                    .putHeader(
                            SET_COOKIE,
                            cookies.stream().map(cookie -> cookie + "; Secure").toList());
        }
    }

    /** Two decimals, as in {@code 12.34ms}. */
    static String milliseconds(long nanos) {
        long hundredths = nanos / 10_000;
        long rest = hundredths % 100;
        return hundredths / 100 + (rest < 10 ? ".0" : ".") + rest + "ms";
    }
}
