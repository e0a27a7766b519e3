package dev.hookline.eventlog;

import static dev.hookline.eventlog.Events.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two writers, of which the first to take a number is the last to commit; and a reader that keeps the highest it saw. */
class SequenceGapIT {
    private final Database database = TestDatabase.fresh();

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aReaderOfASequenceLosesTheEventWhoseLowerNumberCommitsLast() {
        try (Handle reader = database.jdbi().open();
                Handle slow = database.jdbi().open();
                Handle fast = database.jdbi().open()) {
            reader.execute("CREATE TABLE naive (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)");
            slow.begin();
            slow.execute("INSERT INTO naive (name) VALUES ('slow')");
            fast.execute("INSERT INTO naive (name) VALUES ('fast')");

            List<Long> firstLook = naive(reader, 0);
            slow.commit();
            List<Long> secondLook = naive(reader, firstLook.getLast());

            assertThat(firstLook).containsExactly(2L);
            assertThat(secondLook).as("event 1 is in the table, and never seen").isEmpty();
            assertThat(naive(reader, 0)).containsExactly(1L, 2L);
        }
    }

    private static List<Long> naive(Handle reader, long after) {
        return reader.createQuery("SELECT id FROM naive WHERE id > :after ORDER BY id")
                .bind("after", after)
                .mapTo(Long.class)
                .list();
    }

    @Test
    void aReaderOfTheLogLosesNothingForTheSecondWaitsForTheFirst() {
        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AppendParticipant slowly = (tx, _) -> ((PostgresTx) tx).first((_, _) -> {
            inside.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                PostgresEventLog slow = log(partitions, List.of(slowly));
                PostgresEventLog fast = log(partitions, List.of())) {
            var first = CompletableFuture.supplyAsync(() -> slow.append(List.of(request("default", "slow"))), threads);
            await().until(() -> inside.getCount() == 0);
            var second = CompletableFuture.supplyAsync(() -> fast.append(List.of(request("default", "fast"))), threads);
            await().until(this::someoneWaitsForTheHead);

            List<Event> firstLook = fast.read(0, 10);
            goOn.countDown();
            first.join();
            second.join();

            assertThat(firstLook).isEmpty();
            assertThat(fast.read(0, 10))
                    .extracting(event -> event.data().recordKey())
                    .containsExactly("slow", "fast");
        }
    }

    private PostgresEventLog log(PostgresPartitions partitions, List<AppendParticipant> participants) {
        return new PostgresEventLog(database.pool(), database.direct(), partitions, participants, Duration.ofDays(7));
    }

    private boolean someoneWaitsForTheHead() {
        return database.jdbi()
                        .withHandle(db -> db.createQuery("SELECT count(*) FROM pg_stat_activity"
                                        + " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                                        + " AND query LIKE '%UPDATE log_head%'")
                                .mapTo(Integer.class)
                                .one())
                == 1;
    }
}
