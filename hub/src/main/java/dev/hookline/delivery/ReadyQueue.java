package dev.hookline.delivery;

import dev.hookline.eventlog.Priority;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What may be sent of one subscription: of seven turns four are of high priority, two of medium, one of low. */
final class ReadyQueue {
    private static final Priority[] TURNS = {
        Priority.HIGH, Priority.MEDIUM, Priority.HIGH, Priority.LOW, Priority.HIGH, Priority.MEDIUM, Priority.HIGH
    };

    private final Map<Priority, ArrayDeque<Held>> queues = new EnumMap<>(Priority.class);
    private int size;
    private int turn;

    void add(Held item) {
        queue(item.event().data().priority()).add(item);
        size++;
    }

    private ArrayDeque<Held> queue(Priority priority) {
        return queues.computeIfAbsent(priority, _ -> new ArrayDeque<>());
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The next one; those of one priority in the order they came. There must be one. */
    Held remove() {
        while (queue(TURNS[turn]).isEmpty()) {
            turn = (turn + 1) % TURNS.length;
        }
        Held next = queue(TURNS[turn]).remove();
        turn = (turn + 1) % TURNS.length;
        size--;
        return next;
    }

    /** Takes all out. */
    List<Held> drain() {
        List<Held> all = new ArrayList<>();
        queues.values().forEach(queue -> {
            all.addAll(queue);
            queue.clear();
        });
        size = 0;
        return all;
    }
}
