package dev.hookline.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What reads touch in a log that has grown over several partitions, where one model has a single event, the first. */
class LogPlansIT {
    private static final int EVENTS = 200_000;
    private static final Pattern BUFFERS = Pattern.compile("Buffers: shared (?:hit=(\\d+))? ?(?:read=(\\d+))?");

    private static Database database;
    private static PostgresEventLog log;

    @BeforeAll
    static void grow() {
        database = TestDatabase.fresh();
        PostgresPartitions partitions = new PostgresPartitions(database.pool(), EVENTS / 4);
        partitions.make(EVENTS);
        log = new PostgresEventLog(database.pool(), database.direct(), partitions, List.of(), Duration.ofDays(7));
        database.jdbi().useHandle(db -> {
            db.execute("""
                    INSERT INTO event (position, tenant, source, model, record_key, operation, event_type, priority, category,
                                       occurred_at, received_at, payload)
                    SELECT n, CASE n WHEN 2 THEN 'rare' ELSE 'default' END, 'test', CASE n WHEN 1 THEN 'once' ELSE 'booking' END,
                           'k', 'write', 'x', 'medium', 'business', now(), 'epoch'::timestamptz + n / 10 * interval '1 second', '{}'
                    FROM generate_series(1, ?) AS n
                    """, EVENTS);
            db.execute("UPDATE log_head SET position = ?", EVENTS);
            db.execute(
                    "INSERT INTO deduplication (key_hash, position, events, expires_at)"
                            + " SELECT int8send(n), n, 1, now() + n * interval '1 second' FROM generate_series(1, 100000) AS n");
        });
        database.jdbi().useHandle(db -> db.execute("VACUUM ANALYZE"));
    }

    @AfterAll
    static void close() {
        log.close();
        database.close();
    }

    /** Pages of 8 KiB that a statement looks at. */
    private static int pages(String sql, Object... values) {
        List<String> lines = database.jdbi()
                .withHandle(db -> db.select("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + sql, values)
                        .mapTo(String.class)
                        .list());
        String plan = String.join("\n", lines);
        Matcher buffers = BUFFERS.matcher(plan.substring(0, plan.indexOf("Planning")));
        int pages = 0;
        if (buffers.find()) {
            for (int group = 1; group <= 2; group++) {
                pages += buffers.group(group) == null ? 0 : Integer.parseInt(buffers.group(group));
            }
        }
        return pages;
    }

    private static int ofModels(String sql, String tenant, String model, long after, long before) {
        return pages(
                sql,
                new String[] {tenant, tenant},
                new String[] {"none", model},
                after,
                before,
                after,
                before,
                100,
                100);
    }

    @Test
    void aRareModelCostsNoMoreThanACommonOne() {
        for (String sql : List.of(PostgresEventReads.OF_MODELS, PostgresEventReads.OF_MODELS_BACKWARDS)) {
            assertThat(ofModels(sql, "default", "once", 0, Long.MAX_VALUE)).isLessThan(60);
            assertThat(ofModels(sql, "default", "once", 1, Long.MAX_VALUE)).isLessThan(60);
            assertThat(ofModels(sql, "default", "once", 0, EVENTS)).isLessThan(60);
            assertThat(ofModels(sql, "default", "booking", 100, EVENTS)).isLessThan(60);
            assertThat(ofModels(sql, "unknown", "booking", 0, Long.MAX_VALUE)).isLessThan(60);
        }
    }

    @Test
    void aTenantWithOneEventCostsNoMoreThanTheLargest() {
        for (String sql : List.of(PostgresEventReads.OF_TENANT, PostgresEventReads.OF_TENANT_BACKWARDS)) {
            for (String tenant : List.of("rare", "default", "unknown")) {
                assertThat(pages(sql, new String[] {tenant}, 2L, Long.MAX_VALUE, 2L, Long.MAX_VALUE, 100))
                        .isLessThan(60);
            }
        }
    }

    @Test
    void aTimeIsFoundByAFewLooksIntoTheKey() {
        for (long n : List.of(0L, 10L, 99_990L, 1_999_980L, 5_000_000L)) {
            OffsetDateTime time = Instant.ofEpochSecond(n / 10).atOffset(ZoneOffset.UTC);
            assertThat(pages(PostgresEventReads.FIRST_SINCE, time, time)).isLessThan(200);
        }
        assertThat(log.firstSince(Instant.ofEpochSecond(10_000))).isEqualTo(100_000);
    }

    @Test
    void oldKeysAreFoundByTheirIndex() {
        List<String> plan = database.jdbi()
                .withHandle(db -> db.select("EXPLAIN " + PostgresEventLog.FORGET_KEYS, 1_000)
                        .mapTo(String.class)
                        .list());

        assertThat(plan)
                .anyMatch(line -> line.contains("deduplication_expires_at"))
                .anyMatch(line -> line.contains("Tid Scan"))
                .noneMatch(line -> line.contains("Seq Scan"));
    }

    @Test
    void theSameEventsAreReadAsByASearchOfTheTable() {
        assertThat(log.read("default", Set.of("once"), 0, 10))
                .extracting(Event::position)
                .containsExactly(1L);
        assertThat(log.readBackwards("rare", Set.of(), 0, Long.MAX_VALUE, 10))
                .extracting(Event::position)
                .containsExactly(2L);
        assertThat(log.read("default", Set.of("booking", "once"), EVENTS / 4 - 3, 6))
                .extracting(Event::position)
                .containsExactly(49_998L, 49_999L, 50_000L, 50_001L, 50_002L, 50_003L);
    }
}
