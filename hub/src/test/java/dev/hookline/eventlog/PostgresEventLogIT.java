package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.request;
import static dev.hookline.eventlog.Events.requests;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.AppendResult.Appended;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresEventLogIT extends EventLogContract {
    private final List<PostgresEventLog> logs = new ArrayList<>();
    private Database database;

    @BeforeEach
    void makeDatabase() {
        database = TestDatabase.fresh();
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

    @Test
    void aCommitWhoseAnswerWasLostIsSettledByAskingTheDatabase() {
        EventLog log = open();
        String committed = database.jdbi()
                .inTransaction(db -> db.createQuery("SELECT pg_current_xact_id()::text")
                        .mapTo(String.class)
                        .one());
        CommitOutcome.Committed wouldBe = new CommitOutcome.Committed(List.of(new Appended(1, 1)), List.of());

        assertThat(log.settle(new CommitOutcome.Unknown(committed, wouldBe))).isEqualTo(wouldBe);

        String[] rolledBack = new String[1];
        database.jdbi().useHandle(db -> {
            db.begin();
            rolledBack[0] = db.createQuery("SELECT pg_current_xact_id()::text")
                    .mapTo(String.class)
                    .one();
            CommitOutcome.Unknown unknown = new CommitOutcome.Unknown(rolledBack[0], wouldBe);
            assertThat(log.settle(unknown)).isEqualTo(unknown);
            db.rollback();
        });
        assertThat(log.settle(new CommitOutcome.Unknown(rolledBack[0], wouldBe)))
                .isInstanceOf(CommitOutcome.Failed.class);
    }

    @Test
    void aConnectionCutBeforeTheCommitStoresNothingAndTheNextAppendReconnects() {
        EventLog log = open(List.of((tx, events) -> {
            if (events.getFirst().data().recordKey().equals("cut")) {
                database.jdbi()
                        .useHandle(db -> db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND state = 'idle in transaction'"));
                PostgresTx inside = (PostgresTx) tx;
                try (var statement = inside.connection().createStatement()) {
                    statement.execute("SELECT 1");
                } catch (java.sql.SQLException e) {
                    throw new TxException(e);
                }
            }
        }));
        commit(log, request("default", "before"));

        assertThat(log.append(List.of(request("default", "cut")))).isInstanceOf(CommitOutcome.Failed.class);

        assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(2, 1));
    }

    @Test
    void aConnectionCutAtTheCommitIsUnknownAndThenSettled() {
        EventLog log = open(List.of((tx, events) -> {
            if (events.getFirst().data().recordKey().equals("cut")) {
                database.jdbi()
                        .useHandle(db -> db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND state = 'idle in transaction'"));
            }
        }));
        commit(log, request("default", "before"));

        CommitOutcome outcome = log.append(List.of(request("default", "cut")));

        assertThat(outcome).isInstanceOf(CommitOutcome.Unknown.class);
        assertThat(log.settle((CommitOutcome.Unknown) outcome)).isInstanceOf(CommitOutcome.Failed.class);
        assertThat(commit(log, request("default", "after")).results()).containsExactly(new Appended(2, 1));
    }

    @Test
    void goesOnInTheNextPartition() {
        PostgresPartitions small = new PostgresPartitions(database.pool(), 10);
        database.jdbi().useHandle(db -> {
            List<String> made = db.createQuery("SELECT inhrelid::regclass::text FROM pg_inherits"
                            + " WHERE inhparent IN ('event'::regclass, 'delivery'::regclass)"
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
