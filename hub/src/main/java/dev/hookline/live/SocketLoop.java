package dev.hookline.live;

import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import java.util.Optional;
import java.util.function.Consumer;

/** What the WebSockets of one event loop share. */
final class SocketLoop {
    private final Vertx vertx;
    private final EventLog log;
    private final Tail tail;
    private final Time time;
    private final CursorLoop cursors;
    private final SocketConnections connections;
    private final SocketMessages messages;
    private final Api api;
    private final Rule rule;
    private final PushNumbers numbers;
    private final FrameCache<String> frames = new FrameCache<>();

    /**
     * Of one event loop.
     *
     * @param api knows whose tokens and keys are shown
     * @param rule who may open a socket
     */
    SocketLoop(
            Vertx vertx,
            CursorLoop cursors,
            EventLog log,
            Tail tail,
            RecordNumbers numbers,
            Time time,
            SocketConnections connections,
            SocketMessages messages,
            Api api,
            Rule rule) {
        this.vertx = vertx;
        this.cursors = cursors;
        this.log = log;
        this.tail = tail;
        this.time = time;
        this.connections = connections;
        this.messages = messages;
        this.numbers = new PushNumbers(numbers, cursors);
        this.api = api;
        this.rule = rule;
    }

    SocketLine line(ServerWebSocket socket, HttpConnection connection) {
        return new SocketLine(vertx, time, socket, connection);
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
        return api.stillCounts(principal);
    }

    /** Finds out whose a token or an API key is, of those who may open a socket; goes on on the loop. */
    void identify(String token, Consumer<Optional<Principal>> then, Consumer<Problem> failed) {
        api.identify(
                token,
                found -> then.accept(found.filter(who -> rule.refusal(who).isEmpty())),
                failed);
    }

    long head() {
        return tail.head();
    }

    /** A cursor at the head. */
    Cursor followHead(String tenant, Outlet outlet) {
        return cursors.open(tenant, head(), outlet);
    }

    /** A cursor at a position that {@link #start} gave. */
    Cursor follow(String tenant, long position, Outlet outlet) {
        return cursors.open(tenant, position, outlet);
    }

    /** Finds out where to serve a client from that has seen a position. */
    void start(String tenant, long since, Consumer<Start> then, Consumer<RuntimeException> failed) {
        cursors.readTable(() -> Start.after(log, tail, tenant, since), then, failed);
    }

    /** The numbers of the records that events are about. */
    PushNumbers numbers() {
        return numbers;
    }

    /** The message that tells of an event. */
    String frame(Event event, long recordNumber, Push push) {
        String kind = push.kind();
        return kind == null
                ? push.json(event, recordNumber).toString()
                : frames.of(event, kind, one -> push.json(one, recordNumber).toString());
    }
}
