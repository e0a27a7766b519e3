package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.kernel.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TailTest {
    private final MemoryEventLog log = new MemoryEventLog(Time.system(), List.of());

    private List<Event> append(String tenant, int count) {
        return ((CommitOutcome.Committed) log.append(requests(tenant, count))).events();
    }

    private static List<Long> positions(Tail.Page page) {
        return page.events().stream().map(Event::position).toList();
    }

    @Test
    void showsWhatIsOffered() {
        Tail tail = new Tail(log, 1 << 20);
        tail.offer(append("default", 3));

        assertThat(tail.head()).isEqualTo(3);
        assertThat(positions(tail.peek("default", 1, 10))).containsExactly(2L, 3L);
    }

    @Test
    void hidesWhatLiesBeyondAGapUntilItWasRead() {
        Tail tail = new Tail(log, 1 << 20);
        tail.offer(append("default", 1));
        append("elsewhere", 2);
        tail.offer(append("default", 1));

        assertThat(tail.head()).isEqualTo(1);
        tail.catchUp();

        assertThat(tail.head()).isEqualTo(4);
        assertThat(positions(tail.peek(null, 0, 10))).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void theSameEventTwiceIsShownOnce() {
        Tail tail = new Tail(log, 1 << 20);
        List<Event> events = append("default", 2);
        tail.offer(events);
        tail.offer(events);

        assertThat(positions(tail.peek(null, 0, 10))).containsExactly(1L, 2L);
    }

    @Test
    void aReaderSkipsOverTheEventsOfOthers() {
        Tail tail = new Tail(log, 1 << 20);
        tail.offer(append("a", 1));
        tail.offer(append("b", 5));

        Tail.Page page = tail.peek("a", 0, 10);

        assertThat(positions(page)).containsExactly(1L);
        assertThat(page.upTo()).isEqualTo(6);
    }

    @Test
    void aPageEndsAtItsLimit() {
        Tail tail = new Tail(log, 1 << 20);
        tail.offer(append("a", 10));

        Tail.Page page = tail.peek("a", 0, 4);

        assertThat(page.upTo()).isEqualTo(4);
        assertThat(positions(tail.peek("a", page.upTo(), 4))).containsExactly(5L, 6L, 7L, 8L);
    }

    @Test
    void whatLeftTheMemoryComesFromTheTable() {
        Tail tail = new Tail(log, 3_000);
        for (int i = 0; i < 2_000; i++) {
            tail.offer(append("a", 1));
        }

        assertThat(tail.peek("a", 0, 10)).isNull();
        assertThat(positions(tail.read("a", 0, 3))).containsExactly(1L, 2L, 3L);
        assertThat(tail.read("other", 0, 3).upTo()).isEqualTo(2_000);
        assertThat(positions(tail.peek("a", 1_998, 10))).containsExactly(1_999L, 2_000L);
    }

    @Test
    void aPageFromTheTableIsNoLargerThanOneFromMemory() {
        Tail tail = new Tail(log, 3_000);
        String large = "\"" + "x".repeat(300_000) + "\"";
        for (int i = 0; i < 10; i++) {
            log.append(List.of(AppendRequest.of(Events.event("a", "k", large))));
        }
        tail.catchUp();

        assertThat(positions(tail.read("a", 0, 10))).containsExactly(1L, 2L, 3L, 4L);
        assertThat(positions(tail.read(null, 0, 10))).containsExactly(1L, 2L, 3L, 4L);
        assertThat(positions(tail.read("a", Set.of(), 4, 10, 256 << 10))).containsExactly(5L);
    }

    @Test
    void keepsOrderWhileItGrows() {
        Tail tail = new Tail(log, 64 << 20);
        tail.offer(append("a", 5_000));

        List<Long> seen = new ArrayList<>();
        long after = 0;
        while (after < tail.head()) {
            Tail.Page page = tail.peek("a", after, 777);
            seen.addAll(positions(page));
            after = page.upTo();
        }
        assertThat(seen).hasSize(5_000).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void listenersHearOfNewEventsOnly() {
        Tail tail = new Tail(log, 1 << 20);
        int[] heard = new int[1];
        tail.onAppend(() -> heard[0]++);
        List<Event> events = append("a", 2);
        tail.offer(events);
        tail.offer(events);
        tail.offer(List.of());

        assertThat(heard[0]).isEqualTo(1);
    }
}
