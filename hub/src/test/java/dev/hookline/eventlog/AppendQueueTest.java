package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AppendQueueTest {
    private final AppendQueue<Integer> queue = new AppendQueue<>(12, 1 << 20);

    private List<String> take(int events) {
        return queue.take(events, 1 << 20).stream()
                .map(entry -> entry.request().tenant()
                        + entry.request().events().getFirst().recordKey())
                .toList();
    }

    @Test
    void tenantsAreServedInTurn() {
        for (String key : List.of("1", "2", "3")) {
            queue.offer(request("a", key), 0);
        }
        queue.offer(request("b", "1"), 0);

        assertThat(take(3)).containsExactly("a1", "b1", "a2");
        assertThat(take(3)).containsExactly("a3");
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aTenantThatFloodsLeavesRoomForTheNext() {
        int accepted = 0;
        while (queue.offer(request("flood", "k"), 0)) {
            accepted++;
        }

        assertThat(accepted).isEqualTo(6);
        assertThat(queue.offer(request("quiet", "k"), 0)).isTrue();
        assertThat(queue.offer(request("other", "k"), 0)).isTrue();
        assertThat(queue.events()).isEqualTo(8);
    }

    @Test
    void aRequestLargerThanABatchGoesAlone() {
        queue.offer(new AppendRequest(java.util.Collections.nCopies(5, Events.event("a", "big", "{}")), null), 0);
        queue.offer(request("a", "small"), 0);

        assertThat(queue.take(3, 1 << 20)).hasSize(1);
        assertThat(queue.take(3, 1 << 20)).hasSize(1);
    }
}
