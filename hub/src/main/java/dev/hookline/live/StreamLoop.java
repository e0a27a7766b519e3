package dev.hookline.live;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventJson;
import dev.hookline.eventlog.Tail;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open streams of one event loop. A stream is a response and a position, nothing more: it is given what follows its
 * position while its socket takes it, and is left alone while it does not. So a slow one costs no memory and no time. An
 * event is rendered once for all streams of the loop.
 */
final class StreamLoop {
    private static final Logger LOG = LoggerFactory.getLogger(StreamLoop.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final int PAGE_EVENTS = 64;
    private static final int FRAMES_KEPT = 512;
    private static final int KEPT_FRAME_BYTES_MAX = 8 << 10;
    private static final Semaphore TABLE_READS = new Semaphore(8, true);
    private static final Buffer HEARTBEAT_COMMENT = Buffer.buffer(": heartbeat\n\n");

    private final Vertx vertx;
    private final Executor home;
    private final Tail tail;
    private final Set<Stream> streams = new LinkedHashSet<>();
    private final AtomicBoolean pumping = new AtomicBoolean();
    private final Map<Long, Buffer> frames = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Buffer> eldest) {
            return size() > FRAMES_KEPT;
        }
    };

    StreamLoop(Vertx vertx, Executor home, Tail tail) {
        this.vertx = vertx;
        this.home = home;
        this.tail = tail;
        tail.onAppend(this::wake);
        vertx.setPeriodic(HEARTBEAT.toMillis(), timer -> List.copyOf(streams).forEach(Stream::heartbeat));
    }

    private void wake() {
        if (pumping.compareAndSet(false, true)) {
            home.execute(() -> {
                pumping.set(false);
                streams.forEach(Stream::pump);
            });
        }
    }

    void open(
            HttpServerResponse response,
            String tenant,
            long position,
            String comment,
            Duration lasts,
            BooleanSupplier stillCounts,
            Runnable closed) {
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Content-Encoding", "identity")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Accel-Buffering", "no");
        Stream stream = new Stream(response, tenant, position, stillCounts);
        long end = vertx.setTimer(Math.max(1, lasts.toMillis()), timer -> response.end());
        response.endHandler(gone -> {
            vertx.cancelTimer(end);
            if (streams.remove(stream)) {
                closed.run();
            }
        });
        streams.add(stream);
        response.write(": " + comment + "\n\n");
        stream.pump();
    }

    /** Runs something that blocks, then goes on with its result, or its failure, on the event loop. */
    <T> void readTable(Supplier<T> read, Consumer<T> then, Consumer<RuntimeException> failed) {
        Thread.ofVirtual().name("stream-read").start(() -> {
            TABLE_READS.acquireUninterruptibly();
            try {
                T result = read.get();
                home.execute(() -> then.accept(result));
            } catch (RuntimeException e) {
                home.execute(() -> failed.accept(e));
            } finally {
                TABLE_READS.release();
            }
        });
    }

    private Buffer frame(Event event) {
        return event.data().bytes() > KEPT_FRAME_BYTES_MAX
                ? render(event)
                : frames.computeIfAbsent(event.position(), _ -> render(event));
    }

    private static Buffer render(Event event) {
        return Buffer.buffer("id: " + event.position() + "\ndata: " + EventJson.canonical(event) + "\n\n");
    }

    private final class Stream {
        private final HttpServerResponse response;
        private final String tenant;
        private final BooleanSupplier stillCounts;
        private long position;
        private boolean reading;
        private boolean draining;

        Stream(HttpServerResponse response, String tenant, long position, BooleanSupplier stillCounts) {
            this.stillCounts = stillCounts;
            this.response = response;
            this.tenant = tenant;
            this.position = position;
        }

        void heartbeat() {
            if (!stillCounts.getAsBoolean()) {
                response.end();
            } else if (!response.closed() && !response.ended() && !response.writeQueueFull()) {
                response.write(HEARTBEAT_COMMENT);
            }
        }

        void pump() {
            while (!reading && !response.closed() && !response.ended()) {
                if (response.writeQueueFull()) {
                    awaitDrain();
                    return;
                }
                Tail.Page page = tail.peek(tenant, position, PAGE_EVENTS);
                if (page == null) {
                    readOn();
                    return;
                }
                write(page);
                if (page.upTo() >= tail.head()) {
                    return;
                }
            }
        }

        private void awaitDrain() {
            if (!draining) {
                draining = true;
                response.drainHandler(drained -> {
                    draining = false;
                    pump();
                });
            }
        }

        /** What follows has left the memory: read it from the table, then go on. */
        private void readOn() {
            reading = true;
            readTable(
                    () -> tail.read(tenant, position, PAGE_EVENTS),
                    page -> {
                        reading = false;
                        write(page);
                        pump();
                    },
                    failure -> {
                        LOG.warn("An event stream ends, for the log cannot be read: {}", failure.getMessage());
                        response.end();
                    });
        }

        private void write(Tail.Page page) {
            if (!page.events().isEmpty() && !response.closed() && !response.ended()) {
                Buffer all = page.events().size() == 1 ? frame(page.events().getFirst()) : Buffer.buffer();
                if (page.events().size() > 1) {
                    page.events().forEach(event -> all.appendBuffer(frame(event)));
                }
                response.write(all);
            }
            position = page.upTo();
        }
    }
}
