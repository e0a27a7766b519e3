package dev.hookline.live;

import dev.hookline.eventlog.Tail;

/**
 * One client's place in the log: a position and an {@link Outlet}, nothing more. It gives the outlet what follows the
 * position while the outlet takes it, and leaves it alone while it does not. So a slow client costs no memory and no time.
 * Lives on one event loop.
 */
public final class Cursor {
    private static final int PAGE_EVENTS = 64;

    private final CursorLoop loop;
    private final Tail tail;
    private final String tenant;
    private final Outlet outlet;
    private long position;
    private long turn;
    private boolean reading;
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
        turn++;
        reading = false;
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
            Tail.Page page = tail.peek(tenant, outlet.models(), position, PAGE_EVENTS);
            if (page == null) {
                readOn();
                return;
            }
            take(page);
            if (page.upTo() >= tail.head()) {
                return;
            }
        }
    }

    private void awaitDrain() {
        if (!draining) {
            draining = true;
            outlet.whenDrained(() -> {
                draining = false;
                pump();
            });
        }
    }

    /** What follows has left the memory: read it from the table, then go on. */
    private void readOn() {
        reading = true;
        long mine = ++turn;
        loop.readTable(
                () -> tail.read(tenant, outlet.models(), position, PAGE_EVENTS),
                page -> {
                    if (mine == turn) {
                        reading = false;
                        take(page);
                        pump();
                    }
                },
                failure -> {
                    if (mine == turn && !closed) {
                        outlet.fail(failure);
                    }
                });
    }

    private void take(Tail.Page page) {
        if (!page.events().isEmpty() && !closed && outlet.isOpen()) {
            outlet.write(page.events());
        }
        position = page.upTo();
    }
}
