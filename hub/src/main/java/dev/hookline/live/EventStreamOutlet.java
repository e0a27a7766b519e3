package dev.hookline.live;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An event stream: the response of a request that follows the log. */
final class EventStreamOutlet implements Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(EventStreamOutlet.class);
    private static final int PIECE_BYTES_MIN = 32 << 10;
    private static final Buffer HEARTBEAT_COMMENT = Buffer.buffer(": heartbeat\n\n");

    private final HttpServerResponse response;
    private final FrameCache<Buffer> frames;
    private final BooleanSupplier stillCounts;

    /**
     * On a response that nothing was written to.
     *
     * @param stillCounts whether what its reader showed was not revoked; asked with every heartbeat
     */
    EventStreamOutlet(HttpServerResponse response, FrameCache<Buffer> frames, BooleanSupplier stillCounts) {
        this.response = response;
        this.frames = frames;
        this.stillCounts = stillCounts;
    }

    /** The answer's head, and its first line. */
    void begin(String comment) {
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Content-Encoding", "identity")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Accel-Buffering", "no")
                .write(": " + comment + "\n\n");
    }

    @Override
    public boolean isOpen() {
        return !response.closed() && !response.ended();
    }

    @Override
    public boolean isFull() {
        return response.writeQueueFull();
    }

    @Override
    public void whenDrained(Runnable drained) {
        response.drainHandler(_ -> drained.run());
    }

    @Override
    public void heartbeat() {
        if (!stillCounts.getAsBoolean()) {
            response.end();
        } else if (!isFull()) {
            response.write(HEARTBEAT_COMMENT);
        }
    }

    @Override
    public int write(List<Event> events) {
        if (events.size() == 1) {
            response.write(frame(events.getFirst()));
            return 1;
        }
        Buffer piece = Buffer.buffer();
        for (int i = 0; i < events.size(); i++) {
            piece.appendBuffer(frame(events.get(i)));
            if (piece.length() >= PIECE_BYTES_MIN) {
                response.write(piece);
                if (isFull()) {
                    return i + 1;
                }
                piece = Buffer.buffer();
            }
        }
        if (piece.length() > 0) {
            response.write(piece);
        }
        return events.size();
    }

    @Override
    public void fail(RuntimeException failure) {
        LOG.warn("An event stream ends, for the log cannot be read: {}", failure.getMessage());
        response.end();
    }

    private Buffer frame(Event event) {
        return frames.of(
                event,
                "",
                one -> Buffer.buffer("id: " + one.position() + "\ndata: " + EventJson.canonical(one) + "\n\n"));
    }
}
