package dev.hookline.live;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Tail;
import java.util.List;
import java.util.Set;

/**
 * One client's place in the log: a position and an {@link Outlet}, nothing more. It gives the outlet what follows the
 * position while the outlet takes it, and leaves it alone while it does not. So a slow client costs no memory and no time.
 * Lives on one event loop.
 */
public final class Cursor {
    private static final int PAGE_EVENTS = 64;
    private static final long PAGE_BYTES_MAX = 256 << 10;

    private final CursorLoop loop;
    private final Tail tail;
    private final String tenant;
    private final Outlet outlet;
    private long position;
    private boolean reading;

    /** Whether what is being read was asked for before the outlet wanted something else: it is dropped. */
    private boolean stale;

    private boolean draining;
    private boolean closed;

    Cursor(CursorLoop loop, Tail tail, String tenant, long position, Outlet outlet) {
        this.loop = loop;
        this.tail = tail;
        this.tenant = tenant;
        this.position = position;
        this.outlet = outlet;
    }

    /** Up to where everything that the outlet wants was given to it. */
    public long position() {
        return position;
    }

    /** Goes on from another position. */
    public void seek(long to) {
        position = to;
        restart();
    }

    /** Goes on from where it is, when what the outlet wants has changed: a page on its way may lack what it wants now. */
    public void restart() {
        stale = reading;
        pump();
    }

    /** The outlet gets nothing more. */
    public void close() {
        if (!closed) {
            closed = true;
            loop.remove(this);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends it and its outlet. */
    void fail(RuntimeException fault) {
        close();
        outlet.fail(fault);
    }

    void heartbeat() {
        if (!closed && outlet.isOpen()) {
            outlet.heartbeat();
        }
    }

    /** Gives the outlet what it takes now. */
    public void pump() {
        while (!reading && !closed && outlet.isOpen()) {
            if (outlet.isFull()) {
                awaitDrain();
                return;
            }
            Tail.Page page = tail.peek(tenant, outlet.models(), position, PAGE_EVENTS, PAGE_BYTES_MAX);
            if (page == null) {
                readOn();
                return;
            }
            take(page);
            if (position >= tail.head()) {
                return;
            }
        }
    }

    private void awaitDrain() {
        if (!draining) {
            draining = true;
            outlet.whenDrained(() -> {
                draining = false;
                loop.guard(this, Cursor::pump);
            });
        }
    }

    /** What follows has left the memory: read it from the table, then go on. One such read is on its way at most. */
    private void readOn() {
        reading = true;
        Set<String> models = outlet.models();
        long after = position;
        loop.readTable(
                () -> tail.read(tenant, models, after, PAGE_EVENTS, PAGE_BYTES_MAX),
                page -> {
                    reading = false;
                    loop.guard(this, _ -> goOn(page));
                },
                failure -> {
                    if (!closed) {
                        fail(failure);
                    }
                });
    }

    private void goOn(Tail.Page page) {
        if (!stale) {
            take(page);
        }
        stale = false;
        pump();
    }

    private void take(Tail.Page page) {
        List<Event> events = page.events();
        int taken = events.isEmpty() || closed || !outlet.isOpen() ? events.size() : outlet.write(events);
        position = taken == events.size() ? page.upTo() : events.get(taken).position() - 1;
    }
}
