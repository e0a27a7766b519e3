package dev.hookline.intake.calls;

import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes calls behind their answers: a bounded buffer, and one thread that empties it at up to 1,000 rows a second, so that
 * a flood of webhooks leaves the database to the webhooks. Calls that find the buffer full are not written but counted, in
 * {@code webhook_calls_unlogged_total} and in a line of the log. Half of the buffer is for calls that were refused.
 */
public final class CallLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CallLog.class);
    private static final int ROWS_MAX = 4_000;
    private static final long BYTES_MAX = 8L << 20;
    private static final long LARGEST_BYTES = 2 * Masks.BODY_BYTES_MAX;
    private static final int BATCH_ROWS_MAX = 500;
    private static final Duration PER_ROW = Duration.ofMillis(1);
    private static final Duration BETWEEN_BATCHES = Duration.ofMillis(20);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
    private static final Duration BETWEEN_PARTITIONS = Duration.ofHours(1);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

    /** A call in line, and its size. */
    private record Waiting(CallRecord call, int bytes) {}

    private final PostgresCalls store;
    private final PostgresCallPartitions partitions;
    private final Time time;
    private final Counter unlogged;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();
    private final ArrayDeque<Waiting> buffer = new ArrayDeque<>();
    private long bytes;
    private boolean closed;
    private volatile boolean roomForAccepted = true;
    private volatile boolean roomForRefused = true;

    // Touched by the writer only.
    private @Nullable LocalDate partitionsOf;
    private long partitionsAt;
    private long lineAt;
    private double unloggedSaid;
    private @Nullable Thread writer;

    /**
     * With an empty buffer.
     *
     * @param daysKept how long calls are kept
     */
    public CallLog(PostgresCalls store, DataSource pool, int daysKept, Time time, MeterRegistry registry) {
        this.store = store;
        this.partitions = new PostgresCallPartitions(pool, daysKept);
        this.time = time;
        this.unlogged = Counter.builder("webhook.calls.unlogged")
                .description("Calls that found the buffer of the log of calls full")
                .register(registry);
    }

    public void start() {
        writer = Thread.ofVirtual().name("call-log").start(this::write);
    }

    /** Whether a call will be written. Counts it when it will not; so that nothing is gathered for naught. */
    public boolean hasRoom(boolean refused) {
        boolean room = refused ? roomForRefused : roomForAccepted;
        if (!room) {
            unlogged.increment();
        }
        return room;
    }

    /** Takes a call to be written. Never waits. */
    public void offer(CallRecord call) {
        int size = call.bytes();
        lock.lock();
        try {
            if (closed || buffer.size() >= ROWS_MAX || bytes + size > BYTES_MAX) {
                unlogged.increment();
                return;
            }
            buffer.add(new Waiting(call, size));
            bytes += size;
            measure();
            notEmpty.signal();
        } finally {
            lock.unlock();
        }
    }

    private void measure() {
        roomForAccepted = !closed && buffer.size() < ROWS_MAX / 2 && bytes < BYTES_MAX / 2 - LARGEST_BYTES;
        roomForRefused = !closed && buffer.size() < ROWS_MAX && bytes < BYTES_MAX - LARGEST_BYTES;
    }

    private void write() {
        List<CallRecord> batch = List.of();
        try {
            while (true) {
                if (batch.isEmpty()) {
                    batch = take();
                }
                if (batch.isEmpty() && isClosed()) {
                    return;
                }
                boolean written = written(batch);
                if (!written && isClosed()) {
                    return;
                }
                sayWhatIsMissing();
                time.sleep(written ? pause(batch.size()) : BETWEEN_TRIES);
                batch = written ? List.of() : batch;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration pause(int rows) {
        Duration paced = PER_ROW.multipliedBy(rows);
        return isClosed() || paced.compareTo(BETWEEN_BATCHES) < 0 ? BETWEEN_BATCHES : paced;
    }

    /** Waits for calls; none when it is closed, or it is time to look after the partitions. */
    private List<CallRecord> take() throws InterruptedException {
        lock.lock();
        try {
            long nanos = BETWEEN_PARTITIONS.toNanos();
            while (buffer.isEmpty() && !closed && nanos > 0) {
                nanos = notEmpty.awaitNanos(nanos);
            }
            List<CallRecord> batch = new ArrayList<>();
            while (batch.size() < BATCH_ROWS_MAX && !buffer.isEmpty()) {
                Waiting next = buffer.remove();
                bytes -= next.bytes();
                batch.add(next.call());
            }
            measure();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** False when the database is away; a call that it refuses is given up. */
    private boolean written(List<CallRecord> batch) {
        try {
            keepPartitions();
            if (!batch.isEmpty()) {
                store.insert(batch);
            }
            return true;
        } catch (SQLException e) {
            if (String.valueOf(e.getSQLState()).startsWith("22")) {
                batch.forEach(this::writeAlone);
                return true;
            }
            LOG.warn("Cannot write the log of calls; trying again: {}", e.getMessage());
            partitionsOf = null;
            return false;
        }
    }

    /** After a batch was refused for its data: whoever sent the bad call must not take the others out of the log. */
    private void writeAlone(CallRecord call) {
        try {
            store.insert(List.of(call));
        } catch (SQLException e) {
            LOG.error("A call to {} cannot be written to the log of calls", call.source(), e);
            unlogged.increment();
        }
    }

    private void keepPartitions() throws SQLException {
        LocalDate today = time.now().atOffset(ZoneOffset.UTC).toLocalDate();
        long now = time.nanos();
        if (!today.equals(partitionsOf) || now - partitionsAt > BETWEEN_PARTITIONS.toNanos()) {
            partitions.keep(today);
            partitionsOf = today;
            partitionsAt = now;
        }
    }

    private void sayWhatIsMissing() {
        double count = unlogged.count();
        if (count > unloggedSaid && time.nanos() - lineAt > BETWEEN_LINES.toNanos()) {
            LOG.warn("{} calls came too fast for the log of calls, and are not in it", (long) (count - unloggedSaid));
            unloggedSaid = count;
            lineAt = time.nanos();
        }
    }

    /** Writes what is there, for a few seconds at most. */
    @Override
    public void close() throws InterruptedException {
        lock.lock();
        try {
            closed = true;
            measure();
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
        if (writer != null && !writer.join(CLOSE_MAX)) {
            writer.interrupt();
        }
        store.close();
    }
}
