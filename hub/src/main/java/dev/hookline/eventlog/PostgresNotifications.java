package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the {@link Tail} of every other node after a commit here, and this node's after one there, by {@code NOTIFY} on one
 * channel; the payload is the last position committed. Two connections of its own, one for each direction: a {@code NOTIFY}
 * inside an append would make all appends of the server wait for each other.
 *
 * <p>At most one is sent every 10 ms, with the newest position. One that gets lost only delays: whoever listens also looks
 * into the table from time to time. A connection that breaks is made again, after a pause that grows to 10 s.
 */
public final class PostgresNotifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresNotifications.class);
    private static final String CHANNEL = "hookline_log";
    private static final Duration BETWEEN_SENDS = Duration.ofMillis(10);
    private static final Duration SILENCE_MAX = Duration.ofSeconds(10);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
    private static final Duration RETRY_PAUSE_MIN = Duration.ofMillis(100);
    private static final Duration RETRY_PAUSE_MAX = Duration.ofSeconds(10);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);

    /** What is done on a connection until it breaks. */
    private interface Work {
        void on(Connection db) throws SQLException, InterruptedException;
    }

    private final DataSource direct;
    private final Tail tail;
    private final Time time;
    private final AtomicLong committed = new AtomicLong();
    private final Semaphore unsent = new Semaphore(0);
    private final List<Thread> threads;
    private volatile boolean closing;

    private PostgresNotifications(DataSource direct, Tail tail, Time time) {
        this.direct = direct;
        this.tail = tail;
        this.time = time;
        // Virtual, for an interrupt ends their waits for the socket too.
        this.threads = List.of(
                Thread.ofVirtual().name("notify").unstarted(() -> keepOn("hookline-notify", this::send)),
                Thread.ofVirtual().name("listen").unstarted(() -> keepOn("hookline-listen", this::listen)));
    }

    /**
     * Starts both directions.
     *
     * @param direct opens connections outside the pool
     */
    public static PostgresNotifications start(DataSource direct, Tail tail, Time time) {
        PostgresNotifications notifications = new PostgresNotifications(direct, tail, time);
        tail.onCommit(notifications::committed);
        notifications.threads.forEach(Thread::start);
        return notifications;
    }

    private void committed(long position) {
        committed.accumulateAndGet(position, Math::max);
        if (unsent.availablePermits() == 0) {
            unsent.release();
        }
    }

    private void send(Connection db) throws SQLException, InterruptedException {
        try (PreparedStatement notify = db.prepareStatement("SELECT pg_notify(?, ?)")) {
            notify.setString(1, CHANNEL);
            while (true) {
                unsent.acquire();
                unsent.drainPermits();
                notify.setString(2, Long.toString(committed.get()));
                try {
                    notify.execute();
                } catch (SQLException e) {
                    unsent.release();
                    throw e;
                }
                time.sleep(BETWEEN_SENDS);
            }
        }
    }

    private void listen(Connection db) throws SQLException {
        try (Statement statement = db.createStatement()) {
            statement.execute("LISTEN " + CHANNEL);
        }
        // Whatever was said while nobody listened.
        tail.signalGap();
        PGConnection connection = db.unwrap(PGConnection.class);
        while (true) {
            PGNotification[] heard = connection.getNotifications((int) SILENCE_MAX.toMillis());
            if (heard == null || heard.length == 0) {
                if (!db.isValid((int) ANSWER_MAX.toSeconds())) {
                    throw new SQLException("The connection is silent");
                }
                continue;
            }
            for (PGNotification one : heard) {
                heard(one.getParameter());
            }
        }
    }

    /** What this node shows already, its own commits above all, is no news. */
    private void heard(String payload) {
        boolean known;
        try {
            known = Long.parseLong(payload) <= tail.head();
        } catch (NumberFormatException e) {
            LOG.debug("Somebody else notifies on {}: {}", CHANNEL, payload);
            known = false;
        }
        if (!known) {
            tail.signalGap();
        }
    }

    private void keepOn(String name, Work work) {
        Duration pause = RETRY_PAUSE_MIN;
        try {
            while (!closing) {
                long from = time.nanos();
                try (Connection db = direct.getConnection();
                        Statement statement = db.createStatement()) {
                    statement.execute("SET application_name = '" + name + "'");
                    work.on(db);
                } catch (SQLException e) {
                    if (closing) {
                        return;
                    }
                    LOG.warn(
                            "{} lost its connection; nodes look for new events once a second: {}",
                            name,
                            e.getMessage());
                }
                boolean steady = time.nanos() - from > RETRY_PAUSE_MAX.toNanos();
                pause = steady ? RETRY_PAUSE_MIN : pause;
                time.sleep(pause);
                pause = longer(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(RETRY_PAUSE_MAX) > 0 ? RETRY_PAUSE_MAX : twice;
    }

    /** Ends both; what was not sent yet is found by the others' own looks. */
    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
        try {
            for (Thread thread : threads) {
                thread.join(STOP_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
