package dev.hookline.records;

import static dev.hookline.eventlog.Events.withRecord;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.CommitOutcome;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresRecordsIT {
    private Database database;
    private PostgresRecords records;
    private PostgresEventLog log;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        PostgresPartitions partitions = new PostgresPartitions(database.pool());
        partitions.make();
        records = new PostgresRecords(database.pool());
        log = new PostgresEventLog(
                database.pool(), database.direct(), partitions, List.of(records), Duration.ofDays(1));
    }

    @AfterEach
    void close() {
        log.close();
        database.close();
    }

    private void append(EventData... events) {
        assertThat(log.append(Arrays.stream(events).map(AppendRequest::of).toList()))
                .isInstanceOf(CommitOutcome.Committed.class);
    }

    private RecordState find(String key) {
        return records.find("default", "booking", key, true).orElseThrow();
    }

    @Test
    void partialUpdatesMergeAcrossBatches() {
        append(withRecord("a", Operation.CREATE, "{\"x\":1,\"y\":null}"));
        append(withRecord("a", Operation.WRITE, "{\"y\":2}"));
        append(withRecord("a", Operation.WRITE, "{\"x\":null}"));

        RecordState a = find("a");
        assertThat(a.state()).isEqualTo(Json.read("{\"x\":null,\"y\":2}"));
        assertThat(a.version()).isEqualTo(3);
        assertThat(a.lastPosition()).isEqualTo(3);
    }

    @Test
    void changesOfOneBatchMergeInOrder() {
        append(
                withRecord("a", Operation.CREATE, "{\"x\":1}"),
                withRecord("b", Operation.CREATE, "{\"x\":9}"),
                withRecord("a", Operation.WRITE, "{\"x\":2,\"y\":1}"),
                withRecord("a", Operation.WRITE, "{\"y\":3}"));

        assertThat(find("a").state()).isEqualTo(Json.read("{\"x\":2,\"y\":3}"));
        assertThat(find("a").version()).isEqualTo(3);
        assertThat(find("a").lastPosition()).isEqualTo(4);
        assertThat(find("b").lastPosition()).isEqualTo(2);
    }

    @Test
    void aDeletedRecordIsHiddenAndStartsAnewWhenItComesBack() {
        append(withRecord("a", Operation.CREATE, "{\"x\":1}"));
        append(withRecord("a", Operation.UNLINK, "{}"));

        assertThat(records.find("default", "booking", "a", false)).isEmpty();
        assertThat(find("a").deleted()).isTrue();

        append(withRecord("a", Operation.CREATE, "{\"y\":1}"));
        assertThat(find("a").state()).isEqualTo(Json.read("{\"y\":1}"));
        assertThat(find("a").deleted()).isFalse();
    }

    @Test
    void deletionAndReturnWithinOneBatchKeepTheirOrder() {
        append(withRecord("a", Operation.CREATE, "{\"x\":1}"));
        append(
                withRecord("a", Operation.UNLINK, "{}"),
                withRecord("a", Operation.CREATE, "{\"y\":1}"),
                withRecord("a", Operation.UNLINK, "{}"),
                withRecord("a", Operation.CREATE, "{\"z\":1}"));

        assertThat(find("a").state()).isEqualTo(Json.read("{\"z\":1}"));
        assertThat(find("a").version()).isEqualTo(5);
        assertThat(find("a").lastPosition()).isEqualTo(5);
    }

    @Test
    void listsByKeyInPages() {
        for (String key : List.of("c", "a", "B", "d")) {
            append(withRecord(key, Operation.CREATE, "{}"));
        }

        assertThat(records.list("default", "booking", "", 3, false))
                .extracting(RecordState::key)
                .containsExactly("B", "a", "c");
        assertThat(records.list("default", "booking", "c", 3, false))
                .extracting(RecordState::key)
                .containsExactly("d");
        assertThat(records.list("other", "booking", "", 3, false)).isEmpty();
    }

    @Test
    void theViewsShowNullForWhatIsNotOfTheirType() {
        append(withRecord(
                "a",
                Operation.CREATE,
                "{\"vehicle_id\":\"x\",\"date_from\":\"2024-02-30\",\"total_amount\":\"1.50\"}"));

        var row = database.jdbi()
                .withHandle(db -> db.createQuery("SELECT vehicle_id, date_from, total_amount::text FROM bookings")
                        .mapToMap()
                        .one());
        assertThat(row).containsEntry("vehicle_id", null).containsEntry("date_from", null);
        assertThat(row).containsEntry("total_amount", "1.50");
    }
}
