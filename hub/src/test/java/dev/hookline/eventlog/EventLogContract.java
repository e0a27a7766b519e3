package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.keyed;
import static dev.hookline.eventlog.Events.request;
import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.eventlog.AppendResult.Appended;
import dev.hookline.eventlog.AppendResult.Duplicate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every log has to do: the promises of {@code package-info}, and what {@link EventLog} says. */
abstract class EventLogContract {
    static final Duration KEYS_KEPT = Duration.ofDays(7);

    /** A log on the one store of this test. Called again, another node's log on the same store. */
    abstract EventLog open(List<AppendParticipant> participants, Duration keysKept);

    EventLog open(List<AppendParticipant> participants) {
        return open(participants, KEYS_KEPT);
    }

    EventLog open() {
        return open(List.of());
    }

    static CommitOutcome.Committed commit(EventLog log, List<AppendRequest> batch) {
        CommitOutcome outcome = log.append(batch);
        assertThat(outcome).isInstanceOf(CommitOutcome.Committed.class);
        return (CommitOutcome.Committed) outcome;
    }

    static CommitOutcome.Committed commit(EventLog log, AppendRequest... batch) {
        return commit(log, List.of(batch));
    }

    @Test
    void startsEmpty() {
        EventLog log = open();

        assertThat(log.head()).isZero();
        assertThat(log.oldest()).isEqualTo(1);
        assertThat(log.read(0, 10)).isEmpty();
    }

    @Test
    void positionsStartAtOneAndHaveNoGap() {
        EventLog log = open();

        var first = commit(log, requests("default", 3));
        var second = commit(log, requests("default", 2));

        assertThat(first.results()).containsExactly(new Appended(1, 1), new Appended(2, 1), new Appended(3, 1));
        assertThat(second.results()).containsExactly(new Appended(4, 1), new Appended(5, 1));
        assertThat(log.head()).isEqualTo(5);
    }

    @Test
    void readsBackWhatWasCommitted() {
        EventLog log = open();
        EventData data = new EventData(
                "default",
                "test",
                "sale.order",
                42L,
                "42",
                Operation.CREATE,
                "sales_order.created",
                Priority.HIGH,
                "system",
                Events.OCCURRED,
                List.of("state", "amount \"total\""),
                "{\"name\": \"SO \\\"1\\\" ünïcode \uD83D\uDE00\", \"amount\": 600.00}",
                null);

        var committed = commit(log, AppendRequest.of(data));

        Event stored = log.read(0, 10).getFirst();
        assertThat(stored.position()).isEqualTo(1);
        assertThat(stored.receivedAt()).isEqualTo(committed.events().getFirst().receivedAt());
        assertThat(stored.data())
                .usingRecursiveComparison()
                .ignoringFields("payload")
                .isEqualTo(data);
        assertThat(dev.hookline.kernel.Json.read(stored.data().payload()))
                .isEqualTo(dev.hookline.kernel.Json.read(data.payload()));
    }

    @Test
    void aRequestOfSeveralEventsTakesNeighbouringPositions() {
        EventLog log = open();

        var committed = commit(log, keyed("a", "k1", "k2", "k3"), request("default", "k4"));

        assertThat(committed.results()).containsExactly(new Appended(1, 3), new Appended(4, 1));
        assertThat(log.read(0, 10))
                .extracting(event -> event.data().recordKey())
                .containsExactly("k1", "k2", "k3", "k4");
    }

    @Test
    void receivedAtNeverFalls() {
        EventLog log = open();
        for (int i = 0; i < 20; i++) {
            commit(log, requests("default", 2));
        }

        assertThat(log.read(0, 100)).extracting(Event::receivedAt).isSorted();
    }

    @Test
    void readsOnePageAfterAPosition() {
        EventLog log = open();
        commit(log, requests("default", 10));

        assertThat(log.read(3, 4)).extracting(Event::position).containsExactly(4L, 5L, 6L, 7L);
        assertThat(log.read(9, 4)).extracting(Event::position).containsExactly(10L);
        assertThat(log.read(10, 4)).isEmpty();
    }

