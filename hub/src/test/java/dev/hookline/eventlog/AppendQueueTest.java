package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
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

    private static AppendRequest sized(String tenant, int events, int bytes) {
        return new AppendRequest(
                Collections.nCopies(events, Events.event(tenant, "k", "x".repeat(bytes / events))), null);
    }

    @Test
    void aHundredTenantsFillItToItsBoundsAndNoFurther() {
        AppendQueue<Integer> small = new AppendQueue<>(1_000, 1 << 20);
        Set<String> in = new HashSet<>();
        for (int round = 0; round < 100; round++) {
            for (int tenant = 0; tenant < 100; tenant++) {
                if (small.offer(sized("t" + tenant, 1 + tenant % 3, 3_000), 0)) {
                    in.add("t" + tenant);
                }
                assertThat(small.events()).isLessThanOrEqualTo(1_000);
                assertThat(small.bytes()).isLessThanOrEqualTo(1 << 20);
            }
        }

        assertThat(in).hasSize(100);
        while (!small.isEmpty()) {
            small.take(50, 1 << 20);
        }
        assertThat(small.events()).isZero();
        assertThat(small.bytes()).isZero();
    }

    @Test
    void whoComesFirstIsBoundedToo() {
        AppendQueue<Integer> small = new AppendQueue<>(1_000, 64_000);
        long taken = IntStream.range(0, 100)
                .filter(tenant -> small.offer(sized("t" + tenant, 1, 16_000), 0))
                .count();

        assertThat(taken).isEqualTo(small.bytes() / 16_000).isBetween(3L, 4L);
        assertThat(small.bytes()).isLessThanOrEqualTo(64_000);
    }

    @Test
    void besideTenantsThatFloodNewcomersGetIn() {
        AppendQueue<Integer> small = new AppendQueue<>(1_000, 1 << 20);
        boolean grew = true;
        while (grew) {
            grew = false;
            for (int flood = 0; flood < 10; flood++) {
                grew |= small.offer(request("flood" + flood, "k"), 0);
            }
        }
        assertThat(small.events()).isBetween(700, 750);

        for (int tenant = 0; tenant < 100; tenant++) {
            assertThat(small.offer(request("new" + tenant, "k"), 0)).isTrue();
        }
    }

    @Test
    void aRequestLargerThanABatchGoesAlone() {
        queue.offer(new AppendRequest(Collections.nCopies(5, Events.event("a", "big", "{}")), null), 0);
        queue.offer(request("a", "small"), 0);

        assertThat(queue.take(3, 1 << 20)).hasSize(1);
        assertThat(queue.take(3, 1 << 20)).hasSize(1);
    }
}
