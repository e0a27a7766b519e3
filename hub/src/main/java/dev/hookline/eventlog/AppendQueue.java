package dev.hookline.eventlog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What waits for the next batch: a first-in, first-out line for each tenant, served in turn. Not safe for threads;
 * {@link Committer} guards it.
 *
 * <p>Bounded in events and in bytes, whoever comes. With n tenants in line each may fill 1/(n+1) of the queue, and all of them
 * together three quarters: the last quarter is for the first request of a tenant that has none in line, so that others get in
 * beside those that flood.
 */
final class AppendQueue<T> {
    /** Something in line. */
    record Entry<T>(AppendRequest request, int bytes, T value) {}

    private static final class Line<T> {
        final ArrayDeque<Entry<T>> entries = new ArrayDeque<>();
        int events;
        long bytes;
    }

    private static final int RESERVE_SHARES = 4;

    private final Map<String, Line<T>> lines = new LinkedHashMap<>();
    private final ArrayDeque<String> turns = new ArrayDeque<>();
    private final int eventsMax;
    private final long bytesMax;
    private int events;
    private long bytes;

    AppendQueue(int eventsMax, long bytesMax) {
        this.eventsMax = eventsMax;
        this.bytesMax = bytesMax;
    }

    /** Puts a request in its tenant's line; false when that tenant's share is full, or the queue. */
    boolean offer(AppendRequest request, T value) {
        int size = request.bytes();
        int count = request.events().size();
        Line<T> line = lines.get(request.tenant());
        if (events + count > eventsMax || bytes + size > bytesMax || (line != null && !mayGrow(line, count, size))) {
            return false;
        }
        if (line == null) {
            line = new Line<>();
            lines.put(request.tenant(), line);
            turns.add(request.tenant());
        }
        line.entries.add(new Entry<>(request, size, value));
        line.events += count;
        line.bytes += size;
        events += count;
        bytes += size;
        return true;
    }

    private boolean mayGrow(Line<T> line, int count, int size) {
        int shares = lines.size() + 1;
        return line.events + count <= eventsMax / shares
                && line.bytes + size <= bytesMax / shares
                && events + count <= eventsMax - eventsMax / RESERVE_SHARES
                && bytes + size <= bytesMax - bytesMax / RESERVE_SHARES;
    }

    /** Takes the next batch, one request a turn. A batch holds at least one request, however large. */
    List<Entry<T>> take(int batchEventsMax, int batchBytesMax) {
        List<Entry<T>> batch = new ArrayList<>();
        int batchEvents = 0;
        long batchBytes = 0;
        while (!turns.isEmpty()) {
            String tenant = turns.getFirst();
            Line<T> line = lines.get(tenant);
            Entry<T> next = line == null ? null : line.entries.peek();
            if (line == null || next == null) {
                throw new IllegalStateException("A tenant without a request has a turn");
            }
            int count = next.request().events().size();
            boolean fits = batchEvents + count <= batchEventsMax && batchBytes + next.bytes() <= batchBytesMax;
            if (!fits && !batch.isEmpty()) {
                return batch;
            }
            batch.add(next);
            batchEvents += count;
            batchBytes += next.bytes();
            line.entries.remove();
            line.events -= count;
            line.bytes -= next.bytes();
            events -= count;
            bytes -= next.bytes();
            turns.remove();
            if (line.entries.isEmpty()) {
                lines.remove(tenant);
            } else {
                turns.add(tenant);
            }
        }
        return batch;
    }

    boolean isEmpty() {
        return turns.isEmpty();
    }

    /** Events in line, of all tenants. */
    int events() {
        return events;
    }

    /** Their size, as {@link AppendRequest#bytes}. */
    long bytes() {
        return bytes;
    }
}
