package dev.hookline.live;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.RecordNumbers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of records that pushes promise (decision 9). Those that the events do not say are asked for away from the event
 * loop, by one statement at a time for all clients that wait, and remembered for a while. Lives on one event loop.
 */
final class PushNumbers {
    private static final int REMEMBERED_MAX = 4_096;

    /** A client that waits for the numbers of these events, all of one tenant. */
    private record Waiting(
            String tenant, List<Event> events, Consumer<Map<Long, Long>> then, Consumer<RuntimeException> failed) {}

    private final RecordNumbers numbers;
    private final CursorLoop cursors;
    private final List<Waiting> waiting = new ArrayList<>();
    private boolean asking;

    /** By position; the one that was added first goes first. */
    private final Map<Long, Long> remembered = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    PushNumbers(RecordNumbers numbers, CursorLoop cursors) {
        this.numbers = numbers;
        this.cursors = cursors;
    }

    /** The number of an event's record, 0 where there is no record; null where it has to be asked for. */
    @Nullable
    Long known(Event event) {
        Long own = RecordNumbers.own(event.data());
        return own == null ? remembered.get(event.position()) : own;
    }

    /** Finds out the numbers of a tenant's events, by position, and goes on on the loop. */
    void ask(String tenant, List<Event> events, Consumer<Map<Long, Long>> then, Consumer<RuntimeException> failed) {
        waiting.add(new Waiting(tenant, events, then, failed));
        if (!asking) {
            askForAll();
        }
    }

    private void askForAll() {
        asking = !waiting.isEmpty();
        if (!asking) {
            return;
        }
        List<Waiting> all = List.copyOf(waiting);
        waiting.clear();
        Map<String, Map<Long, Event>> wanted = new HashMap<>();
        for (Waiting one : all) {
            Map<Long, Event> ofTenant = wanted.computeIfAbsent(one.tenant, _ -> new HashMap<>());
            one.events.forEach(event -> ofTenant.put(event.position(), event));
        }
        cursors.readTable(
                () -> find(wanted),
                found -> {
                    remembered.putAll(found);
                    all.forEach(one -> one.then.accept(found));
                    askForAll();
                },
                failure -> {
                    all.forEach(one -> one.failed.accept(failure));
                    askForAll();
                });
    }

    private Map<Long, Long> find(Map<String, Map<Long, Event>> wanted) {
        Map<Long, Long> found = new HashMap<>();
        wanted.forEach((tenant, events) -> found.putAll(numbers.of(tenant, List.copyOf(events.values()))));
        return found;
    }
}
