package dev.hookline.devicesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.access.PostgresAccess;
import dev.hookline.eventlog.LogReaders;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresDevicesIT {
    private static final Device PHONE = new Device("default", 7, "phone");
    private static final CursorKey SALES = new CursorKey(PHONE, "sales_app", List.of());
    private static final CursorKey FILTERED = new CursorKey(PHONE, "sales_app", List.of("sale.order"));

    private final Instant now = Time.system().now().truncatedTo(ChronoUnit.MICROS);
    private Database database;
    private PostgresDevices devices;

    @BeforeEach
    void start() {
        database = TestDatabase.fresh();
        PostgresAccess access = new PostgresAccess(database.jdbi());
        access.makeTenant("default", "Default");
        access.makeTenant("other", "Other");
        makeUsers("default", 7, 8);
        makeUsers("other", 9, 9);
        devices = new PostgresDevices(database.pool(), database.byIndex(), database.jdbi(), Duration.ofDays(90));
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private void makeUsers(String tenant, long first, long last) {
        database.jdbi()
                .useHandle(db -> db.createUpdate("""
                        INSERT INTO app_user (id, tenant, username, password_hash, role) OVERRIDING SYSTEM VALUE
                        SELECT n, :tenant, 'user' || n, '', 'device' FROM generate_series(:first, :last) AS n
                        ON CONFLICT DO NOTHING
                        """)
                        .bind("tenant", tenant)
                        .bind("first", first)
                        .bind("last", last)
                        .execute());
    }

    private Acknowledgement to(Cursor cursor, long position, Instant at) {
        return new Acknowledgement(cursor.id(), cursor.epoch(), position, position, 1, 1, at);
    }

    @Test
    void aCursorOnlyMovesForward() {
        Cursor cursor = devices.open(SALES);

        devices.acknowledge(List.of(to(cursor, 10, now)));
        devices.acknowledge(List.of(to(cursor, 5, now.minusSeconds(9))));

        Cursor after = devices.open(SALES);
        assertThat(after).isEqualTo(new Cursor(cursor.id(), 0, 10, 10, now));
        assertThat(devices.open(FILTERED).position()).isZero();
        assertThat(devices.state(PHONE).orElseThrow().syncCount()).isEqualTo(2);
    }

    @Test
    void whatAPullSaysOfBeforeAResetIsNotTaken() {
        Cursor before = devices.open(SALES);
        devices.acknowledge(List.of(to(before, 10, now)));

        assertThat(devices.reset(PHONE)).isTrue();
        devices.acknowledge(List.of(to(before, 20, now)));

        assertThat(devices.open(SALES).position()).isZero();
        assertThat(devices.open(SALES).epoch()).isEqualTo(1);
        assertThat(devices.reset(new Device("default", 7, "unknown"))).isFalse();
    }

    @Test
    void aDeviceOfTheSameNameBelongsToItsUserAndTenant() {
        devices.acknowledge(List.of(to(devices.open(SALES), 10, now)));

        for (Device other : List.of(new Device("default", 8, "phone"), new Device("other", 9, "phone"))) {
            assertThat(devices.state(other)).isEmpty();
            assertThat(devices.open(new CursorKey(other, "sales_app", List.of()))
                            .position())
                    .isZero();
        }
    }

    @Test
    void whoSyncedOfLateKeepsWhatItHasNotReadAndLetsGoWhenTold() {
        devices.acknowledge(List.of(to(devices.open(SALES), 10, now)));
        devices.acknowledge(List.of(to(devices.open(FILTERED), 4, now.minus(Duration.ofDays(91)))));
        devices.register(new Device("default", 7, "never"), new PostgresDevices.Registration("mobile_app", null, null));

        assertThat(devices.needs(10)).isEmpty();
        assertThat(devices.needs(11)).containsExactly(new LogReaders.Need("device \"phone\" of user 7", 11));

        devices.giveUp(11);

        assertThat(devices.needs(11)).isEmpty();
        assertThat(devices.open(SALES).position()).isEqualTo(11);
        assertThat(devices.open(FILTERED).position()).isEqualTo(11);
    }

    @Test
    void devicesGoWithTheirUserAndKeepNothingMore() {
        devices.acknowledge(List.of(to(devices.open(SALES), 10, now)));
        assertThat(devices.needs(11)).hasSize(1);

        database.jdbi().useHandle(db -> db.execute("DELETE FROM app_user WHERE id = 7"));

        assertThat(devices.needs(11)).isEmpty();
        assertThat(devices.state(PHONE)).isEmpty();
    }

    /** One that gives up waits for the cursor with the lower id first, as an acknowledgement does: neither waits in a ring. */
    @Test
    void givingUpLocksInTheOrderOfTheCursors() throws Exception {
        long first = devices.open(SALES).id();
        long second = devices.open(FILTERED).id();
        // The row of the lower id now lies behind the other in the table.
        database.jdbi().useHandle(db -> db.execute("UPDATE sync_cursor SET models = models WHERE id = " + first));
        assertThat(first).isLessThan(second);
        try (Handle holder = database.jdbi().open()) {
            holder.begin();
            holder.execute("SELECT FROM sync_cursor WHERE id = " + first + " FOR UPDATE");
            Thread giving = Thread.ofVirtual().start(() -> devices.giveUp(5));
            await().until(() -> database.jdbi()
                    .withHandle(db -> db.createQuery("""
                                    SELECT EXISTS (
                                      SELECT FROM pg_stat_activity
                                      WHERE datname = current_database() AND wait_event_type = 'Lock')
                                    """).mapTo(Boolean.class).one()));

            int free = holder.createQuery("SELECT id FROM sync_cursor WHERE id = " + second + " FOR UPDATE NOWAIT")
                    .mapTo(Integer.class)
                    .list()
                    .size();

            assertThat(free).isEqualTo(1);
            holder.commit();
            giving.join();
        }
        assertThat(devices.open(SALES).position()).isEqualTo(5);
    }

    @Test
    void aUserHasAThousandDevicesAtMost() {
        database.jdbi().useHandle(db -> db.execute("""
                INSERT INTO sync_device (tenant, user_id, device_id, app_type, created_at)
                SELECT 'default', 7, 'old-' || n, 'x', now() - interval '1 day' FROM generate_series(1, 1000) AS n
                """));

        devices.open(SALES);

        assertThat(devices.state(PHONE)).isPresent();
        assertThat(devices.statistics("default", 7, null, null).devices()).isEqualTo(1_000);
    }

    @Test
    void bothStatementsOfAPullGoByIndex() {
        devices.open(SALES);
        makeUsers("default", 10, 20_000);
        database.jdbi().useHandle(db -> {
            db.execute("""
                    INSERT INTO sync_device (tenant, user_id, device_id, app_type)
                    SELECT 'default', n, 'd', 'x' FROM generate_series(10, 20000) AS n
                    """);
            db.execute("""
                    INSERT INTO sync_cursor (device, app_type, filter_hash, models)
                    SELECT id, 'x', '\\x00', '{}' FROM sync_device WHERE app_type = 'x'
                    """);
            db.execute("ANALYZE sync_device, sync_cursor");
            String find = "EXPLAIN "
                    + PostgresDevices.FIND
                            .replaceFirst("\\?", "'x'")
                            .replaceFirst("\\?", "'\\\\x00'")
                            .replaceFirst("\\?", "'default'")
                            .replaceFirst("\\?", "9")
                            .replaceFirst("\\?", "'d'");
            assertThat(db.createQuery(find).mapTo(String.class).list()).noneMatch(line -> line.contains("Seq Scan"));
        });
    }
}
