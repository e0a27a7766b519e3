package dev.hookline.live;

import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * WebSocket: {@code /ws}, {@code /ws/{user_id}} and {@code /api/v1/ws/{user_id}}, and {@code GET /api/v1/ws/stats}. The token
 * comes in the header, the cookie, {@code ?token=}, or as the first message. {@code ?since=} resumes after a position with the
 * first subscription; {@code ?app_type=} says which app it is, for {@code sync_events}.
 */
public final class SocketRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(SocketRoutes.class);

    private static final Rule FOLLOW = Rule.of(Role.DEVICE, Scope.EVENTS_READ);

    private final Vertx vertx;
    private final EventLog log;
    private final Tail tail;
    private final RecordNumbers numbers;
    private final Time time;
    private final SocketMessages messages;
    private final SocketConnections connections;

    /**
     * Over one log.
     *
     * @param modelsOfAppType which models each app type gets; empty for all of them
     */
    public SocketRoutes(
            Vertx vertx,
            EventLog log,
            Tail tail,
            RecordNumbers numbers,
            Time time,
            Function<String, Set<String>> modelsOfAppType,
            MeterRegistry registry) {
        this.vertx = vertx;
        this.log = log;
        this.tail = tail;
        this.numbers = numbers;
        this.time = time;
        this.messages = new SocketMessages(modelsOfAppType);
        this.connections = new SocketConnections(registry);
    }

    @Override
    public void mount(Api api) {
        CursorLoop cursors = new CursorLoop(vertx, api.home(), tail);
        SocketLoop loop = new SocketLoop(vertx, cursors, log, tail, numbers, time, connections, messages, api, FOLLOW);
        api.secured(
                HttpMethod.GET,
                "/api/v1/ws/stats",
                Rule.of(Role.VIEWER, Scope.EVENTS_READ),
                0,
                call -> Reply.ok(connections.stats(call.principal().tenant())));
        for (String path : new String[] {"/ws", "/ws/:user_id", "/api/v1/ws/:user_id"}) {
            api.socket(path, FOLLOW, context -> open(api, loop, context));
            api.openAsync(HttpMethod.GET, path, 0, SocketRoutes::askForUpgrade);
        }
    }

    private static void askForUpgrade(RoutingContext context) {
        context.response().putHeader("Upgrade", "websocket");
        Errors.send(context, 426, "This path is for WebSocket only");
    }

    private void open(Api api, SocketLoop loop, RoutingContext context) {
        Long user;
        Long since;
        try {
            user = number(context.pathParam("user_id"));
        } catch (NumberFormatException e) {
            Errors.send(context, 404, "Not Found");
            return;
        }
        try {
            since = number(query(context, "since"));
        } catch (NumberFormatException e) {
            Errors.send(context, 422, "'since' must be a position, a whole number from 0", "since");
            return;
        }
        String appType = query(context, "app_type");
        if (appType != null && appType.length() > Limits.NAME_CHARS_MAX) {
            Errors.send(context, 422, "'app_type' is too long", "app_type");
            return;
        }
        Interests none = messages.none(appType == null ? "" : appType);
        Optional<Principal> caller = Api.socketCaller(context);
        if (user == null || caller.isEmpty() || caller.get().userId() == user) {
            upgrade(loop, context, none, since, user);
        } else if (!caller.get().mayActFor(user)) {
            Errors.send(context, 403, "Another user's connection: user_id must be your own");
        } else {
            api.ifUserExists(context, caller.get(), user, () -> upgrade(loop, context, none, since, user));
        }
    }

    /** Whoever says only in a message who it is may be no other user: nobody has looked whether there is one. */
    private void upgrade(
            SocketLoop loop, RoutingContext context, Interests none, @Nullable Long since, @Nullable Long user) {
        Optional<Principal> caller = Api.socketCaller(context);
        Predicate<Principal> mayEnter =
                who -> user == null || who.userId() == user || (caller.isPresent() && who.mayActFor(user));
        if (caller.isEmpty() && !connections.admitStranger()) {
            Errors.send(context, 503, "Too many connections have not said who they are; try again shortly");
            return;
        }
        HttpServerRequest request = context.request();
        request.toWebSocket()
                .onSuccess(socket -> {
                    // Nobody asks for them again, and they would be kept for as long as the socket is open.
                    socket.headers().clear();
                    SocketLine line = loop.line(socket, request.connection());
                    new SocketClient(loop, line, none, since, user, mayEnter).open(caller);
                })
                .onFailure(failure -> {
                    LOG.debug("A WebSocket was not opened: {}", failure.getMessage());
                    if (caller.isEmpty()) {
                        connections.strangerLeft();
                    }
                });
    }

    private static @Nullable String query(RoutingContext context, String name) {
        return context.queryParam(name).isEmpty()
                ? null
                : context.queryParam(name).getFirst();
    }

    private static @Nullable Long number(@Nullable String text) {
        if (text == null) {
            return null;
        }
        long number = Long.parseLong(text.strip());
        if (number < 0) {
            throw new NumberFormatException(text);
        }
        return number;
    }
}
