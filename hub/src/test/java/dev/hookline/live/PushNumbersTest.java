package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.MemoryEventLog;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PushNumbersTest {
    /** What each look-up was asked for. */
    private final List<Collection<RecordNumbers.Name>> lookUps = new CopyOnWriteArrayList<>();

    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private Vertx vertx;
    private Context loop;
    private PushNumbers numbers;

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        loop = vertx.getOrCreateContext();
        Tail tail = new Tail(new MemoryEventLog(Time.system(), List.of()), 1 << 20);
        CursorLoop cursors = new CursorLoop(vertx, task -> loop.runOnContext(_ -> task.run()), tail);
        numbers = new PushNumbers(this::kept, cursors);
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    private Map<RecordNumbers.Name, Long> kept(String tenant, Collection<RecordNumbers.Name> names) {
        try {
            mayAnswer.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        lookUps.add(names);
        Map<RecordNumbers.Name, Long> kept = new HashMap<>();
        names.stream()
                .filter(name -> !name.key().equals("gone"))
                .forEach(name -> kept.put(name, 1_000L + name.key().length()));
        return kept;
    }

    private static Event event(long position, String key) {
        return new Event(position, Events.OCCURRED, Events.event("t", key, "{}"));
    }

    private CompletableFuture<Map<Long, Long>> ask(Event... events) {
        CompletableFuture<Map<Long, Long>> found = new CompletableFuture<>();
        loop.runOnContext(_ -> numbers.ask("t", List.of(events), found::complete, found::completeExceptionally));
        return found;
    }

    @Test
    void whatTheEventsSayIsNotAskedFor() {
        assertThat(numbers.known(event(1, "17"))).isEqualTo(17);
        assertThat(numbers.known(event(2, "BK"))).isNull();
    }

    @Test
    void allWhoWaitAreAnsweredByOneLookUpAndTheAnswerIsRemembered() throws Exception {
        CompletableFuture<Map<Long, Long>> first = ask(event(1, "BK"));
        List<CompletableFuture<Map<Long, Long>>> later = IntStream.range(0, 50)
                .mapToObj(_ -> ask(event(1, "BK"), event(2, "BKX"), event(3, "gone")))
                .toList();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        loop.runOnContext(_ -> asked.complete(null));
        asked.get(10, TimeUnit.SECONDS);
        mayAnswer.countDown();

        assertThat(first.get(10, TimeUnit.SECONDS)).containsExactly(Map.entry(1L, 1_002L));
        for (CompletableFuture<Map<Long, Long>> one : later) {
            assertThat(one.get(10, TimeUnit.SECONDS))
                    .containsOnly(Map.entry(1L, 1_002L), Map.entry(2L, 1_003L), Map.entry(3L, 0L));
        }
        assertThat(lookUps).hasSize(2);
        CompletableFuture<Long> remembered = new CompletableFuture<>();
        loop.runOnContext(_ -> remembered.complete(numbers.known(event(2, "BKX"))));
        assertThat(remembered.get(10, TimeUnit.SECONDS)).isEqualTo(1_003);
    }
}
