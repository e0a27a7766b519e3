package dev.hookline.devicesync;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Answer;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Answers pulls. One without a token waits for what became of those of its cursor before it: for five seconds at most, after
 * which it reads from where the cursor stands. No transaction is open while an answer is on its way.
 *
 * <p>On another node the turn is not known. A device that pulls from two at once may get a batch twice; it misses none.
 */
public final class Pulls implements AutoCloseable {
    private static final Duration TURN_MAX = Duration.ofSeconds(5);
    private static final Duration SETTLE_MAX = Duration.ofSeconds(1);
    private static final int WAITING_MAX = 32;

    private final PostgresDevices devices;
    private final LogReading log;
    private final RecordNumbers numbers;
    private final SyncMetrics metrics;
    private final Time time;
    private final Turns turns = new Turns();
    private final Semaphore waiting = new Semaphore(WAITING_MAX);
    private final Acknowledgements acknowledgements;
    private volatile @Nullable Instant lastBegan;

    public Pulls(PostgresDevices devices, Tail tail, RecordNumbers numbers, SyncMetrics metrics, Time time) {
        this.devices = devices;
        this.log = new LogReading(tail);
        this.numbers = numbers;
        this.metrics = metrics;
        this.time = time;
        this.acknowledgements = new Acknowledgements(devices::acknowledge);
    }

    /** A pull that has an answer. */
    record Pulled(PullRequest request, Cursor cursor, Batch batch, Map<Long, Long> recordNumbers, Instant at) {
        long nextToken() {
            return batch.lastEventId(request.unchanged(cursor));
        }

        /** What is said of the cursor once the connection has taken the answer, or not. */
        Acknowledgement acknowledgement(boolean handed) {
            return request.acknowledgement(cursor, batch, handed, at);
        }

        /** When the device pulled before; now, where it never did. */
        Instant lastSync() {
            Instant before = cursor.syncedAt();
            return before == null ? at : before;
        }
    }

    /** How a pull is said. May block. */
    interface Form {
        ObjectNode of(Pulled pulled);
    }

    /** Counts a pull. */
    void began(String appType) {
        metrics.pulled(appType);
        lastBegan = time.now();
    }

    /** When a device pulled last from this node; empty when none did since the start. */
    Optional<Instant> lastBegan() {
        return Optional.ofNullable(lastBegan);
    }

    /** Answers one. Blocks until the answer is on its way. */
    void answer(PullRequest request, Form form, Answer answer) throws Problem {
        began(request.cursor().appType());
        Turns.Turn turn = turns.take(request.cursor());
        try {
            if (request.takesTurns() && !turn.isFirst()) {
                await(turn);
            }
            Pulled pulled = read(request);
            answer.send(Reply.ok(form.of(pulled)), handed -> answered(pulled, handed, turn::end));
        } catch (Problem | RuntimeException | Error e) {
            turn.end();
            throw e;
        }
    }

    private void await(Turns.Turn turn) throws Problem {
        if (!waiting.tryAcquire()) {
            throw Problem.of(503, "Too many pulls wait for one before them; try again shortly");
        }
        try {
            turn.await(TURN_MAX);
        } catch (InterruptedException e) {
            throw stopping();
        } finally {
            waiting.release();
        }
    }

    /** Waits for what a device's pulls of before have acknowledged, so that its state shows it: for a second at most. */
    void settle(Device device) throws Problem {
        try {
            turns.awaitAll(device, SETTLE_MAX);
        } catch (InterruptedException e) {
            throw stopping();
        }
    }

    private static Problem stopping() {
        Thread.currentThread().interrupt();
        return Problem.of(503, "The hub is stopping; try again shortly");
    }

    private Pulled read(PullRequest request) throws Problem {
        Instant at = time.now().truncatedTo(ChronoUnit.MICROS);
        Cursor cursor = devices.open(request.cursor());
        Long token = request.token();
        if (token != null && token > log.head(token)) {
            throw Problem.field(
                    "sync_token", "'sync_token' is beyond the log, which ends at " + log.head(0) + "; pull without it");
        }
        CursorKey key = request.cursor();
        AppTypes.Models models = AppTypes.models(key.appType(), key.filter());
        String tenant = key.device().tenant();
        long after = request.after(cursor);
        Batch batch = request.latestOnly()
                ? log.readLatest(tenant, models, after, request.limit())
                : log.read(tenant, models, after, request.limit());
        return new Pulled(request, cursor, batch, numbers.of(tenant, batch.events()), at);
    }

    /** Whether events follow those that were pulled. */
    boolean hasMore(Pulled pulled) {
        CursorKey key = pulled.request().cursor();
        return pulled.batch().more()
                && log.hasMore(
                        key.device().tenant(),
                        AppTypes.models(key.appType(), key.filter()),
                        pulled.batch().upTo());
    }

    private void answered(Pulled pulled, boolean handed, Runnable end) {
        if (!handed) {
            metrics.cut();
        }
        acknowledgements.submit(pulled.acknowledgement(handed), end);
    }

    /** Writes what was acknowledged. */
    @Override
    public void close() throws InterruptedException {
        acknowledgements.close();
    }
}
