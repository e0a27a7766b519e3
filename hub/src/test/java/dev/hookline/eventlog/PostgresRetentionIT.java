package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hookline.delivery.history.PostgresRunningReplays;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Partitions of ten positions: those that are made, and those that go. */
class PostgresRetentionIT {
    private static final int POSITIONS = 10;
    private static final Duration AT_ONCE = Duration.ofSeconds(-5);

    private final Database database = TestDatabase.fresh();
    private final PostgresPartitions partitions = new PostgresPartitions(database.pool(), POSITIONS);
    private final PostgresEventLog log =
            new PostgresEventLog(database.pool(), database.direct(), partitions, List.of(), Duration.ofDays(7));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** One that needs what a test says. */
    private static final class Reader implements LogReaders {
        private @Nullable Long position;
        private boolean stays;

        @Override
        public List<Need> needs(long upTo) {
            Long needed = position;
            return needed == null || needed > upTo ? List.of() : List.of(new Need("reader", needed));
        }

        @Override
        public void giveUp(long upTo) {
            position = stays ? position : Long.valueOf(upTo + 1);
        }
    }

    private final Reader reader = new Reader();

    @BeforeEach
    void start() {
        partitions.make();
        database.jdbi().useHandle(db -> db.execute("UPDATE log_cursor SET position = 1000000"));
    }

    @AfterEach
    void close() {
        log.close();
        database.close();
    }

    private PostgresRetention retention(@Nullable Duration keep, PostgresRetention.Unread unread) {
        registry.clear();
        return new PostgresRetention(
                log,
                database.direct(),
                new PostgresRetention.Settings(keep, unread),
                List.of(new PostgresCursors(database.jdbi()), new PostgresRunningReplays(database.jdbi()), reader),
                Time.system(),
                registry);
    }

    private PostgresRetention retention() {
        return retention(AT_ONCE, PostgresRetention.Unread.KEEP);
    }

    private void append(int events) {
        assertThat(log.append(requests("default", events))).isInstanceOf(CommitOutcome.Committed.class);
    }

    /** Every table that is, or was, a partition. */
    private List<String> tables() {
        return database.jdbi()
                .withHandle(db -> db.createQuery(
                                "SELECT relname FROM pg_class WHERE relname ~ '^(event|delivery)_p[0-9]+$' ORDER BY 1")
                        .mapTo(String.class)
                        .list());
    }

    private long number(String sql) {
        return database.jdbi()
                .withHandle(db -> db.createQuery(sql).mapTo(Long.class).one());
    }

    private double kept() {
        return registry.get("log.partitions.kept").gauge().value();
    }

    @Test
    void wholePartitionsGoWhenTheirNewestEventIsOldAndNeverTheOneInUse() {
        for (int i = 0; i < 5; i++) {
            append(7);
        }

        retention().step();

        assertThat(log.oldest()).isEqualTo(30);
        assertThat(log.read(0, 100)).extracting(Event::position).containsExactly(30L, 31L, 32L, 33L, 34L, 35L);
        assertThat(tables()).doesNotContain("event_p000000", "delivery_p000000", "event_p000002", "delivery_p000002");
        assertThat(tables()).contains("event_p000003", "delivery_p000003");
        assertThat(registry.get("log.oldest.position").gauge().value()).isEqualTo(30);
        append(30);
        assertThat(log.head()).isEqualTo(65);
    }

    @Test
    void aPartitionWhoseLastPositionIsTheHeadIsInUse() {
        append(9);

        retention().step();

        assertThat(log.oldest()).isEqualTo(1);
    }

    @Test
    void nothingGoesByDefaultNorBeforeItsTime() {
        append(25);

        retention(null, PostgresRetention.Unread.DROP).step();
        retention(Duration.ofDays(1), PostgresRetention.Unread.DROP).step();

        assertThat(log.oldest()).isEqualTo(1);
    }

    @Test
    void whatACursorNeedsIsKept() {
        append(35);
        database.jdbi().useHandle(db -> db.execute("UPDATE log_cursor SET position = 18"));
        PostgresRetention retention = retention();

        List<String> said = said(retention);

        assertThat(log.oldest()).isEqualTo(10);
        assertThat(kept()).isEqualTo(2);
        PostgresRetention.Standing standing = retention.standing().orElseThrow();
        assertThat(standing.kept()).containsExactly("event_p000001", "event_p000002");
        assertThat(standing.needs()).containsExactly(new LogReaders.Need("cursor fan-out", 19));
        assertThat(said)
                .contains("Partition event_p000001 is past its time, and kept: cursor fan-out still needs position 19");
        database.jdbi().useHandle(db -> db.execute("UPDATE log_cursor SET position = 19"));
        retention().step();
        assertThat(log.oldest()).isEqualTo(20);
    }

