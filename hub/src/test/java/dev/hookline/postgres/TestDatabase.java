package dev.hookline.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Real databases for tests: one embedded server per JVM, started on first use and stopped when the JVM ends. Each
 * {@link #fresh()} is a copy of a database that was migrated once.
 */
public final class TestDatabase {
    private static final int CONNECTIONS_MAX = 5;
    private static final AtomicInteger made = new AtomicInteger();

    private TestDatabase() {}

    /** A migrated, empty database of its own, with a pool of five. The test closes it: the server takes 60 connections. */
    public static Database fresh() {
        return new Database(freshAddress(), CONNECTIONS_MAX);
    }

    /** As {@link #fresh()}, for a test that makes its own connections. */
    public static DatabaseAddress freshAddress() {
        String name = "test_" + made.incrementAndGet();
        execute(Server.TEMPLATE.administration, "CREATE DATABASE " + name + " TEMPLATE " + Template.NAME);
        return Server.TEMPLATE.named(name);
    }

    /** Where tests unpack PostgreSQL: once per build folder, or once for good with the system property. */
    public static Path binariesCache() {
        String set = System.getProperty("hookline.test.binaries");
        return set != null
                ? Path.of(set)
                : Path.of("target", "postgres-binaries").toAbsolutePath();
    }

    private static void execute(DatabaseAddress address, String sql) {
        try (Database database = new Database(address, 1);
                Connection connection = database.connection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("Failed: " + sql, e);
        }
    }

    private record Template(DatabaseAddress administration) {
        static final String NAME = "migrated";

        DatabaseAddress named(String database) {
            String url = administration.jdbcUrl();
            return new DatabaseAddress(
                    url.substring(0, url.lastIndexOf('/') + 1) + database,
                    administration.user(),
                    administration.password());
        }
    }

    private static final class Server {
        static final Template TEMPLATE = start();

        private static Template start() {
            Path home = temporaryFolder();
            EmbeddedPostgres postgres = EmbeddedPostgres.start(home, binariesCache());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(postgres, home), "test-database-stop"));
            Template template = new Template(postgres.address());
            execute(postgres.address(), "CREATE DATABASE " + Template.NAME);
            try (Database database = new Database(template.named(Template.NAME), 1)) {
                database.awaitReady(Duration.ofSeconds(10));
                database.migrate();
            }
            return template;
        }

        private static Path temporaryFolder() {
            try {
                return Files.createTempDirectory("hookline-test-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void stop(EmbeddedPostgres postgres, Path home) {
            try {
                // Nobody reads it again: what hundreds of databases have not yet written need not reach the disk.
                execute(postgres.address(), "ALTER SYSTEM SET fsync = off");
                execute(postgres.address(), "SELECT pg_reload_conf()");
                postgres.close();
                // Thousands of files, and the JVM has 30 s to end: a process that outlives it takes them away.
                new ProcessBuilder("rm", "-rf", home.toString()).start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
