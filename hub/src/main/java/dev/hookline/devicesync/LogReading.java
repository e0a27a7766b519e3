package dev.hookline.devicesync;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Tail;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Batches out of the log, from memory or from the table. Calls may block. */
final class LogReading {
    private static final int PAGES_MAX = 10;

    private final Tail tail;

    LogReading(Tail tail) {
        this.tail = tail;
    }

    /** The highest position that a device may know, also one that another node gave out just now. */
    long head(long known) {
        tail.catchUpTo(known);
        return tail.head();
    }

    /** The first events of these models after a position; fewer where they are large, none only where there are none. */
    Batch read(String tenant, AppTypes.Models models, long after, int limit) {
        if (models.isNone()) {
            return new Batch(List.of(), Math.max(after, tail.head()), false);
        }
        Tail.Page page = tail.read(tenant, models.forLog(), after, limit + 1);
        List<Event> events = page.events();
        if (events.size() <= limit) {
            return new Batch(events, page.upTo(), page.upTo() < tail.head());
        }
        List<Event> kept = List.copyOf(events.subList(0, limit));
        return new Batch(kept, kept.getLast().position(), true);
    }

    /**
     * As {@link #read}, but of each record the last event only, among as many events as ten pages hold: earlier ones are
     * passed over, as if they had been given.
     */
    Batch readLatest(String tenant, AppTypes.Models models, long after, int limit) {
        Map<RecordName, Event> latest = new LinkedHashMap<>();
        long upTo = after;
        boolean more = true;
        for (int i = 0; i < PAGES_MAX && more; i++) {
            Batch page = read(tenant, models, upTo, limit);
            for (Event event : page.events()) {
                RecordName name =
                        new RecordName(event.data().model(), event.data().recordKey());
                if (latest.remove(name) == null && latest.size() == limit) {
                    return new Batch(new ArrayList<>(latest.values()), upTo, true);
                }
                latest.put(name, event);
                upTo = event.position();
            }
            upTo = page.upTo();
            more = page.more() && !page.events().isEmpty();
        }
        return new Batch(new ArrayList<>(latest.values()), upTo, more);
    }

    /**
     * As {@link #read}, of one priority, among as many events as ten pages hold: so there may be more where there are none.
     *
     * @param priority null for every one
     */
    Batch readOfPriority(String tenant, AppTypes.Models models, @Nullable String priority, long after, int limit) {
        List<Event> wanted = new ArrayList<>();
        long upTo = after;
        boolean more = true;
        for (int i = 0; i < PAGES_MAX && more; i++) {
            Batch page = read(tenant, models, upTo, limit);
            for (Event event : page.events()) {
                if (priority == null || event.data().priority().text().equals(priority)) {
                    if (wanted.size() == limit) {
                        return new Batch(wanted, upTo, true);
                    }
                    wanted.add(event);
                }
                upTo = event.position();
            }
            upTo = page.upTo();
            more = page.more();
        }
        return new Batch(wanted, upTo, more && hasMore(tenant, models, upTo));
    }

    /** Whether anything of these models follows. */
    boolean hasMore(String tenant, AppTypes.Models models, long after) {
        return !models.isNone()
                && !tail.read(tenant, models.forLog(), after, 1).events().isEmpty();
    }

    private record RecordName(String model, String key) {}
}
