package dev.hookline.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseIT {
    @ParameterizedTest
    @ValueSource(strings = {"fsync", "full_page_writes", "synchronous_commit"})
    void refusesAServerThatCouldLoseAcknowledgedEvents(String setting, @TempDir Path home) {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(home, TestDatabase.binariesCache());
                Database database = new Database(postgres.address(), 2)) {
            database.requireSafeSettings();
            database.jdbi().useHandle(handle -> {
                handle.execute("ALTER SYSTEM SET " + setting + " = off");
                handle.execute("SELECT pg_reload_conf()");
            });

            await().untilAsserted(() -> assertThatExceptionOfType(DatabaseStartException.class)
                    .isThrownBy(database::requireSafeSettings)
                    .withMessageContaining(setting + " = off")
                    .withMessageContaining("ALTER SYSTEM SET " + setting + " = 'on'"));
        }
    }

    @Test
    void everyFreshDatabaseIsEmptyAndItsOwn() {
        try (Database one = TestDatabase.fresh();
                Database other = TestDatabase.fresh()) {
            one.jdbi().useHandle(handle -> handle.execute("CREATE TABLE only_here (n int)"));

            assertThat(tableExists(one, "only_here")).isTrue();
            assertThat(tableExists(other, "only_here")).isFalse();
        }
    }

    @Test
    void migrateMayRunAgain() {
        try (Database database = TestDatabase.fresh()) {
            database.migrate();

            assertThat(tableExists(database, "pg_class")).isTrue();
        }
    }

    @Test
    void connectionsNameThemselvesAndLimitTheirTransactions() {
        try (Database database = TestDatabase.fresh()) {
            assertThat(show(database, "application_name")).isEqualTo("hookline");
            assertThat(show(database, "transaction_timeout")).isEqualTo("1min");
        }
    }

    @Test
    void aDirectConnectionIsNoneOfThePool() throws SQLException {
        DatabaseAddress address = TestDatabase.freshAddress();
        try (Database database = new Database(address, 1, Duration.ofMillis(250));
                Connection pooled = database.connection();
                Connection direct = database.direct().getConnection()) {
            assertThat(direct.isValid(1)).isTrue();
            assertThat(pooled.isValid(1)).isTrue();
            assertThatExceptionOfType(SQLException.class).isThrownBy(database::connection);
        }
    }

    @Test
    void aWrongPasswordFailsAtOnceAndIsNotShown() {
        DatabaseAddress right = TestDatabase.freshAddress();
        DatabaseAddress wrong = new DatabaseAddress(right.jdbcUrl(), right.user(), "hunter2");
        try (Database database = new Database(wrong, 1)) {
            assertThatExceptionOfType(DatabaseStartException.class)
                    .isThrownBy(() -> database.awaitReady(Duration.ofMinutes(5)))
                    .withMessageContaining("password authentication failed")
                    .withMessageNotContaining("hunter2");
        }
    }

    @Test
    void aServerThatIsNotThereIsWaitedForAndThenNamed() throws IOException {
        try (Database database =
                new Database(DatabaseAddress.parse("postgres://u:p@127.0.0.1:" + freePort() + "/d"), 1)) {
            assertThatExceptionOfType(DatabaseStartException.class)
                    .isThrownBy(() -> database.awaitReady(Duration.ofMillis(600)))
                    .withMessageContaining("127.0.0.1")
                    .withMessageContaining("DATABASE_URL");
        }
    }

    @Test
    void aServerThatComesLateIsFound(@TempDir Path home) {
        DatabaseAddress address;
        try (EmbeddedPostgres first = EmbeddedPostgres.start(home, TestDatabase.binariesCache())) {
            address = first.address();
        }
        try (Database database = new Database(address, 1)) {
            Thread waiting = Thread.ofVirtual().start(() -> database.awaitReady(Duration.ofSeconds(30)));
            try (EmbeddedPostgres second = EmbeddedPostgres.start(home, TestDatabase.binariesCache())) {
                await().until(() -> !waiting.isAlive());
                assertThat(second.address()).isEqualTo(address);
                assertThat(show(database, "fsync")).isEqualTo("on");
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static String show(Database database, String setting) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("SHOW " + setting)
                        .mapTo(String.class)
                        .one());
    }

    private static boolean tableExists(Database database, String table) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT to_regclass(:table) IS NOT NULL")
                        .bind("table", table)
                        .mapTo(Boolean.class)
                        .one());
    }
}