    /** What a step tells the operator in the hub's own log. */
    private static List<String> said(PostgresRetention retention) {
        Logger logger = (Logger) LoggerFactory.getLogger(PostgresRetention.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            retention.step();
        } finally {
            logger.detachAppender(lines);
        }
        return lines.list.stream()
                .filter(line -> line.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Test
    void whatCannotBeDoneWithoutYetIsKeptWithDropToo() {
        append(35);
        reader.position = 5L;
        reader.stays = true;
        PostgresRetention retention = retention(AT_ONCE, PostgresRetention.Unread.DROP);

        List<String> said = said(retention);

        assertThat(log.oldest()).isEqualTo(1);
        assertThat(kept()).isEqualTo(3);
        assertThat(retention.standing().orElseThrow().needs()).containsExactly(new LogReaders.Need("reader", 5));
        assertThat(said)
                .containsExactly(
                        "Partition event_p000000 is past its time, and goes: reader will miss what it needs from position 5 on",
                        "Partition event_p000000 stays until the next look: reader could not do without it yet");
        reader.stays = false;
        retention.step();
        assertThat(log.oldest()).isEqualTo(30);
        assertThat(retention.standing().orElseThrow().kept()).isEmpty();
    }

    private long runningReplay(String subscription, int after, int at, int upTo) {
        database.jdbi().useHandle(db -> {
            db.execute("INSERT INTO tenant (id, name) VALUES ('default', 'Default') ON CONFLICT DO NOTHING");
            db.execute("""
                    INSERT INTO subscription (tenant, url, events, sealed_secret, secret_hint, from_position)
                    VALUES ('default', 'https://example.org/', '{}', '', '', 0)
                    """);
        });
        return number("""
                INSERT INTO replay (tenant, source, subscription, statuses, after_position, up_to, rate, expected,
                                    expected_is_least, at_subscription, at_position)
                VALUES ('default', 'events', %s, '{}', %d, %d, 10, 1, false, 1, %d) RETURNING id
                """.formatted(subscription, after, upTo, at));
    }

    @Test
    void whatARunningReplayHasStillToQueueIsKept() {
        append(35);
        long replay = runningReplay("(SELECT max(id) FROM subscription)", 0, 12, 35);

        retention().step();

        assertThat(log.oldest()).isEqualTo(10);
        PostgresRunningReplays replays = new PostgresRunningReplays(database.jdbi());
        assertThat(replays.needs(19)).containsExactly(new LogReaders.Need("replay " + replay, 13));
        database.jdbi().useHandle(db -> db.execute("UPDATE replay SET at_position = 35"));
        retention().step();
        assertThat(log.oldest()).isEqualTo(30);
    }

    @Test
    void aReplayOfAllSubscriptionsNeedsItsStartToItsEndAndNothingAboveThat() {
        append(35);
        long replay = runningReplay("NULL", 4, 33, 34);

        PostgresRunningReplays replays = new PostgresRunningReplays(database.jdbi());

        assertThat(replays.needs(4)).isEmpty();
        assertThat(replays.needs(9)).containsExactly(new LogReaders.Need("replay " + replay, 5));
        database.jdbi().useHandle(db -> db.execute("UPDATE replay SET after_position = 34"));
        assertThat(replays.needs(100)).isEmpty();
    }

    @Test
    void withDropAReplayFailsAndSaysWhyInsteadOfEndingWithLess() {
        append(35);
        runningReplay("(SELECT max(id) FROM subscription)", 0, 12, 35);

        retention(AT_ONCE, PostgresRetention.Unread.DROP).step();

        assertThat(log.oldest()).isEqualTo(30);
        String ended = database.jdbi()
                .withHandle(
                        db -> db.createQuery("SELECT state || ': ' || error FROM replay WHERE finished_at IS NOT NULL")
                                .mapTo(String.class)
                                .one());
        assertThat(ended)
                .isEqualTo("failed: What it was to send is no longer kept: the time of events up to 19 was over");
    }

    @Test
    void roomForDeadLettersStaysAsLongAsThereAreDeliveriesThatMayDie() {
        append(25);
        try (Handle reading = database.jdbi().open()) {
            reading.begin();
            reading.createQuery("SELECT count(*) FROM delivery")
                    .mapTo(Integer.class)
                    .one();

            retention().step();

            assertThat(tables())
                    .doesNotContain("event_p000000", "event_p000001")
                    .contains("delivery_p000000");
            database.jdbi()
                    .useHandle(db -> db.execute("INSERT INTO dead_letter (subscription, position) VALUES (1, 5)"));
            reading.rollback();
        }

        retention(null, PostgresRetention.Unread.KEEP).step();

        assertThat(tables()).doesNotContain("delivery_p000000", "delivery_p000001");
        assertThat(number("SELECT count(*) FROM pg_class WHERE relname ~ '^(dead_letter|order_event)_p00000[01]$'"))
                .isZero();
    }

    @Test
    void withDropNeededOnesGoAndTheirReadersMoveUp() {
        append(35);
        reader.position = 5L;
        database.jdbi().useHandle(db -> db.execute("UPDATE log_cursor SET position = 18"));

        retention(AT_ONCE, PostgresRetention.Unread.DROP).step();

        assertThat(log.oldest()).isEqualTo(30);
        assertThat(kept()).isZero();
        assertThat(reader.position).isEqualTo(30);
        assertThat(number("SELECT position FROM log_cursor")).isEqualTo(29);
    }

    /** A transaction that has read the oldest partition, and holds on. */
    private Handle longReader() {
        Handle reading = database.jdbi().open();
        reading.begin();
        reading.createQuery("SELECT count(*) FROM event").mapTo(Integer.class).one();
        return reading;
    }

    @Test
    void behindALongReaderAppendsGoOnAndNewPartitionsAreMade() throws Exception {
        append(25);
        reader.position = 21L;
        PostgresRetention retention = retention();
        List<Long> millis = new ArrayList<>();
        try (Handle reading = longReader()) {
            AtomicBoolean done = new AtomicBoolean();
            Thread dropping = Thread.ofVirtual().start(() -> {
                retention.step();
                retention.step();
                done.set(true);
            });
            while (!done.get()) {
                long start = System.nanoTime();
                append(3);
                millis.add((System.nanoTime() - start) / 1_000_000);
                if (millis.size() > 2_000) {
                    dropping.join();
                }
            }

            assertThat(kept()).isGreaterThanOrEqualTo(2);
            assertThat(millis).hasSizeGreaterThan(20);
            assertThat(millis.stream().sorted().toList().get(millis.size() * 95 / 100))
                    .isLessThan(500);
            assertThat(tables()).contains("event_p000000", "event_p%06d".formatted(log.head() / POSITIONS));
            reading.rollback();
        }

        retention(null, PostgresRetention.Unread.KEEP).step();

        assertThat(tables()).doesNotContain("event_p000000", "event_p000001", "delivery_p000000", "delivery_p000001");
        assertThat(log.oldest()).isEqualTo(20);
    }

    @Test
    void aRemovalThatWasCutShortIsGoneOnWith() throws SQLException {
        append(35);
        database.jdbi()
                .useHandle(db -> db.execute("INSERT INTO partition_removal (name, parent) VALUES"
                        + " ('event_p000000', 'event'), ('delivery_p000000', 'delivery'), ('event_p000001', 'event'),"
                        + " ('delivery_p000001', 'delivery')"));
        // Marked, detached, and dropped, each without the next step.
        try (Handle reading = longReader();
                var db = database.direct().getConnection();
                var statement = db.createStatement()) {
            statement.execute("SET lock_timeout = '100ms'");
            assertThatThrownBy(() -> statement.execute("ALTER TABLE event DETACH PARTITION event_p000000 CONCURRENTLY"))
                    .isInstanceOf(SQLException.class);
            reading.rollback();
            statement.execute("ALTER TABLE delivery DETACH PARTITION delivery_p000000 CONCURRENTLY");
            statement.execute("ALTER TABLE delivery DETACH PARTITION delivery_p000001 CONCURRENTLY");
            statement.execute("DROP TABLE delivery_p000001");
        }

        retention(null, PostgresRetention.Unread.KEEP).step();

        assertThat(tables()).doesNotContain("event_p000000", "event_p000001", "delivery_p000000", "delivery_p000001");
        assertThat(log.oldest()).isEqualTo(20);
        assertThat(number("SELECT count(*) FROM partition_removal")).isZero();
    }

    @Test
    void aBurstThatCrossesManyPartitionsFailsNoAppend() {
        for (int i = 0; i < 40; i++) {
            append(23);
        }

        assertThat(log.head()).isEqualTo(920);
        assertThat(log.read(0, 1_000)).hasSize(920);
    }

    @Test
    void aNewPartitionHasTheIndexesOfTheTableAndAttachingBuildsNone() {
        append(1);

        for (String table : List.of("event", "delivery")) {
            await().until(() -> tables().contains(table + "_p000002"));
            List<Integer> counts = database.jdbi()
                    .withHandle(db -> db.createQuery("""
                                    SELECT (SELECT count(*) FROM pg_index WHERE indrelid = :table::regclass)
                                    UNION ALL
                                    SELECT (SELECT count(*) FROM pg_index WHERE indrelid = :partition::regclass)
                                    UNION ALL
                                    SELECT (SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid
                                            WHERE i.indrelid = :partition::regclass)
                                    """)
                            .bind("table", table)
                            .bind("partition", table + "_p000002")
                            .mapTo(Integer.class)
                            .list());
            assertThat(counts).containsOnly(counts.getFirst());
        }
    }
}
