package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.Priority;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadyQueueTest {
    private final ReadyQueue queue = new ReadyQueue();

    private void add(Priority priority, int count) {
        for (int i = 0; i < count; i++) {
            EventData like = Events.event("default", "key", "{}");
            EventData data = new EventData(
                    like.tenant(),
                    like.source(),
                    like.model(),
                    like.recordId(),
                    like.recordKey(),
                    like.operation(),
                    like.eventType(),
                    priority,
                    like.category(),
                    like.occurredAt(),
                    null,
                    "{}",
                    null);
            queue.add(new Held(new DeliveryKey(1, i), new Event(i, Events.OCCURRED, data), 0, true));
        }
    }

    private List<Priority> removeAll() {
        List<Priority> all = new ArrayList<>();
        while (!queue.isEmpty()) {
            all.add(queue.remove().event().data().priority());
        }
        return all;
    }

    @Test
    void theUrgentHaveMoreTurnsAndNobodyStarves() {
        add(Priority.LOW, 100);
        add(Priority.MEDIUM, 100);
        add(Priority.HIGH, 100);

        List<Priority> first = removeAll().subList(0, 70);

        assertThat(Collections.frequency(first, Priority.HIGH)).isEqualTo(40);
        assertThat(Collections.frequency(first, Priority.MEDIUM)).isEqualTo(20);
        assertThat(Collections.frequency(first, Priority.LOW)).isEqualTo(10);
    }

    @Test
    void turnsThatNobodyNeedsGoToTheOthers() {
        add(Priority.LOW, 3);

        assertThat(removeAll()).hasSize(3);
    }

    @Test
    void thoseOfOnePriorityKeepTheirOrder() {
        add(Priority.MEDIUM, 3);

        assertThat(List.of(queue.remove(), queue.remove(), queue.remove()))
                .extracting(held -> held.key().position())
                .containsExactly(0L, 1L, 2L);
    }

    @Test
    void drainedItIsEmpty() {
        add(Priority.LOW, 2);
        add(Priority.HIGH, 1);

        assertThat(queue.drain()).hasSize(3);
        assertThat(queue.isEmpty()).isTrue();
    }
}
