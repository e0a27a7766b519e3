package dev.hookline.live;

import dev.hookline.eventlog.Event;
import java.util.List;
import java.util.Set;

/** Where a {@link Cursor} puts what it reads: a socket. Every call comes on its event loop, and must not block. */
public interface Outlet {
    /** Whether it will ever take anything again. */
    boolean isOpen();

    /** Whether it takes nothing for now. */
    boolean isFull();

    /** Calls back once, when it takes something again. */
    void whenDrained(Runnable drained);

    /** The models whose events it wants; empty for all of them. */
    default Set<String> models() {
        return Set.of();
    }

    /**
     * Takes one or more events, in position order.
     *
     * @return how many; fewer than there are when it has become full, and then it gets the others again
     */
    int write(List<Event> events);

    /** Called every {@link CursorLoop#HEARTBEAT}, whether there are events or not. */
    default void heartbeat() {}

    /** Ends it, for the log cannot be read. */
    void fail(RuntimeException failure);
}
