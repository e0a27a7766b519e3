package dev.hookline.live;

import dev.hookline.eventlog.Tail;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The open cursors of one event loop. All of them go on whenever the log has grown. */
public final class CursorLoop {
    static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final Logger LOG = LoggerFactory.getLogger(CursorLoop.class);
    private static final Semaphore TABLE_READS = new Semaphore(8, true);

    private final Executor home;
    private final Tail tail;
    private final Set<Cursor> cursors = new LinkedHashSet<>();
    private final AtomicBoolean pumping = new AtomicBoolean();
    private boolean walking;

    /**
     * Of one event loop.
     *
     * @param home runs what it is given on that loop
     */
    public CursorLoop(Vertx vertx, Executor home, Tail tail) {
        this.home = home;
        this.tail = tail;
        tail.onAppend(this::wake);
        vertx.setPeriodic(HEARTBEAT.toMillis(), timer -> walk(Cursor::heartbeat));
    }

    /** A cursor over a tenant's events above a position; {@link Cursor#pump} starts it. Call it on the event loop. */
    public Cursor open(String tenant, long position, Outlet outlet) {
        Cursor cursor = new Cursor(this, tail, tenant, position, outlet);
        cursors.add(cursor);
        return cursor;
    }

    /** Runs something that blocks, then goes on with its result, or its failure, on the event loop. */
    public <T> void readTable(Supplier<T> read, Consumer<T> then, Consumer<RuntimeException> failed) {
        Thread.ofVirtual().name("cursor-read").start(() -> {
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

    void remove(Cursor cursor) {
        if (!walking) {
            cursors.remove(cursor);
        }
    }

    private void wake() {
        if (pumping.compareAndSet(false, true)) {
            home.execute(() -> {
                pumping.set(false);
                walk(Cursor::pump);
            });
        }
    }

    /** A cursor that is closed meanwhile is removed by the walk. */
    private void walk(Consumer<Cursor> step) {
        walking = true;
        cursors.removeIf(cursor -> {
            guard(cursor, step);
            return cursor.isClosed();
        });
        walking = false;
    }

    /** Takes a step of one cursor. A fault ends that one, and holds up no other. */
    void guard(Cursor cursor, Consumer<Cursor> step) {
        try {
            step.accept(cursor);
        } catch (RuntimeException fault) {
            LOG.error("A cursor fails, and ends", fault);
            end(cursor, fault);
        }
    }

    private static void end(Cursor cursor, RuntimeException fault) {
        try {
            cursor.fail(fault);
        } catch (RuntimeException e) {
            LOG.error("The client of a cursor that failed cannot be told", e);
        }
    }
}
