package dev.hookline.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import dev.hookline.kernel.Limits;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket. First it must say who it is, if its request did not; then it may say what it wants to hear of, and is
 * served by a {@link Cursor} while it wants to hear of anything. Nothing is kept for a client that does not read: its cursor
 * waits, its own messages are not read either, and after {@link #SILENT_MAX} without a sign of life it is cut. Lives on one
 * event loop, but for what is asked for the statistics.
 */
final class SocketClient implements Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(SocketClient.class);
    private static final Duration AUTHENTICATE_WITHIN = Duration.ofSeconds(10);
    private static final Duration SILENT_MAX = Duration.ofSeconds(60);
    private static final Duration FAREWELL_MAX = Duration.ofSeconds(5);

    /** Close codes of RFC 6455, section 7.4.1. */
    private static final short NO_TEXT = 1003;

    private static final short REFUSED = 1008;
    private static final short TOO_BIG = 1009;
    private static final short TRY_LATER = 1013;

    private final SocketLoop loop;
    private final ServerWebSocket socket;
    private final Predicate<Principal> mayEnter;
    private final @Nullable Long namedUser;
    private final MessageRate rate;
    private volatile Interests interests;
    private Set<String> models;
    private volatile @Nullable Principal principal;
    private @Nullable Cursor cursor;
    private @Nullable Runnable drained;
    private @Nullable Long since;
    private boolean stranger;
    private boolean closing;
    private boolean left;
    private long timer = -1;
    private long heardNanos;

    /**
     * Of a socket that was just accepted.
     *
     * @param namedUser the user whom the path names
     * @param mayEnter whether a principal may be that user
     */
    SocketClient(
            SocketLoop loop,
            ServerWebSocket socket,
            Interests interests,
            @Nullable Long since,
            @Nullable Long namedUser,
            Predicate<Principal> mayEnter) {
        this.loop = loop;
        this.socket = socket;
        this.interests = interests;
        this.models = Set.of();
        this.since = since;
        this.namedUser = namedUser;
        this.mayEnter = mayEnter;
        this.heardNanos = loop.time().nanos();
        this.rate = new MessageRate(heardNanos);
    }

    /** Begins, with the principal that the request named, or as a stranger whom the connections have admitted. */
    void open(Optional<Principal> caller) {
        stranger = caller.isEmpty();
        if (socket.isClosed()) {
            leave();
            return;
        }
        loop.add(this);
        socket.closeHandler(_ -> leave());
        socket.exceptionHandler(this::broken);
        socket.frameHandler(frame -> {
            heardNanos = loop.time().nanos();
            if (!rate.take(heardNanos)) {
                refuse("Too many messages: " + MessageRate.PER_SECOND + " a second at most");
            } else if (frame.isBinary()) {
                close(NO_TEXT, "Messages must be text");
            }
        });
        socket.pongHandler(_ -> heardNanos = loop.time().nanos());
        socket.drainHandler(_ -> drained());
        socket.textMessageHandler(this::receive);
        if (caller.isPresent()) {
            enter(caller.get());
        } else {
            timer = loop.after(AUTHENTICATE_WITHIN, () -> refuse("Not authenticated in time"));
        }
    }

    String tenant() {
        Principal who = principal;
        return who == null ? "" : who.tenant();
    }

    /** The user whom the path names, else the caller. */
    long userId() {
        Principal who = principal;
        return namedUser != null ? namedUser : who == null ? 0 : who.userId();
    }

    Set<String> channels() {
        return interests.channels();
    }

    private void enter(Principal who) {
        loop.cancel(timer);
        principal = who;
        if (stranger) {
            stranger = false;
            loop.connections().strangerLeft();
        }
        loop.connections().add(this);
        timer = loop.after(Duration.between(loop.time().now(), who.expiresAt()), () -> refuse("The token has expired"));
    }

    private void leave() {
        left = true;
        loop.remove(this);
        loop.cancel(timer);
        Cursor mine = cursor;
        if (mine != null) {
            mine.close();
        }
        if (stranger) {
            loop.connections().strangerLeft();
        }
        loop.connections().remove(this);
    }

    private void receive(String text) {
        if (!isOpen()) {
            return;
        }
        switch (loop.messages().handle(interests, text)) {
            case SocketMessages.Outcome.Authenticate said -> authenticate(said.token());
            case SocketMessages.Outcome outcome
            when principal == null -> refuse("Not authenticated. Send {\"type\":\"auth\",\"token\":\"…\"} first");
            case SocketMessages.Outcome.Said said -> say(said.answer());
            case SocketMessages.Outcome.Changed changed -> {
                say(changed.answer());
                want(changed.interests());
            }
            case SocketMessages.Outcome.Resume resume -> resume(resume.since());
        }
    }

    private void authenticate(String token) {
        Optional<Principal> found = loop.principal(token);
        Principal before = principal;
        if (found.isEmpty()) {
            refuse("The token is not valid, or has expired");
        } else if (before != null && !isSame(before, found.get())) {
            say(SocketMessages.error("The token is another user's"));
        } else if (!mayEnter.test(found.get())) {
            refuse("Another user's connection");
        } else {
            enter(found.get());
            say(SocketMessages.status("Authenticated"));
        }
    }

    private static boolean isSame(Principal one, Principal other) {
        return one.tenant().equals(other.tenant()) && one.userId() == other.userId();
    }

    private void want(Interests wanted) {
        interests = wanted;
        models = wanted.models();
        Cursor mine = cursor;
        if (wanted.isEmpty()) {
            if (mine != null) {
                mine.close();
                cursor = null;
            }
        } else if (mine != null) {
            mine.restart();
        } else if (since == null) {
            cursor = loop.followHead(tenant(), this);
        } else {
            resume(since);
        }
    }

    /** Goes on after a position; now, or with the first channel. */
    private void resume(long position) {
        since = position;
        if (interests.isEmpty()) {
            say(SocketMessages.status("Resuming after position " + position + " with the first subscription")
                    .put("position", position));
            return;
        }
        loop.start(tenant(), position, start -> resumed(position, start), this::fail);
    }

    private void resumed(long asked, Start start) {
        Long wanted = since;
        if (!isOpen() || interests.isEmpty() || wanted == null || wanted != asked) {
            return;
        }
        since = null;
        say(SocketMessages.status(start.comment()).put("position", start.position()));
        Cursor mine = cursor;
        if (mine == null) {
            mine = loop.follow(tenant(), start.position(), this);
            cursor = mine;
            mine.pump();
        } else {
            mine.seek(start.position());
        }
    }

    private void say(ObjectNode message) {
        if (isOpen()) {
            socket.writeTextMessage(message.toString());
            if (socket.writeQueueFull()) {
                socket.pause();
            }
        }
    }

    private void drained() {
        heardNanos = loop.time().nanos();
        socket.resume();
        Runnable then = drained;
        drained = null;
        if (then != null) {
            then.run();
        }
    }

    private void broken(Throwable failure) {
        LOG.debug("A WebSocket fails: {}", failure.getMessage());
        if (isOpen()) {
            close(TOO_BIG, "A message may have " + Limits.SOCKET_MESSAGE_BYTES_MAX + " bytes");
        }
    }

    private void refuse(String reason) {
        say(SocketMessages.error(reason));
        close(REFUSED, reason);
    }

    /** Says goodbye, and hangs up when that is not answered. */
    private void close(short code, String reason) {
        if (isOpen()) {
            closing = true;
            socket.close(code, reason);
            loop.after(FAREWELL_MAX, this::hangUp);
        }
    }

    private void hangUp() {
        ChannelHandlerContext context = ((WebSocketInternal) socket).channelHandlerContext();
        var _ = context.channel().close();
    }

    @Override
    public boolean isOpen() {
        return !left && !closing && !socket.isClosed();
    }

    @Override
    public boolean isFull() {
        return socket.writeQueueFull();
    }

    @Override
    public void whenDrained(Runnable callback) {
        drained = callback;
    }

    @Override
    public Set<String> models() {
        return models;
    }

    @Override
    public void write(List<Event> events) {
        for (Event event : events) {
            for (Push push : interests.pushes(event)) {
                if (isOpen()) {
                    socket.writeTextMessage(loop.frame(event, push));
                }
            }
        }
    }

    /** Shows that the hub is there, and cuts a client that no longer is. */
    void beat() {
        if (loop.time().nanos() - heardNanos > SILENT_MAX.toNanos()) {
            hangUp();
        } else if (isOpen() && !isFull()) {
            socket.writePing(Buffer.buffer());
        }
    }

    @Override
    public void fail(RuntimeException failure) {
        LOG.warn("A WebSocket ends, for the log cannot be read: {}", failure.getMessage());
        close(TRY_LATER, "The log cannot be read; try again shortly");
    }
}
