package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.keyed;
import static dev.hookline.eventlog.Events.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.AppendResult.Appended;
import dev.hookline.eventlog.AppendResult.Refused;
import dev.hookline.eventlog.AppendResult.Unavailable;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CommitterTest {
    private final MemoryEventLog memory = new MemoryEventLog(Time.system(), List.of());
    private final List<AppendResult> results = new ArrayList<>();
    private final Committer.Settings settings = new Committer.Settings(100, 1 << 20, 10, 1 << 20);

    /** A log that misbehaves as a test says. */
    private final class Faulty implements EventLog {
        private final Function<List<AppendRequest>, @Nullable CommitOutcome> fault;
        private final Supplier<CommitOutcome> settled;
        private final List<Integer> batches = new ArrayList<>();

        Faulty(Function<List<AppendRequest>, @Nullable CommitOutcome> fault, Supplier<CommitOutcome> settled) {
            this.fault = fault;
            this.settled = settled;
        }

        @Override
        public CommitOutcome append(List<AppendRequest> batch) {
            batches.add(batch.size());
            CommitOutcome outcome = fault.apply(batch);
            return outcome == null ? memory.append(batch) : outcome;
        }

        @Override
        public CommitOutcome settle(CommitOutcome.Unknown unknown) {
            return settled.get();
        }

        @Override
        public long head() {
            return memory.head();
        }

        @Override
        public long oldest() {
            return memory.oldest();
        }

        @Override
        public List<Event> find(Set<Long> positions) {
            return memory.find(positions);
        }

        @Override
        public List<Event> read(long after, int limit, long bytesMax) {
            return memory.read(after, limit, bytesMax);
        }

        @Override
        public List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
            return memory.read(tenant, models, after, limit, bytesMax);
        }

        @Override
        public List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit) {
            return memory.readBackwards(tenant, models, after, before, limit);
        }

        @Override
        public long firstSince(Instant instant) {
            return memory.firstSince(instant);
        }

        @Override
        public long hiddenUpTo(String tenant) {
            return memory.hiddenUpTo(tenant);
        }

        @Override
        public long hide(String tenant, long upTo) {
            return memory.hide(tenant, upTo);
        }

        @Override
        public int forgetKeys(int atMost) {
            return memory.forgetKeys(atMost);
        }
    }

    private Committer committer(EventLog log) {
        return committer(log, Time.system());
    }

    private Committer committer(EventLog log, Time time) {
        return new Committer(log, new Tail(log, 1 << 20), time, settings);
    }

    private void submit(Committer committer, AppendRequest request) {
        committer.submit(request, Runnable::run, results::add);
    }

    private static void drain(Committer committer) {
        while (committer.step() == Committer.Step.WORKED) {}
    }

    @Test
    void whatGatheredIsCommittedAsOneBatch() {
        Faulty log = new Faulty(batch -> null, () -> null);
        Committer committer = committer(log);
        for (int i = 0; i < 25; i++) {
            submit(committer, request("default", "k" + i));
        }

        drain(committer);

        assertThat(log.batches).containsExactly(10, 10, 5);
        assertThat(results).hasSize(25).first().isEqualTo(new Appended(1, 1));
    }

    @Test
    void nothingIsAnsweredBeforeTheCommit() {
        Committer committer = committer(memory);

        submit(committer, request("default", "k"));

        assertThat(results).isEmpty();
        committer.step();
        assertThat(results).containsExactly(new Appended(1, 1));
    }

    @Test
    void oneBadRequestNeverFailsItsNeighbours() {
        Faulty log = new Faulty(
                batch -> batch.stream()
                                .anyMatch(request ->
                                        request.events().getFirst().recordKey().startsWith("bad"))
                        ? new CommitOutcome.BadData("no")
                        : null,
                () -> null);
        Committer committer = committer(log);
        for (String key : List.of("k0", "bad1", "k2", "k3", "k4", "bad5", "k6")) {
            submit(committer, request("default", key));
        }

        drain(committer);

        assertThat(results)
                .containsExactly(
                        new Appended(1, 1),
                        new Refused("no"),
                        new Appended(2, 1),
                        new Appended(3, 1),
                        new Appended(4, 1),
                        new Refused("no"),
                        new Appended(5, 1));
    }

    @Test
    void anUnknownCommitIsSettledBeforeItIsAnswered() {
        CommitOutcome.Unknown unknown = new CommitOutcome.Unknown("7");
        List<CommitOutcome> answers = new ArrayList<>(List.of(unknown));
        Faulty log = new Faulty(
                batch -> {
                    answers.add(memory.append(batch));
                    return unknown;
                },
                () -> answers.removeFirst());
        Committer committer = committer(log);
        submit(committer, request("default", "k"));

        assertThat(committer.step()).isEqualTo(Committer.Step.WAITING);
        assertThat(results).isEmpty();
        assertThat(committer.step()).isEqualTo(Committer.Step.WAITING);
        assertThat(results).isEmpty();
        assertThat(committer.step()).isEqualTo(Committer.Step.WORKED);
        assertThat(results).containsExactly(new Appended(1, 1));
    }

    @Test
    void whoWaitsBehindALogThatDoesNotAnswerIsToldToComeAgain() {
        FakeTime time = new FakeTime();
        CommitOutcome.Committed committed = new CommitOutcome.Committed(List.of(new Appended(1, 1)), memory.read(0, 1));
        CommitOutcome.Unknown unknown = new CommitOutcome.Unknown("7");
        Committer committer = committer(
                new Faulty(
                        batch -> unknown,
                        () -> time.nanos < Duration.ofSeconds(9).toNanos() ? unknown : committed),
                time);
        submit(committer, request("default", "doubtful"));
        committer.step();
        submit(committer, request("default", "waits"));
        committer.step();
        assertThat(results).isEmpty();

        time.nanos = Duration.ofSeconds(6).toNanos();
        committer.step();

        assertThat(results).singleElement().isInstanceOf(Unavailable.class);
        time.nanos = Duration.ofSeconds(9).toNanos();
        committer.step();
        assertThat(results).hasSize(2).last().isEqualTo(new Appended(1, 1));
    }

    /** Stands still until it is set. */
    private static final class FakeTime implements Time {
        private long nanos;

        @Override
        public Instant now() {
            return Instant.EPOCH.plusNanos(nanos);
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    @Test
    void aDatabaseThatIsGoneIsAnsweredUnavailable() {
        Committer committer = committer(new Faulty(batch -> new CommitOutcome.Failed("gone"), () -> null));
        submit(committer, request("default", "k"));

        drain(committer);

        assertThat(results).containsExactly(new Unavailable("gone"));
    }

    @Test
    void aBugInTheStorageCostsTheBatchAndNotTheCommitter() {
        Committer committer = committer(new Faulty(
                batch -> {
                    if (batch.getFirst().events().getFirst().recordKey().equals("bug")) {
                        throw new IllegalStateException("bug");
                    }
                    return null;
                },
                () -> null));
        submit(committer, request("default", "bug"));
        drain(committer);
        submit(committer, request("default", "k"));
        drain(committer);

        assertThat(results.getFirst()).isInstanceOf(Unavailable.class);
        assertThat(results.getLast()).isEqualTo(new Appended(1, 1));
    }

    @Test
    void whatIsNotForeseenEndsItTellsTheHubAndLeavesNobodyWaitingInTheQueue() throws InterruptedException {
        AtomicReference<Throwable> told = new AtomicReference<>();
        Error fault = new OutOfMemoryError("for a test");
        EventLog log = new Faulty(
                batch -> {
                    throw fault;
                },
                () -> null);
        Committer committer = new Committer(log, new Tail(log, 1 << 20), Time.system(), settings, told::set);
        for (int i = 0; i < 25; i++) {
            submit(committer, request("default", "k" + i));
        }
        assertThat(committer.isDead()).isFalse();

        Thread driver = Thread.ofPlatform().start(committer);
        driver.join();

        assertThat(told.get()).isSameAs(fault);
        assertThat(committer.isDead()).isTrue();
        assertThat(results).hasSize(15).allMatch(Unavailable.class::isInstance);
        submit(committer, request("default", "late"));
        assertThat(results).hasSize(16).last().isInstanceOf(Unavailable.class);
    }

    @Test
    void settlingThatFailsInTheHubItselfEndsItToo() throws InterruptedException {
        AtomicReference<Throwable> told = new AtomicReference<>();
        EventLog log = new Faulty(batch -> new CommitOutcome.Unknown("7"), () -> {
            throw new IllegalStateException("bug");
        });
        Committer committer = new Committer(log, new Tail(log, 1 << 20), Time.system(), settings, told::set);
        submit(committer, request("default", "k"));

        Thread driver = Thread.ofPlatform().start(committer);
        driver.join();

        assertThat(told.get()).hasMessage("bug");
        assertThat(results).isEmpty();
    }

    @Test
    void callersWhoseExecutorHasEndedCostNobodyElseTheAnswer() {
        Committer committer = committer(memory);
        Executor ended = _ -> {
            throw new RejectedExecutionException("ended");
        };
        committer.submit(request("default", "k1"), ended, results::add);
        submit(committer, request("default", "k2"));

        drain(committer);

        assertThat(results).containsExactly(new Appended(2, 1));
    }

    @Test
    void aFullQueueIsAnsweredAtOnce() {
        Committer committer = committer(memory);
        for (int i = 0; i < 51; i++) {
            submit(committer, request("default", "k" + i));
        }

        assertThat(results).hasSize(1).first().isInstanceOf(Unavailable.class);
        assertThat(committer.queuedEvents()).isEqualTo(50);
    }

    @Test
    void callersOfOneHomeShareAHop() {
        Committer committer = committer(memory);
        List<Runnable> hops = new ArrayList<>();
        Executor home = hops::add;
        for (int i = 0; i < 5; i++) {
            committer.submit(request("default", "k" + i), home, results::add);
        }

        drain(committer);

        assertThat(hops).hasSize(1);
        hops.getFirst().run();
        assertThat(results).hasSize(5);
    }

    @Test
    void everythingAcceptedIsAnsweredBeforeItEnds() throws InterruptedException {
        Committer committer = committer(memory);
        for (int i = 0; i < 30; i++) {
            submit(committer, request("default", "k" + i));
        }
        committer.close();
        submit(committer, request("default", "late"));

        Thread driver = Thread.ofPlatform().start(committer);
        driver.join();

        assertThat(results).hasSize(31).first().isInstanceOf(Unavailable.class);
        assertThat(memory.head()).isEqualTo(30);
    }

    @Test
    void duplicatesAreAnsweredWithTheFirst() {
        Committer committer = committer(memory);
        submit(committer, keyed("a", "k"));
        submit(committer, keyed("a", "k"));

        drain(committer);

        assertThat(results).containsExactly(new Appended(1, 1), new AppendResult.Duplicate(1, 1));
    }
}
