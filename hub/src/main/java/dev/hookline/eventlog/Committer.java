package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: while one batch is being committed, the next one gathers.
 *
 * <p>{@link #submit} never blocks. After the commit the events go to the {@link Tail}, then every caller is answered on the
 * executor it named, in one hop for each executor. {@link #step} does the work and holds all decisions; {@link #run} only
 * drives it, one thread for each committer.
 *
 * <p>An append that fails costs its batch. Whatever else fails, or an error of the machine, ends {@link #run} before its time:
 * from then on nothing is taken, and the hub is told.
 */
public final class Committer implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
    private static final AppendResult DEAD =
            new AppendResult.Unavailable("This hub takes nothing more until it is started again");
    private static final Duration SETTLE_PAUSE = Duration.ofMillis(100);

    /** When the log has not answered for so long, those that wait in the queue are told to come again. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(5);

    /**
     * The bounds.
     *
     * @param queuedEventsMax events that wait, of all tenants
     * @param queuedBytesMax their size in bytes
     * @param batchEventsMax events in one transaction
     * @param batchBytesMax their size in bytes
     */
    public record Settings(int queuedEventsMax, long queuedBytesMax, int batchEventsMax, int batchBytesMax) {
        public static final Settings DEFAULT = new Settings(50_000, 64 << 20, 1_000, 8 << 20);
    }

    /** What {@link #step} did. */
    enum Step {
        WORKED,
        IDLE,
        WAITING
    }

    private record Caller(Executor home, Consumer<AppendResult> done) {}

    private record Settling(List<AppendQueue.Entry<Caller>> batch, CommitOutcome.Unknown unknown, long sinceNanos) {}

    private final EventLog log;
    private final Tail tail;
    private final Time time;
    private final Settings settings;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();
    private final AppendQueue<Caller> queue;
    private final Consumer<Throwable> onDeath;
    private boolean closed;
    private volatile boolean dead;

    /** Parts of a batch that failed on its data, still to be tried; touched by the driver only. */
    private final Deque<List<AppendQueue.Entry<Caller>>> parts = new ArrayDeque<>();

    private @Nullable Settling settling;

    public Committer(EventLog log, Tail tail, Time time, Settings settings) {
        this(log, tail, time, settings, _ -> {});
    }

    /**
     * Over one log.
     *
     * @param onDeath is told, on its thread, what ended the committer before its time. Those in its hands are not answered: what
     *     became of their events is not known
     */
    public Committer(EventLog log, Tail tail, Time time, Settings settings, Consumer<Throwable> onDeath) {
        this.onDeath = onDeath;
        this.log = log;
        this.tail = tail;
        this.time = time;
        this.settings = settings;
        this.queue = new AppendQueue<>(settings.queuedEventsMax(), settings.queuedBytesMax());
    }

    /**
     * Hands a request over.
     *
     * @param home where {@code done} is called; the same object for callers that can share a hop
     * @param done gets the result once. Called at once, on this thread, when the queue is full
     */
    public void submit(AppendRequest request, Executor home, Consumer<AppendResult> done) {
        boolean accepted;
        lock.lock();
        try {
            accepted = !closed && !dead && queue.offer(request, new Caller(home, done));
            if (accepted) {
                notEmpty.signal();
            }
        } finally {
            lock.unlock();
        }
        if (!accepted) {
            done.accept(dead ? DEAD : new AppendResult.Unavailable("The queue is full; try again shortly"));
        }
    }

    /** Events that wait for a batch. */
    public int queuedEvents() {
        lock.lock();
        try {
            return queue.events();
        } finally {
            lock.unlock();
        }
    }

    /** Whether something ended it that was not foreseen. */
    public boolean isDead() {
        return dead;
    }

    /** Takes nothing more; {@link #run} returns when everything accepted is answered. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run() {
        try {
            while (true) {
                switch (step()) {
                    case WORKED -> {}
                    case WAITING -> time.sleep(SETTLE_PAUSE);
                    case IDLE -> {
                        if (!awaitWork()) {
                            return;
                        }
                    }
                }
            }
        } catch (Throwable e) {
            die(e);
        }
    }

    /** Whoever waited in the queue is sent away; whoever was in its hands gets no answer, and asks again. */
    private void die(Throwable cause) {
        lock.lock();
        try {
            dead = true;
        } finally {
            lock.unlock();
        }
        try {
            LOG.error("The committer has ended: nothing is appended here until the hub is started again", cause);
            parts.forEach(part -> answerAll(part, DEAD));
            refuseQueue(DEAD);
        } finally {
            onDeath.accept(cause);
        }
    }

    private boolean awaitWork() throws InterruptedException {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                notEmpty.await();
            }
            return !queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Settles a commit in doubt, or commits one batch or a part of one. */
    Step step() {
        if (settling != null) {
            Settling doubtful = settling;
            CommitOutcome outcome = log.settle(doubtful.unknown());
            settling = null;
            return finish(doubtful.batch(), outcome, doubtful.sinceNanos());
        }
        List<AppendQueue.Entry<Caller>> batch = parts.poll();
        if (batch == null) {
            batch = takeBatch();
        }
        if (batch.isEmpty()) {
            return Step.IDLE;
        }
        List<AppendRequest> requests = new ArrayList<>(batch.size());
        for (AppendQueue.Entry<Caller> entry : batch) {
            requests.add(entry.request());
        }
        long from = time.nanos();
        return finish(batch, append(requests), from);
    }

    /** A bug in the storage or in a participant costs the batch, never the committer. */
    private CommitOutcome append(List<AppendRequest> requests) {
        try {
            return log.append(requests);
        } catch (RuntimeException e) {
            LOG.error("An append failed in the hub itself", e);
            return new CommitOutcome.Failed("The hub failed to store this; see its log");
        }
    }

    private List<AppendQueue.Entry<Caller>> takeBatch() {
        lock.lock();
        try {
            return queue.take(settings.batchEventsMax(), settings.batchBytesMax());
        } finally {
            lock.unlock();
        }
    }

    private Step finish(List<AppendQueue.Entry<Caller>> batch, CommitOutcome outcome, long fromNanos) {
        switch (outcome) {
            case CommitOutcome.Committed(List<AppendResult> results, List<Event> events) -> {
                tail.offer(events);
                answer(batch, results);
            }
            case CommitOutcome.Unknown unknown -> {
                LOG.warn("The outcome of batch {} is unknown; asking the database", unknown.batch());
                settling = new Settling(batch, unknown, fromNanos);
                refuseQueueAfterSilence(fromNanos);
                return Step.WAITING;
            }
            case CommitOutcome.Failed(String reason) -> {
                answerAll(batch, new AppendResult.Unavailable(reason));
                refuseQueueAfterSilence(fromNanos);
            }
            case CommitOutcome.BadData(String reason) -> {
                if (batch.size() == 1) {
                    answerAll(batch, new AppendResult.Refused(reason));
                } else {
                    int middle = batch.size() / 2;
                    parts.addFirst(batch.subList(middle, batch.size()));
                    parts.addFirst(batch.subList(0, middle));
                }
            }
        }
        return Step.WORKED;
    }

    /** Nobody in the queue waits for the next silence too: a batch in doubt is alone in having no other way. */
    private void refuseQueueAfterSilence(long fromNanos) {
        if (time.nanos() - fromNanos < SILENCE_MAX.toNanos()) {
            return;
        }
        refuseQueue(new AppendResult.Unavailable("The database does not answer; try again shortly"));
    }

    private void refuseQueue(AppendResult why) {
        List<AppendQueue.Entry<Caller>> waiting = takeBatch();
        while (!waiting.isEmpty()) {
            answerAll(waiting, why);
            waiting = takeBatch();
        }
    }

    private static void answerAll(List<AppendQueue.Entry<Caller>> batch, AppendResult result) {
        answer(batch, Collections.nCopies(batch.size(), result));
    }

    private static void answer(List<AppendQueue.Entry<Caller>> batch, List<AppendResult> results) {
        Map<Executor, List<Runnable>> byHome = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            Caller caller = batch.get(i).value();
            AppendResult result = results.get(i);
            byHome.computeIfAbsent(caller.home(), home -> new ArrayList<>())
                    .add(() -> caller.done().accept(result));
        }
        byHome.forEach((home, answers) -> {
            try {
                home.execute(() -> runAll(answers));
            } catch (RejectedExecutionException e) {
                LOG.warn("{} callers are gone before their answer: {}", answers.size(), e.getMessage());
            }
        });
    }

    private static void runAll(List<Runnable> answers) {
        for (Runnable answer : answers) {
            try {
                answer.run();
            } catch (RuntimeException e) {
                LOG.error("Answering a caller failed; its event is on disk", e);
            }
        }
    }
}
