package dev.hookline.live;

import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** What the WebSockets of one event loop share. */
final class SocketLoop {
    private final Vertx vertx;
    private final EventLog log;
    private final Tail tail;
    private final Time time;
    private final CursorLoop cursors;
    private final SocketConnections connections;
    private final SocketMessages messages;
    private final Predicate<Principal> stillCounts;
    private final Function<String, Optional<Principal>> tokens;
    private final FrameCache<String> frames = new FrameCache<>();

    /**
     * Of one event loop.
     *
     * @param stillCounts whether what a principal showed was not revoked
     * @param tokens who a token belongs to
     */
    SocketLoop(
            Vertx vertx,
            CursorLoop cursors,
            EventLog log,
            Tail tail,
            Time time,
            SocketConnections connections,
            SocketMessages messages,
            Predicate<Principal> stillCounts,
            Function<String, Optional<Principal>> tokens) {
        this.vertx = vertx;
        this.cursors = cursors;
        this.log = log;
        this.tail = tail;
        this.time = time;
        this.connections = connections;
        this.messages = messages;
        this.stillCounts = stillCounts;
        this.tokens = tokens;
    }

    SocketLine line(ServerWebSocket socket) {
        return new SocketLine(vertx, time, socket);
    }

    Time time() {
        return time;
    }

    SocketConnections connections() {
        return connections;
    }

    SocketMessages messages() {
        return messages;
    }

    boolean stillCounts(Principal principal) {
        return stillCounts.test(principal);
    }

    Optional<Principal> principal(String token) {
        return tokens.apply(token);
    }

    /** A cursor at the head. */
    Cursor followHead(String tenant, Outlet outlet) {
        return cursors.open(tenant, tail.head(), outlet);
    }

    /** A cursor at a position that {@link #start} gave. */
    Cursor follow(String tenant, long position, Outlet outlet) {
        return cursors.open(tenant, position, outlet);
    }

    /** Finds out where to serve a client from that has seen a position. */
    void start(String tenant, long since, Consumer<Start> then, Consumer<RuntimeException> failed) {
        cursors.readTable(() -> Start.after(log, tail, tenant, since), then, failed);
    }

    /** The message that tells of an event. */
    String frame(Event event, Push push) {
        String kind = push.kind();
        return kind == null
                ? push.json(event).toString()
                : frames.of(event, kind, one -> push.json(one).toString());
    }
}
