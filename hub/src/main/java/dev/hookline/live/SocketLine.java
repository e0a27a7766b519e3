package dev.hookline.live;

import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A WebSocket as its owner sees it: texts in, texts out, and the bounds of both. What the client sends is not read while it
 * does not read itself, so answers cannot pile up ({@link ControlFrames} for those to pings); a client without a sign of life
 * for a minute is cut. Lives on one event loop.
 */
public final class SocketLine {
    /** Close codes of RFC 6455, section 7.4.1. */
    public static final short REFUSED = 1008;

    public static final short TRY_LATER = 1013;

    private static final short NO_TEXT = 1003;
    private static final short TOO_BIG = 1009;
    private static final Logger LOG = LoggerFactory.getLogger(SocketLine.class);
    private static final Duration SILENT_MAX = Duration.ofSeconds(60);
    private static final Duration FAREWELL_MAX = Duration.ofSeconds(5);

    /** Who talks with the client. */
    public interface Talker {
        void receive(String text);

        /** Called every {@link CursorLoop#HEARTBEAT}. */
        void beat();

        /** The connection has ended, whoever ended it. Called once. */
        void left();
    }

    private final Vertx vertx;
    private final Time time;
    private final ServerWebSocket socket;
    private final Channel channel;
    private final MessageRate rate;
    private final Set<Long> timers = new HashSet<>();
    private final List<Runnable> waiting = new ArrayList<>(1);
    private boolean held;
    private boolean closing;
    private boolean left;
    private long heardNanos;

    /**
     * On a socket that was just opened.
     *
     * @param connection of the request that asked for the socket, which does not show it
     */
    public SocketLine(Vertx vertx, Time time, ServerWebSocket socket, HttpConnection connection) {
        this.vertx = vertx;
        this.time = time;
        this.socket = socket;
        this.channel = ((ConnectionBase) connection).channel();
        this.heardNanos = time.nanos();
        this.rate = new MessageRate(heardNanos);
    }

    /** Begins. Call it as soon as there is a socket. */
    public void open(Talker talker) {
        if (socket.isClosed()) {
            left = true;
            talker.left();
            return;
        }
        socket.closeHandler(_ -> {
            left = true;
            timers.forEach(vertx::cancelTimer);
            waiting.clear();
            talker.left();
        });
        socket.exceptionHandler(failure -> {
            LOG.debug("A WebSocket fails: {}", failure.getMessage());
            close(TOO_BIG, "A message may have " + Limits.SOCKET_MESSAGE_BYTES_MAX + " bytes");
        });
        Context context = vertx.getOrCreateContext();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addBefore(
                pipeline.lastContext().name(), "control-frames", new ControlFrames(() -> admitsControl(context)));
        socket.frameHandler(frame -> {
            heardNanos = time.nanos();
            if (!rate.take(heardNanos)) {
                closeForRate();
            } else if (frame.isBinary()) {
                close(NO_TEXT, "Messages must be text");
            }
        });
        socket.drainHandler(_ -> drained());
        socket.textMessageHandler(text -> {
            if (isOpen()) {
                talker.receive(text);
            }
        });
        timers.add(vertx.setPeriodic(CursorLoop.HEARTBEAT.toMillis(), _ -> {
            talker.beat();
            beat();
        }));
    }

    public boolean isOpen() {
        return !left && !closing && !socket.isClosed();
    }

    /** Whether the client has not taken yet what it was sent. */
    public boolean isFull() {
        return isOpen() && socket.writeQueueFull();
    }

    /** Calls back once, when the client takes something again. */
    public void whenDrained(Runnable drained) {
        waiting.add(drained);
    }

    /** Sends a text, also while it is full: for what the client asked for. */
    public void say(String text) {
        if (isOpen()) {
            socket.writeTextMessage(text);
            if (socket.writeQueueFull()) {
                socket.pause();
            }
        }
    }

    /** Reads nothing more of what the client sends until {@link #goOn}. */
    public void hold() {
        held = true;
        socket.pause();
    }

    /** Reads on. */
    public void goOn() {
        held = false;
        if (!left && !socket.isClosed() && !socket.writeQueueFull()) {
            socket.resume();
        }
    }

    /** Says goodbye, and hangs up when that is not answered. */
    public void close(int code, String reason) {
        if (isOpen()) {
            closing = true;
            socket.close((short) code, reason);
            after(FAREWELL_MAX, this::hangUp);
        }
    }

    /** Runs something later, unless the connection has ended by then; answers what {@link #cancel} wants. */
    public long after(Duration duration, Runnable then) {
        long[] id = new long[1];
        id[0] = vertx.setTimer(Math.max(1, duration.toMillis()), _ -> {
            timers.remove(id[0]);
            then.run();
        });
        timers.add(id[0]);
        return id[0];
    }

    public void cancel(long timer) {
        timers.remove(timer);
        vertx.cancelTimer(timer);
    }

    /** Hears pings and pongs, which come outside of the loop's context, and counts them as messages. */
    private boolean admitsControl(Context context) {
        heardNanos = time.nanos();
        if (isOpen() && !rate.take(heardNanos)) {
            context.runOnContext(_ -> closeForRate());
            return false;
        }
        return isOpen();
    }

    private void closeForRate() {
        close(REFUSED, "Too many messages: " + MessageRate.PER_SECOND + " a second at most");
    }

    private void drained() {
        heardNanos = time.nanos();
        if (!held) {
            socket.resume();
        }
        List<Runnable> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(Runnable::run);
    }

    /** Shows that the hub is there, and cuts a client that no longer is. */
    private void beat() {
        if (time.nanos() - heardNanos > SILENT_MAX.toNanos()) {
            hangUp();
        } else if (isOpen() && !isFull()) {
            socket.writePing(Buffer.buffer());
        }
    }

    /** From the pipeline's near end: to the other it would be a close to say first, which waits for the client. */
    private void hangUp() {
        ChannelHandlerContext nearest = channel.pipeline().firstContext();
        if (nearest != null) {
            var _ = nearest.close();
        }
    }
}
