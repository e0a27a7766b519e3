package dev.hookline.http;

import dev.hookline.access.Access;
import dev.hookline.access.PostgresAudit;
import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The router of one listener, with a rule on every route: who may call it, and how large its body may be. A route is mounted
 * through here or not at all.
 */
public final class Api {
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    static final String COOKIE = "hookline_token";
    private static final List<String> QUERY_TOKENS = List.of("access_token", "token");
    private static final int BLOCKING_AT_ONCE = 64;
    private static final long BLOCKING_WAIT_SECONDS = 5;
    private static final ExecutorService VIRTUAL = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("http-", 0).factory());
    private static final Semaphore BLOCKING = new Semaphore(BLOCKING_AT_ONCE, true);

    /** Those that wait for one of the few that ask the database at a time. */
    private static final Semaphore KEY_LOOK_UPS = new Semaphore(1_000);

    private static final String NO_TOKEN =
            "Not authenticated. Send 'Authorization: Bearer <token>'; POST /auth/login gives one";
    private static final String WRONG_TOKEN =
            "The token is not valid, or has expired; POST /auth/login gives a new one";
    private static final String WRONG_KEY = "The API key is not valid, has expired, or was revoked";
    private static final String OLD_SESSION =
            "Sessions of the old server do not count here. Sign in by POST /auth/login"
                    + " with username and password, and send 'Authorization: Bearer <token>'";

    /** Something that answers a call. It may block: it runs on a virtual thread of its own. */
    public interface Action {
        Reply handle(Call call) throws Problem;
    }

    /** Something that answers a call later, from any thread. What it does before may block: it runs on a virtual thread. */
    public interface DeferredAction {
        void handle(Call call, Answer answer) throws Problem;
    }

    private final Router router;
    final Access access;
    final PostgresAudit audit;
    final ClientAddresses addresses;
    final RequestLimits limits;

    private final Context loop;
    private final Executor home;
    private final Map<String, Rule> mounted = new LinkedHashMap<>();
    private final Map<String, Set<HttpMethod>> methods = new LinkedHashMap<>();
    private final Map<String, Handler<RoutingContext>> gates = new HashMap<>();

    Api(
            Router router,
            Access access,
            PostgresAudit audit,
            ClientAddresses addresses,
            RequestLimits limits,
            Context loop) {
        this.router = router;
        this.access = access;
        this.audit = audit;
        this.addresses = addresses;
        this.limits = limits;
        this.loop = loop;
        this.home = task -> loop.runOnContext(_ -> task.run());
    }

    /** Runs tasks on this listener's event loop. One object for each event loop. */
    public Executor home() {
        return home;
    }

    /** For anyone, on the event loop: the handler must not block. */
    public void openAsync(HttpMethod method, String path, int bodyBytesMax, Handler<RoutingContext> handler) {
        route(method, path, Rule.OPEN).handler(new Body(bodyBytesMax)).handler(handler);
    }

    /**
     * As {@link #openAsync(HttpMethod, String, int, Handler)}, with a gate before the body is read: it answers, or calls
     * {@code next()}. Calls with other methods pass it too, before they are refused.
     */
    public void openAsync(
            HttpMethod method,
            String path,
            int bodyBytesMax,
            Handler<RoutingContext> gate,
            Handler<RoutingContext> handler) {
        gates.put(path, gate);
        route(method, path, Rule.OPEN)
                .handler(gate)
                .handler(new Body(bodyBytesMax))
                .handler(handler);
    }

    /** For anyone. */
    public void open(HttpMethod method, String path, int bodyBytesMax, Action action) {
        openAsync(method, path, bodyBytesMax, context -> runBlocking(context, action));
    }

    /** For whom the rule lets in: with a token in the header or in the cookie, or with an API key. */
    public void secured(HttpMethod method, String path, Rule rule, int bodyBytesMax, Action action) {
        route(method, path, rule)
                .handler(context -> authenticate(context, rule, false))
                .handler(new Body(bodyBytesMax))
                .handler(context -> runBlocking(context, action));
    }

    /** As {@link #secured}, but without a token for requests that are free; {@link Call#caller} tells who came. */
    public void securedUnless(
            Predicate<HttpServerRequest> free,
            HttpMethod method,
            String path,
            Rule rule,
            int bodyBytesMax,
            Action action) {
        route(method, path, rule)
                .handler(context -> {
                    if (free.test(context.request())) {
                        context.next();
                    } else {
                        authenticate(context, rule, false);
                    }
                })
                .handler(new Body(bodyBytesMax))
                .handler(context -> runBlocking(context, action));
    }

    /** Whose token comes along, on a route for anyone; empty without one that counts. API keys are not looked up. */
    Optional<Principal> signedIn(RoutingContext context) {
        String token = token(context, false);
        return token == null || Access.looksLikeKey(token) ? Optional.empty() : access.principal(token);
    }

    /** Whose token or API key comes along, on a route for anyone, as {@link #identify(String, Consumer, Consumer)} does. */
    public void identify(RoutingContext context, Consumer<Optional<Principal>> then, Consumer<Problem> failed) {
        String token = token(context, false);
        if (token == null) {
            then.accept(Optional.empty());
        } else {
            identify(
                    token,
                    found -> {
                        try {
                            then.accept(found);
                        } catch (RuntimeException e) {
                            // What goes on later is not under the router's eyes any more.
                            context.fail(500, e);
                        }
                    },
                    failed);
        }
    }

    /** As {@link #secured}, and no thread waits for the answer. */
    public void securedDeferred(HttpMethod method, String path, Rule rule, int bodyBytesMax, DeferredAction action) {
        route(method, path, rule)
                .handler(context -> authenticate(context, rule, false))
                .handler(new Body(bodyBytesMax))
                .handler(context -> VIRTUAL.execute(() -> begin(context, action)));
    }

    /** As {@link #secured}, with the token also in {@code ?access_token=}; on the event loop. */
    public void securedStream(HttpMethod method, String path, Rule rule, Handler<RoutingContext> handler) {
        mounted.put(method + " " + path, rule);
        methods.put(path, Set.of(method));
        router.route(method, path)
                .handler(context -> authenticate(context, rule, true))
                .handler(handler);
    }

    /**
     * For a WebSocket, on the event loop. A token may come in the header, the cookie, {@code ?token=} or {@code
     * ?access_token=}; one that does not count, or that the rule keeps out, is refused. Who brings none gets in as well, and has
     * to say who it is in its first message. A call that asks for no WebSocket goes on to the next route of this path.
     */
    public void socket(String path, Rule rule, Handler<RoutingContext> handler) {
        route(HttpMethod.GET, path, Rule.OPEN)
                .handler(context -> {
                    if (asksForSocket(context) && token(context, true) != null) {
                        authenticate(context, rule, true);
                    } else {
                        context.next();
                    }
                })
                .handler(context -> {
                    if (asksForSocket(context)) {
                        handler.handle(context);
                    } else {
                        context.next();
                    }
                });
    }

    private static boolean asksForSocket(RoutingContext context) {
        return context.request().canUpgradeToWebSocket();
    }

    /** Who calls, on routes mounted by {@link #socket}; empty until it has said so. */
    public static Optional<Principal> socketCaller(RoutingContext context) {
        return Optional.ofNullable(context.get(Call.PRINCIPAL));
    }

    /** Who calls, on routes mounted by {@link #securedStream}. */
    public static Principal principal(RoutingContext context) {
        return Call.principalOf(context);
    }

    /** What {@code X-Request-ID} says. */
    public static String requestId(RoutingContext context) {
        return String.valueOf(context.<Object>get(Call.REQUEST_ID));
    }

    /** The body's bytes as they came. */
    public static byte[] body(RoutingContext context) {
        return Call.bodyOf(context).getBytes();
    }

    /** Files on the class path, for anyone. */
    void files(String path, Handler<RoutingContext> handler) {
        route(HttpMethod.GET, path, Rule.OPEN).handler(handler);
    }

    /** Who may call what was mounted so far, each as in {@code GET /api/v1/records/:model}. */
    Map<String, Rule> mounted() {
        return Collections.unmodifiableMap(mounted);
    }

    /** A path that was mounted answers its other methods with 405 and those it has. Called after the last mount. */
    void refuseOtherMethods() {
        methods.forEach((path, all) -> {
            String allowed = all.stream().map(HttpMethod::name).collect(Collectors.joining(", "));
            Route others = router.route(path);
            Handler<RoutingContext> gate = gates.get(path);
            if (gate != null) {
                others.handler(gate);
            }
            others.handler(context -> {
                context.response().putHeader("Allow", allowed);
                Errors.send(context, 405, "Method Not Allowed");
            });
        });
    }

    private Route route(HttpMethod method, String path, Rule rule) {
        mounted.put(method + " " + path, rule);
        Set<HttpMethod> all = methods.computeIfAbsent(path, _ -> new LinkedHashSet<>());
        all.add(method);
        Route route = router.route(method, path);
        if (method.equals(HttpMethod.GET)) {
            all.add(HttpMethod.HEAD);
            route.method(HttpMethod.HEAD);
        }
        return route;
    }

    private void authenticate(RoutingContext context, Rule rule, boolean queryToo) {
        String token = token(context, queryToo);
        if (token == null) {
            refuseStranger(context, isOfOldServer(context.request()) ? OLD_SESSION : NO_TOKEN);
            return;
        }
        Optional<Principal> known = access.principal(token);
        if (known.isPresent() || !Access.looksLikeKey(token)) {
            enter(context, rule, known, WRONG_TOKEN);
            return;
        }
        HttpServerRequest request = context.request();
        request.pause();
        lookUp(
                token,
                found -> {
                    enter(context, rule, found, WRONG_KEY);
                    request.resume();
                },
                problem -> {
                    request.resume();
                    Errors.send(context, problem);
                });
    }

    private void enter(RoutingContext context, Rule rule, Optional<Principal> principal, String otherwise) {
        if (principal.isEmpty()) {
            refuseStranger(context, otherwise);
            return;
        }
        Optional<String> refusal = rule.refusal(principal.get());
        if (refusal.isPresent()) {
            Errors.send(context, 403, refusal.get());
            return;
        }
        context.put(Call.PRINCIPAL, principal.get());
        context.next();
    }

    private void refuseStranger(RoutingContext context, String unauthorized) {
        Errors.send(context, limits.stranger(addresses.of(context.request()), unauthorized));
    }

    /**
     * Finds out whose a token or an API key is, and goes on on the event loop: at once, unless the database has to be asked
     * for a key.
     *
     * @param then gets nobody for what does not count
     * @param failed gets what to tell the caller where the database does not answer, or is asked too much
     */
    public void identify(String token, Consumer<Optional<Principal>> then, Consumer<Problem> failed) {
        Optional<Principal> known = access.principal(token);
        if (known.isPresent() || !Access.looksLikeKey(token)) {
            then.accept(known);
        } else {
            lookUp(token, then, failed);
        }
    }

    private void lookUp(String key, Consumer<Optional<Principal>> then, Consumer<Problem> failed) {
        if (!KEY_LOOK_UPS.tryAcquire()) {
            failed.accept(busy());
            return;
        }
        VIRTUAL.execute(() -> {
            try {
                Optional<Principal> found = access.principalOfKey(key);
                home.execute(() -> then.accept(found));
            } catch (RuntimeException e) {
                LOG.warn("An API key cannot be looked up", e);
                home.execute(
                        () -> failed.accept(Problem.of(503, "The API key cannot be looked up now; try again shortly")));
            } finally {
                KEY_LOOK_UPS.release();
            }
        });
    }

    /** Goes on on the event loop when the caller's tenant has a user; else answers 404. The request waits meanwhile. */
    public void ifUserExists(RoutingContext context, Principal caller, long user, Runnable then) {
        HttpServerRequest request = context.request();
        request.pause();
        VIRTUAL.execute(() -> {
            try {
                boolean exists = access.hasUser(caller.tenant(), user);
                home.execute(() -> {
                    if (exists) {
                        then.run();
                    } else {
                        Errors.send(context, 404, "There is no user with this id");
                    }
                    request.resume();
                });
            } catch (RuntimeException e) {
                home.execute(() -> {
                    request.resume();
                    context.fail(500, e);
                });
            }
        });
    }

    /** Whether the token that a stream was opened with still counts. Does not block. */
    public boolean stillCounts(Principal principal) {
        return access.stillCounts(principal);
    }

    private static boolean isOfOldServer(HttpServerRequest request) {
        return request.getHeader("X-Session-Id") != null || request.getCookie("session_id") != null;
    }

    /** What {@code Authorization: Bearer} says; null without it. */
    static @Nullable String bearer(Call call) {
        return bearer(call.header(HttpHeaders.AUTHORIZATION.toString()));
    }

    private static @Nullable String bearer(@Nullable String header) {
        return header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
                ? header.substring(7).strip()
                : null;
    }

    private static @Nullable String token(RoutingContext context, boolean queryToo) {
        String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (header != null) {
            return bearer(header);
        }
        String key = context.request().getHeader("X-API-Key");
        if (key != null) {
            return Access.looksLikeKey(key) ? key : null;
        }
        for (String name : queryToo ? QUERY_TOKENS : List.<String>of()) {
            if (!context.queryParam(name).isEmpty()) {
                return context.queryParam(name).getFirst();
            }
        }
        Cookie cookie = context.request().getCookie(COOKIE);
        return cookie == null || isForeign(context) ? null : cookie.getValue();
    }

    /** A browser says which page sends: another site's page may not act with our cookie. */
    private static boolean isForeign(RoutingContext context) {
        String origin = context.request().getHeader(HttpHeaders.ORIGIN);
        return origin != null
                && !origin.replaceFirst("^https?://", "")
                        .equals(context.request().getHeader(HttpHeaders.HOST));
    }

    /** Answers by an action that may block, from a handler that must not. */
    public void runBlocking(RoutingContext context, Action action) {
        VIRTUAL.execute(() -> home.execute(answer(new Call(context, this), action)));
    }

    private void begin(RoutingContext context, DeferredAction action) {
        Answer answer = new Answer(context, loop, home);
        try {
            if (!BLOCKING.tryAcquire(BLOCKING_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw busy();
            }
            try {
                action.handle(new Call(context, this), answer);
            } finally {
                BLOCKING.release();
            }
        } catch (Problem e) {
            answer.refuse(e);
        } catch (InterruptedException | RuntimeException e) {
            home.execute(() -> context.fail(500, e));
        }
    }

    private static Problem busy() {
        return Problem.of(503, "The hub is busy; try again shortly");
    }

    private static Runnable answer(Call call, Action action) {
        RoutingContext context = call.context();
        try {
            if (!BLOCKING.tryAcquire(BLOCKING_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw busy();
            }
            try {
                Outgoing reply = Outgoing.of(action.handle(call));
                return () -> reply.send(context);
            } finally {
                BLOCKING.release();
            }
        } catch (Problem e) {
            return () -> Errors.send(context, e);
        } catch (InterruptedException | RuntimeException e) {
            return () -> context.fail(500, e);
        }
    }
}
