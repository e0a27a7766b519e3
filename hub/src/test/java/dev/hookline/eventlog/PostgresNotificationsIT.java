package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Two nodes on one database, which tell each other of what they commit. */
class PostgresNotificationsIT {
    private static final Duration NEVER = Duration.ofMinutes(10);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int ROUNDS = 20;

    private final Time time = Time.system();
    private final DatabaseAddress address = TestDatabase.freshAddress();
    private final Database database = new Database(address, 4);
    private final List<Node> nodes = new ArrayList<>();

    private final class Node implements AutoCloseable {
        private final PostgresEventLog log = new PostgresEventLog(
                database.pool(),
                database.direct(),
                new PostgresPartitions(database.pool()),
                List.of(),
                Duration.ofDays(7));
        private final AtomicInteger reads = new AtomicInteger();
        private final Tail tail = new Tail(counted(), 1 << 20);
        private final PostgresNotifications notifications;
        private final Thread follower;
        private volatile boolean cut;

        Node(Duration poll) {
            notifications = PostgresNotifications.start(cuttable(database.direct()), tail, time);
            follower = Thread.ofVirtual().start(() -> tail.follow(poll));
            nodes.add(this);
        }

        /** The log with its reads counted. */
        private EventLog counted() {
            return (EventLog) Proxy.newProxyInstance(
                    EventLog.class.getClassLoader(), new Class<?>[] {EventLog.class}, (_, method, arguments) -> {
                        if (method.getName().equals("read")) {
                            reads.incrementAndGet();
                        }
                        return method.invoke(log, arguments);
                    });
        }

        /** No new connections while this node is cut off. */
        private DataSource cuttable(DataSource direct) {
            return (DataSource) Proxy.newProxyInstance(
                    DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (_, method, arguments) -> {
                        if (cut) {
                            throw new SQLException("The network is cut", "08001");
                        }
                        return method.invoke(direct, arguments);
                    });
        }

        long commit(int events) {
            CommitOutcome.Committed committed = (CommitOutcome.Committed) log.append(requests("default", events));
            tail.offer(committed.events());
            return committed.events().getLast().position();
        }

        Duration until(long position) {
            long from = time.nanos();
            await().atMost(SOON)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> tail.head() >= position);
            return Duration.ofNanos(time.nanos() - from);
        }

        @Override
        public void close() {
            follower.interrupt();
            notifications.close();
            log.close();
        }
    }

    @BeforeEach
    void makePartitions() {
        new PostgresPartitions(database.pool()).make();
    }

    @AfterEach
    void close() {
        nodes.forEach(Node::close);
        database.close();
    }

    private int backends(String name) {
        return database.jdbi()
                .withHandle(db -> db.createQuery("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND application_name = ?")
                        .bind(0, name)
                        .mapTo(Integer.class)
                        .one());
    }

    private void awaitListening(int listeners) {
        await().atMost(SOON)
                .until(() -> database.jdbi()
                                .withHandle(db -> db.createQuery("SELECT count(*) FROM pg_stat_activity"
                                                + " WHERE datname = current_database() AND query LIKE 'LISTEN%'")
                                        .mapTo(Integer.class)
                                        .one())
                        == listeners);
    }

    private void terminate(String name) {
        database.jdbi()
                .useHandle(db -> db.execute(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND application_name = ?",
                        name));
    }

    @Test
    void nodesSeeEachOthersEventsAtOnce() {
        Node one = new Node(NEVER);
        Node two = new Node(NEVER);
        awaitListening(2);

        List<Duration> took = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            took.add(two.until(one.commit(3)));
            took.add(one.until(two.commit(2)));
        }

        took.sort(null);
        assertThat(took.get(ROUNDS)).isLessThan(Duration.ofMillis(200));
        assertThat(two.tail.peek(null, 0, 1_000).events())
                .extracting(Event::position)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 5 * ROUNDS).boxed().toList());
    }

    @Test
    void manyCommitsInARowAreFewNotifications() throws SQLException {
        Node one = new Node(NEVER);
        try (var listener = database.direct().getConnection();
                var statement = listener.createStatement()) {
            statement.execute("LISTEN hookline_log");
            await().atMost(SOON).until(() -> backends("hookline-notify") == 1);
            long from = time.nanos();
            long last = 0;
            for (int i = 0; i < 300; i++) {
                last = one.commit(1);
            }
            List<String> heard = new ArrayList<>();
            while (!heard.contains(Long.toString(last))) {
                for (PGNotification notification :
                        listener.unwrap(PGConnection.class).getNotifications(1_000)) {
                    heard.add(notification.getParameter());
                }
            }
            long slots = (time.nanos() - from) / Duration.ofMillis(10).toNanos() + 2;
            assertThat(heard).hasSizeLessThanOrEqualTo((int) slots).doesNotHaveDuplicates();
        }
    }

    @Test
    void ownCommitsAreNoNews() {
        Node one = new Node(NEVER);
        Node two = new Node(NEVER);
        awaitListening(2);
        two.until(one.commit(1));
        one.until(two.commit(1));
        AtomicInteger before = new AtomicInteger(-1);
        await("its reads come to an end")
                .during(Duration.ofMillis(300))
                .atMost(SOON)
                .until(() -> before.getAndSet(one.reads.get()) == one.reads.get());

        two.until(one.commit(1));
        two.until(one.commit(1));

        assertThat(one.reads.get()).isEqualTo(before.get());
    }

    @Test
    void aNodeWhoseListenerIsCutPollsAndThenHearsAgain() {
        Node one = new Node(NEVER);
        Node two = new Node(POLL);
        awaitListening(2);
        two.cut = true;
        terminate("hookline-listen");
        awaitListening(1);

        assertThat(two.until(one.commit(5))).isLessThan(POLL.multipliedBy(5));

        two.cut = false;
        awaitListening(2);
        List<Duration> took = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            took.add(two.until(one.commit(1)));
        }
        took.sort(null);
        assertThat(took.get(ROUNDS / 2)).isLessThan(Duration.ofMillis(200));
    }

    @Test
    void whatWasCommittedWhileASenderWasCutIsSentWhenItIsBack() {
        Node one = new Node(NEVER);
        Node two = new Node(NEVER);
        awaitListening(2);
        two.until(one.commit(1));
        terminate("hookline-notify");

        two.until(one.commit(1));
    }

    @Test
    void aNodeThatListensAgainReadsWhatItMissed() {
        Node one = new Node(NEVER);
        Node two = new Node(NEVER);
        awaitListening(2);
        two.cut = true;
        terminate("hookline-listen");
        awaitListening(1);
        long missed = one.commit(5);
        two.cut = false;

        two.until(missed);
    }

    @Test
    void closingLeavesNoConnection() {
        Node one = new Node(NEVER);
        awaitListening(1);
        await().atMost(SOON).until(() -> backends("hookline-notify") == 1);

        one.close();

        await().atMost(SOON).until(() -> backends("hookline-notify") + backends("hookline-listen") == 0);
    }
}
