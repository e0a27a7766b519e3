package dev.hookline.eventlog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest events, in memory: bounded in bytes and contiguous. A cursor at the head reads no table. What a tenant has
 * hidden is not shown to it here either.
 *
 * <pre>
 *   table:  1 2 3 4 5 6 7 8 9
 *   tail:             6 7 8 9        oldest() = 6, head() = 9
 *   offer(10, 11)  → shown at once
 *   offer(13)      → 12 is missing: shown when {@link #catchUp} has read it
 * </pre>
 */
public final class Tail {
    private static final Logger LOG = LoggerFactory.getLogger(Tail.class);
    private static final int PAGE_EVENTS = 1_000;
    private static final int PAGE_BYTES_MAX = 1 << 20;

    /**
     * A piece of the log as one reader sees it.
     *
     * @param events in position order
     * @param upTo where to read on from; above the last event when what follows belongs to others
     */
    public record Page(List<Event> events, long upTo) {}

    private final EventLog log;
    private final long bytesMax;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<LongConsumer> commitListeners = new CopyOnWriteArrayList<>();
    private final Semaphore gap = new Semaphore(0);

    private Event[] ring = new Event[1024];
    private long first;
    private volatile long end;
    private long bytes;

    /** Starts at the log's head, with nothing in memory. */
    public Tail(EventLog log, long bytesMax) {
        this.log = log;
        this.bytesMax = bytesMax;
        this.end = log.head();
        this.first = end + 1;
    }

    /** The highest position shown. Everything up to it can be read, here or from the table. */
    public long head() {
        return end;
    }

    /** Calls back after new events are shown. The callback must return at once, and must not fail. */
    public void onAppend(Runnable listener) {
        listeners.add(listener);
    }

    /**
     * Calls back with the last position of what this node committed; not with what it read of others. The callback must
     * return at once, and must not fail.
     */
    void onCommit(LongConsumer listener) {
        commitListeners.add(listener);
    }

    /** Shows events that were committed here. Those beyond a gap wait for {@link #catchUp}. */
    void offer(List<Event> events) {
        if (events.isEmpty()) {
            return;
        }
        show(events);
        long last = events.getLast().position();
        commitListeners.forEach(listener -> listener.accept(last));
    }

    private void show(List<Event> events) {
        boolean shown = false;
        synchronized (this) {
            for (Event event : events) {
                if (event.position() == end + 1) {
                    append(event);
                    shown = true;
                }
            }
        }
        if (!events.isEmpty() && events.getLast().position() > end) {
            signalGap();
        }
        if (shown) {
            listeners.forEach(Runnable::run);
        }
    }

    /** Says that the log may have grown elsewhere: on another node, or beyond a gap. */
    void signalGap() {
        if (gap.availablePermits() == 0) {
            gap.release();
        }
    }

    /** Waits for {@link #signalGap}, for as long as given. */
    private void awaitGap(Duration atMost) throws InterruptedException {
        if (gap.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            gap.drainPermits();
        }
    }

    /** Reads from the table what was committed elsewhere, and shows it. Blocks. */
    public void catchUp() {
        long before;
        do {
            before = end;
            show(log.read(before, PAGE_EVENTS));
        } while (end > before);
    }

    /**
     * Catches up whenever it is told to, and at least once in each period, until the thread is interrupted. A log that
     * cannot be read now is read in the next period.
     */
    public void follow(Duration period) {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                awaitGap(period);
                catchUp();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.warn("The tail cannot read the log; trying again: {}", e.getMessage());
            }
        }
    }

    /** Catches up if a position is not shown yet, which another node may have given out a moment ago. May block. */
    public void catchUpTo(long position) {
        if (end < position) {
            catchUp();
        }
    }

    /** What follows a position, if it is in memory; null when it has to come from the table. Never blocks. */
    public @Nullable Page peek(@Nullable String tenant, long after, int limit) {
        return peek(tenant, Set.of(), after, limit, PAGE_BYTES_MAX);
    }

    /**
     * As {@link #peek(String, long, int)}, of these models; empty for all of them.
     *
     * @param bytesMax the page ends with the event that reaches it
     */
    public @Nullable Page peek(@Nullable String tenant, Set<String> models, long position, int limit, long bytesMax) {
        long after = tenant == null ? position : Math.max(position, log.hiddenUpTo(tenant));
        long head = end;
        if (after >= head) {
            return new Page(List.of(), after);
        }
        synchronized (this) {
            if (after + 1 < first) {
                return null;
            }
            List<Event> page = new ArrayList<>();
            long next = after + 1;
            long bytes = 0;
            for (; next <= end && page.size() < limit && bytes < bytesMax; next++) {
                Event event = at(next);
                if (isOf(event, tenant, models)) {
                    page.add(event);
                    bytes += event.data().bytes();
                }
            }
            return new Page(page, next - 1);
        }
    }

    private static boolean isOf(Event event, @Nullable String tenant, Set<String> models) {
        return (tenant == null || tenant.equals(event.tenant()))
                && (models.isEmpty() || models.contains(event.data().model()));
    }

    /** What follows a position, from memory or from the table. May block. */
    public Page read(@Nullable String tenant, long after, int limit) {
        Page inMemory = peek(tenant, after, limit);
        return inMemory == null ? readTable(tenant, Set.of(), after, limit, PAGE_BYTES_MAX) : inMemory;
    }

    /** What follows a position of one tenant and of these models (empty for all), from memory or from the table. May block. */
    public Page read(String tenant, Set<String> models, long after, int limit) {
        return read(tenant, models, after, limit, PAGE_BYTES_MAX);
    }

    /** As {@link #read(String, Set, long, int)}; the page ends with the event that reaches {@code bytesMax}. */
    public Page read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
        Page inMemory = peek(tenant, models, after, limit, bytesMax);
        return inMemory == null ? readTable(tenant, models, after, limit, bytesMax) : inMemory;
    }

    private Page readTable(@Nullable String tenant, Set<String> models, long after, int limit, long bytesMax) {
        long head = end;
        List<Event> page =
                tenant == null ? log.read(after, limit, bytesMax) : log.read(tenant, models, after, limit, bytesMax);
        return new Page(page, page.isEmpty() ? head : page.getLast().position());
    }

    private Event at(long position) {
        return ring[(int) (position & (ring.length - 1))];
    }

    private void append(Event event) {
        if (end + 1 - first == ring.length) {
            grow();
        }
        ring[(int) (event.position() & (ring.length - 1))] = event;
        bytes += event.data().bytes();
        end = event.position();
        while (bytes > bytesMax && first < end) {
            int slot = (int) (first & (ring.length - 1));
            bytes -= ring[slot].data().bytes();
            ring[slot] = null;
            first++;
        }
    }

    private void grow() {
        Event[] larger = new Event[ring.length * 2];
        for (long position = first; position <= end; position++) {
            larger[(int) (position & (larger.length - 1))] = at(position);
        }
        ring = larger;
    }
}