    @Test
    void aPageEndsWithTheEventThatReachesItsBytes() {
        EventLog log = open();
        commit(log, requests("default", 100));
        int each = log.read(0, 1).getFirst().data().bytes();

        assertThat(log.read(0, 100, 1)).hasSize(1);
        assertThat(log.read(0, 100, 3L * each)).hasSizeBetween(3, 4);
        assertThat(log.read("default", Set.of(), 0, 100, 1)).hasSize(1);
        assertThat(positions(log.read("default", Set.of("booking"), 40, 100, 2L * each)))
                .startsWith(41L, 42L)
                .hasSizeBetween(2, 3);
    }

    @Test
    void readsOnlyTheTenantsOwn() {
        EventLog log = open();
        commit(log, request("a", "k1"), request("b", "k2"), request("a", "k3"));

        assertThat(log.read("a", 0, 10)).extracting(Event::position).containsExactly(1L, 3L);
        assertThat(log.read("b", 0, 10)).extracting(Event::position).containsExactly(2L);
        assertThat(log.read("c", 0, 10)).isEmpty();
    }

    private static List<Long> positions(List<Event> events) {
        return events.stream().map(Event::position).toList();
    }

    @Test
    void readsOnlyTheModelsAskedFor() {
        EventLog log = open();
        commit(log, Events.ofModels("a", "b", "c", "a", "b", "c", "a"));
        commit(log, request("other", "k"));

        assertThat(positions(log.read("default", Set.of("a"), 0, 10))).containsExactly(1L, 4L, 7L);
        assertThat(positions(log.read("default", Set.of("a", "c"), 1, 10))).containsExactly(3L, 4L, 6L, 7L);
        assertThat(positions(log.read("default", Set.of("a", "c"), 1, 3))).containsExactly(3L, 4L, 6L);
        assertThat(positions(log.read("default", Set.of("a", "none"), 6, 3))).containsExactly(7L);
        assertThat(positions(log.read("default", Set.of(), 5, 10))).containsExactly(6L, 7L);
        assertThat(log.read("default", Set.of("none"), 0, 10)).isEmpty();
        assertThat(log.read("other", Set.of("a", "b", "c"), 0, 10)).isEmpty();
    }

    @Test
    void readsBackwardsFromTheNewest() {
        EventLog log = open();
        commit(log, Events.ofModels("a", "b", "c", "a", "b", "c", "a"));
        commit(log, request("other", "k"));

        assertThat(positions(log.readBackwards("default", Set.of(), 0, Long.MAX_VALUE, 3)))
                .containsExactly(7L, 6L, 5L);
        assertThat(positions(log.readBackwards("default", Set.of("a", "b"), 0, Long.MAX_VALUE, 4)))
                .containsExactly(7L, 5L, 4L, 2L);
        assertThat(positions(log.readBackwards("default", Set.of("a", "b"), 1, 5, 10)))
                .containsExactly(4L, 2L);
        assertThat(positions(log.readBackwards("default", Set.of(), 2, 4, 10))).containsExactly(3L);
        assertThat(log.readBackwards("default", Set.of("none"), 0, Long.MAX_VALUE, 10))
                .isEmpty();
    }

    @Test
    void aTimeIsThePositionOfTheFirstEventReceivedThenOrLater() {
        EventLog log = open();
        assertThat(log.firstSince(Events.OCCURRED)).isEqualTo(1);
        for (int batch = 1; batch <= 9; batch++) {
            commit(log, requests("default", batch));
        }
        List<Event> all = log.read(0, 100);

        for (Event event : all) {
            for (long nanos : List.of(-1_000L, -1L, 0L, 1L, 1_000L)) {
                Instant instant = event.receivedAt().plusNanos(nanos);
                long expected = all.stream()
                        .filter(other -> !other.receivedAt().isBefore(instant))
                        .findFirst()
                        .map(Event::position)
                        .orElse(46L);
                assertThat(log.firstSince(instant)).isEqualTo(expected);
            }
        }
        assertThat(log.firstSince(Instant.EPOCH)).isEqualTo(1);
        assertThat(log.firstSince(Instant.MIN)).isEqualTo(1);
        assertThat(log.firstSince(Instant.MAX)).isEqualTo(46);
    }

