package dev.hookline.intake.calls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallLogIT {
    private final Database database = TestDatabase.fresh();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private PostgresCalls store;
    private CallLog log;

    @BeforeEach
    void make() {
        store = new PostgresCalls(database.direct(), database.jdbi());
        log = new CallLog(store, database.pool(), 30, Time.system(), registry);
    }

    @AfterEach
    void close() throws InterruptedException {
        log.close();
        database.close();
    }

    private static CallRecord call(Instant at, int status, @Nullable String body) {
        return call(at, "shop", status, null, body);
    }

    private static CallRecord call(
            Instant at, String source, int status, @Nullable String reason, @Nullable String body) {
        return new CallRecord(
                at,
                "default",
                source,
                "request-1",
                "POST",
                "/in/shop",
                status,
                reason,
                1_234_567,
                2,
                "203.0.113.1",
                Map.of("X-Own", "1").entrySet(),
                body == null ? null : CallRecord.Body.of(body.getBytes(UTF_8)),
                Set.of(),
                null,
                0,
                false,
                null);
    }

    private double unlogged() {
        return registry.get("webhook.calls.unlogged").counter().count();
    }

    private List<StoredCall> calls() {
        return store.list("default", null, 0, 999, Long.MAX_VALUE, 10_000);
    }

    @Test
    void callIsReadAsItWasWritten() {
        Instant at = Time.system().now();
        log.start();

        log.offer(call(at, 200, "{}"));

        await().until(() -> !calls().isEmpty());
        StoredCall stored = calls().getFirst();
        assertThat(stored.at()).isBetween(at.minusNanos(2_000), at.plusNanos(2_000));
        assertThat(stored.durationMicros()).isEqualTo(1_234);
        assertThat(stored.body()).isEqualTo("{}");
        assertThat(stored.headers().path("x-own").asText()).isEqualTo("1");
        assertThat(store.find("default", stored.id())).contains(stored);
        assertThat(store.find("other", stored.id())).isEmpty();
        assertThat(store.list("other", null, 0, 999, Long.MAX_VALUE, 10)).isEmpty();
    }

    @Test
    void callThatCannotBeWrittenTakesNoOtherOutOfTheLog() {
        Instant now = Time.system().now();
        log.offer(call(now, 200, null));
        log.offer(call(now, "not\0storable", 200, null, null));
        log.offer(call(now, "shop", 400, "Unexpected character '\0'", null));

        log.start();

        await().until(() -> calls().size() == 2);
        assertThat(calls().getFirst().reason()).isEqualTo("Unexpected character '\uFFFD'");
        await().until(() -> unlogged() == 1);
    }

    @Test
    void fullBufferCountsWhatItDoesNotTakeAndKeepsHalfForRefusals() {
        Instant now = Time.system().now();
        int accepted = 0;
        for (int i = 0; i < 5_000; i++) {
            if (log.hasRoom(false)) {
                log.offer(call(now, 200, null));
                accepted++;
            }
        }
        assertThat(accepted).isEqualTo(2_000);
        assertThat(unlogged()).isEqualTo(3_000);
        assertThat(log.hasRoom(true)).isTrue();
        log.offer(call(now, 401, null));

        log.start();

        await().until(() -> calls().size() == 2_001);
        assertThat(log.hasRoom(false)).isTrue();
    }

    @Test
    void largeBodiesAreBoundedByTheirBytes() {
        String body = "x".repeat(1 << 20);
        int taken = 0;
        while (log.hasRoom(true) && taken < 4_000) {
            log.offer(call(Time.system().now(), 401, body));
            taken++;
        }
        assertThat(taken).isLessThan(200);
    }

    @Test
    void closingWritesWhatIsLeft() throws InterruptedException {
        log.start();
        for (int i = 0; i < 700; i++) {
            log.offer(call(Time.system().now(), 200, null));
        }

        log.close();

        assertThat(calls()).hasSize(700);
        assertThat(log.hasRoom(true)).isFalse();
    }

    @Test
    void daysAreMadeAheadAndThoseTooOldAreDroppedWhole() throws SQLException {
        PostgresCallPartitions partitions = new PostgresCallPartitions(database.pool(), 30);
        LocalDate day = LocalDate.of(2026, 1, 31);
        partitions.keep(day);
        partitions.keep(day);
        assertThat(partitions())
                .containsExactly(
                        "call_log_d20260130", "call_log_d20260131", "call_log_d20260201", "call_log_d20260202");
        store.insert(List.of(
                call(day.atStartOfDay().toInstant(ZoneOffset.UTC), 200, "{}"),
                call(day.plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC), 200, "{}")));

        partitions.keep(day.plusDays(31));

        assertThat(partitions())
                .startsWith("call_log_d20260201")
                .contains("call_log_d20260305")
                .hasSize(6);
        assertThat(calls()).hasSize(1);
    }

    private List<String> partitions() {
        return database.jdbi()
                .withHandle(db -> db.createQuery(
                                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'call_log'::regclass ORDER BY 1")
                        .mapTo(String.class)
                        .list());
    }
}
