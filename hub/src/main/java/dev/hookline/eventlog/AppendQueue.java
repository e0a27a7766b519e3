package dev.hookline.eventlog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What waits for the next batch: a first-in, first-out line for each tenant, served in turn. Bounded in events and in
 * bytes. With n tenants in line each may fill 1/(n+1) of the queue, so that there is always room for one more. Not safe
 * for threads; {@link Committer} guards it.
 */
final class AppendQueue<T> {
    /** Something in line. */
    record Entry<T>(AppendRequest request, int bytes, T value) {}

    private static final class Line<T> {
        final ArrayDeque<Entry<T>> entries = new ArrayDeque<>();
        int events;
        long bytes;
    }

    private final Map<String, Line<T>> lines = new LinkedHashMap<>();
    private final ArrayDeque<String> turns = new ArrayDeque<>();
    private final int eventsMax;
    private final long bytesMax;
    private int events;

    AppendQueue(int eventsMax, long bytesMax) {
        this.eventsMax = eventsMax;
        this.bytesMax = bytesMax;
    }

    /** Puts a request in its tenant's line; false when that tenant's share is full. */
    boolean offer(AppendRequest request, T value) {
        int bytes = request.bytes();
        int count = request.events().size();
        Line<T> line = lines.get(request.tenant());
        int shares = lines.size() + (line == null ? 2 : 1);
        if (line != null && (line.events + count > eventsMax / shares || line.bytes + bytes > bytesMax / shares)) {
            return false;
        }
        if (line == null) {
            line = new Line<>();
            lines.put(request.tenant(), line);
            turns.add(request.tenant());
        }
        line.entries.add(new Entry<>(request, bytes, value));
        line.events += count;
        line.bytes += bytes;
        events += count;
        return true;
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
}
