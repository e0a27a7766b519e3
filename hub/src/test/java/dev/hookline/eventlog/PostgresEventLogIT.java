package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.keyed;
import static dev.hookline.eventlog.Events.request;
import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.eventlog.AppendResult.Appended;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresEventLogIT extends EventLogContract {
    private final List<PostgresEventLog> logs = new ArrayList<>();
    private DatabaseAddress address;
    private Database database;

    @BeforeEach
    void makeDatabase() {
        address = TestDatabase.freshAddress();
        database = new Database(address, 5);
        new PostgresPartitions(database.pool()).make();
    }

    @AfterEach
    void close() {
        logs.forEach(PostgresEventLog::close);
        database.close();
    }

    @Override
    EventLog open(List<AppendParticipant> participants, Duration keysKept) {
        return open(new PostgresPartitions(database.pool()), participants, keysKept);
    }

    private PostgresEventLog open(
            PostgresPartitions partitions, List<AppendParticipant> participants, Duration keysKept) {
        PostgresEventLog log =
                new PostgresEventLog(database.pool(), database.direct(), partitions, participants, keysKept);
        log.loadHidden();
        logs.add(log);
        return log;
    }

    @Test
    void saysWhenTheDataCannotBeHeldAndStoresNothing() {
        EventLog log = open();

        CommitOutcome outcome = log.append(
                List.of(request("default", "good"), AppendRequest.of(Events.event("default", "bad", "{\"a\":"))));

        assertThat(outcome).isInstanceOf(CommitOutcome.BadData.class);
        assertThat(log.head()).isZero();
        assertThat(commit(log, request("default", "good")).results()).containsExactly(new Appended(1, 1));
    }

    /** A log whose connection to append goes through the line given. */
    private EventLog through(CutLine line) {
        Database cut = new Database(line.address(), 1);
        PostgresEventLog log = new PostgresEventLog(
                database.pool(), cut.direct(), new PostgresPartitions(database.pool()), List.of(), KEYS_KEPT);
        logs.add(log);
        cut.close();
        return log;
    }

    private long storedHead() {
        return open().head();
    }

    @Test
    void anAppendWhoseAnswerWasLostIsFoundCommitted() throws Exception {
        try (CutLine line = CutLine.to(address)) {
            EventLog log = through(line);
            commit(log, request("default", "before"));
            line.loseAnswers();
            CompletableFuture<CommitOutcome> appending =
                    CompletableFuture.supplyAsync(() -> log.append(List.of(keyed("key", "lost", "lost too"))));
            await().until(() -> storedHead() == 3);
            line.cut();

            CommitOutcome.Unknown unknown = (CommitOutcome.Unknown) appending.get(30, TimeUnit.SECONDS);
            CommitOutcome.Committed settled = (CommitOutcome.Committed) log.settle(unknown);

            assertThat(settled.results()).containsExactly(new Appended(2, 2));
            assertThat(settled.events()).isEqualTo(log.read(1, 10));
            assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(4, 1));
        }
    }

    @Test
    void anAppendThatReachesTheServerAfterItsFateWasAskedForStoresNothing() throws Exception {
        try (CutLine line = CutLine.to(address)) {
            EventLog log = through(line);
            commit(log, request("default", "before"));
            line.holdBack();
            CompletableFuture<CommitOutcome> appending =
                    CompletableFuture.supplyAsync(() -> log.append(List.of(request("default", "late"))));
            await().until(line::holdsSomething);
            line.cutClient();
            CommitOutcome.Unknown unknown = (CommitOutcome.Unknown) appending.get(30, TimeUnit.SECONDS);
            assertThat(log.settle(unknown)).isInstanceOf(CommitOutcome.Failed.class);

            line.letThrough();

            await().until(line::serverAnswered);
            assertThat(storedHead()).isEqualTo(1);
            assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(2, 1));
        }
    }

    @Test
    void aServerThatEndsInTheMiddleOfAnAppendHasStoredNothing() {
        EventLog log = open(List.of((tx, events) -> {
            if (events.getFirst().recordKey().equals("cut")) {
                ((PostgresTx) tx).add("SELECT pg_terminate_backend(pg_backend_pid())", (db, statement, from) -> from);
            }
        }));
        commit(log, request("default", "before"));

        CommitOutcome outcome = log.append(List.of(request("default", "cut")));

        assertThat(log.settle((CommitOutcome.Unknown) outcome)).isInstanceOf(CommitOutcome.Failed.class);
        assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(2, 1));
    }

    @Test
    void aWriterWhoseRowIsGoneStartsAnew() {
        EventLog log = open();
        commit(log, request("default", "before"));
        database.jdbi().useHandle(db -> db.execute("DELETE FROM log_writer"));

        assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(2, 1));
    }

    @Test
    void goesOnInTheNextPartition() {
        PostgresPartitions small = new PostgresPartitions(database.pool(), 10);
        database.jdbi().useHandle(db -> {
            List<String> made = db.createQuery("SELECT inhrelid::regclass::text FROM pg_inherits"
                            + " WHERE inhparent IN ('event'::regclass, 'delivery'::regclass, 'dead_letter'::regclass,"
                            + " 'order_event'::regclass)"
                            + " AND inhrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')")
                    .mapTo(String.class)
                    .list();
            made.forEach(partition -> db.execute("DROP TABLE " + partition));
        });
        small.make();
        EventLog log = open(small, List.of(), KEYS_KEPT);
        for (int i = 0; i < 10; i++) {
            commit(log, requests("default", 7));
        }

        assertThat(log.head()).isEqualTo(70);
        assertThat(log.read(0, 100)).hasSize(70);
    }
}