    @Test
    void whatATenantHidesIsGoneFromItsOwnReadsOnly() {
        EventLog log = open();
        commit(log, request("a", "k1"), request("b", "k2"), request("a", "k3"), request("a", "k4"));

        assertThat(log.hide("a", 3)).isEqualTo(2);

        assertThat(log.hiddenUpTo("a")).isEqualTo(3);
        assertThat(log.oldest("a")).isEqualTo(4);
        assertThat(positions(log.read("a", 0, 10))).containsExactly(4L);
        assertThat(positions(log.read("a", Set.of("booking"), 0, 10))).containsExactly(4L);
        assertThat(positions(log.readBackwards("a", Set.of(), 0, Long.MAX_VALUE, 10)))
                .containsExactly(4L);
        assertThat(positions(log.read("b", 0, 10))).containsExactly(2L);
        assertThat(log.oldest("b")).isEqualTo(1);
        assertThat(positions(log.read(0, 10))).containsExactly(1L, 2L, 3L, 4L);
        assertThat(positions(log.find(Set.of(1L, 4L)))).containsExactly(1L, 4L);
    }

    @Test
    void hidingCountsEachEventOnceAndNeverGoesBack() {
        EventLog log = open();
        commit(log, requests("a", 10));

        assertThat(log.hide("a", 4)).isEqualTo(4);
        assertThat(log.hide("a", 4)).isZero();
        assertThat(log.hide("a", 2)).isZero();
        assertThat(log.hiddenUpTo("a")).isEqualTo(4);
        assertThat(log.hide("a", 7)).isEqualTo(3);
        assertThat(log.hide("none", 7)).isZero();
    }

    @Test
    void hidingReachesTheHeadAtMost() {
        EventLog log = open();
        commit(log, requests("a", 2));

        assertThat(log.hide("a", Long.MAX_VALUE)).isEqualTo(2);
        commit(log, requests("a", 1));

        assertThat(log.oldest("a")).isEqualTo(3);
        assertThat(positions(log.read("a", 0, 10))).containsExactly(3L);
    }

    @Test
    void aKeyCountsUntilItIsRemovedAfterItsTime() {
        EventLog log = open(List.of(), Duration.ZERO);
        commit(log, keyed("a", "k1"), keyed("b", "k2"));

        assertThat(commit(log, keyed("a", "k1")).results()).containsExactly(new Duplicate(1, 1));
        assertThat(log.forgetKeys(100)).isEqualTo(2);

        assertThat(commit(log, keyed("a", "k1"), keyed("b", "k2")).results())
                .containsExactly(new Appended(3, 1), new Appended(4, 1));
    }

    @Test
    void aKeyIsNotRemovedBeforeItsTime() {
        EventLog log = open();
        commit(log, keyed("a", "k1"));

        assertThat(log.forgetKeys(100)).isZero();

        assertThat(commit(log, keyed("a", "k1")).results()).containsExactly(new Duplicate(1, 1));
    }

    @Test
    void keysAreRemovedAFewAtATimeTheOldestFirst() {
        EventLog log = open(List.of(), Duration.ZERO);
        commit(log, keyed("a", "k1"));
        commit(log, keyed("b", "k2"));
        commit(log, keyed("c", "k3"));

        assertThat(log.forgetKeys(2)).isEqualTo(2);

        assertThat(commit(log, keyed("c", "k3")).results()).containsExactly(new Duplicate(3, 1));
        assertThat(commit(log, keyed("a", "k1")).results()).containsExactly(new Appended(4, 1));
    }

    @Test
    void aRepeatedKeyGetsTheFirstAnswer() {
        EventLog log = open();
        commit(log, request("default", "k0"));
        commit(log, keyed("a", "k1", "k2"));

        var again = commit(log, keyed("a", "other"), keyed("b", "k3"));

        assertThat(again.results()).containsExactly(new Duplicate(2, 2), new Appended(4, 1));
        assertThat(log.head()).isEqualTo(4);
    }

    @Test
    void aKeyRepeatedWithinABatchCountsOnce() {
        EventLog log = open();

        var committed = commit(log, keyed("a", "k1"), keyed("a", "k2"), keyed("b", "k3"), keyed("a", "k4"));

        assertThat(committed.results())
                .containsExactly(new Appended(1, 1), new Duplicate(1, 1), new Appended(2, 1), new Duplicate(1, 1));
        assertThat(committed.events()).extracting(Event::position).containsExactly(1L, 2L);
    }

    @Test
    void aBatchOfDuplicatesAppendsNothing() {
        EventLog log = open();
        commit(log, keyed("a", "k1"));

        var again = commit(log, keyed("a", "k1"), keyed("a", "k1"));

        assertThat(again.results()).containsExactly(new Duplicate(1, 1), new Duplicate(1, 1));
        assertThat(again.events()).isEmpty();
        assertThat(log.head()).isEqualTo(1);
    }

    @Test
    void keysOfTenantsAndSourcesAreTheirOwn() {
        EventLog log = open();
        AppendRequest a = new AppendRequest(List.of(Events.event("a", "k", "{}")), "same");
        AppendRequest b = new AppendRequest(List.of(Events.event("b", "k", "{}")), "same");

        assertThat(commit(log, a, b).results()).containsExactly(new Appended(1, 1), new Appended(2, 1));
    }

    @Test
    void aParticipantThatFailsFailsTheWholeAppend() {
        EventLog log = open(List.of((tx, events) -> {
            if (events.stream().anyMatch(event -> event.recordKey().equals("bad"))) {
                throw new TxException(new java.sql.SQLException("refused", "22000"));
            }
        }));
        commit(log, request("default", "good"));

        assertThat(appendOrThrow(log, List.of(keyed("key", "good", "bad"), request("default", "good"))))
                .isNotInstanceOf(CommitOutcome.Committed.class);

        assertThat(log.head()).isEqualTo(1);
        assertThat(commit(log, keyed("key", "good")).results()).containsExactly(new Appended(2, 1));
    }

    private static CommitOutcome appendOrThrow(EventLog log, List<AppendRequest> batch) {
        return log.append(batch);
    }

    @Test
    void twoNodesShareOneLogWithoutGapsOrDoubles() throws Exception {
        int batches = 40;
        try (var threads = Executors.newFixedThreadPool(2)) {
            List<Future<List<AppendResult>>> nodes = new ArrayList<>();
            for (int node = 0; node < 2; node++) {
                EventLog log = open();
                Callable<List<AppendResult>> writes = () -> {
                    List<AppendResult> results = new ArrayList<>();
                    for (int i = 0; i < batches; i++) {
                        results.addAll(commit(log, keyed("shared-" + i, "a", "b"), request("default", "own"))
                                .results());
                    }
                    return results;
                };
                nodes.add(threads.submit(writes));
            }
            List<AppendResult> all = new ArrayList<>();
            for (Future<List<AppendResult>> node : nodes) {
                all.addAll(node.get());
            }
            EventLog log = open();
            long expected = batches * 2L + batches * 2L;
            assertThat(log.head()).isEqualTo(expected);
            assertThat(log.read(0, 1_000))
                    .extracting(Event::position)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, expected).boxed().toList());
            assertThat(all.stream().filter(Duplicate.class::isInstance)).hasSize(batches);
        }
    }

    @Test
    void anEmptyRequestIsNotMade() {
        assertThatThrownBy(() -> new AppendRequest(List.of(), null)).isInstanceOf(IllegalArgumentException.class);
    }
}
