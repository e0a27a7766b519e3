package dev.hookline.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to one database, embedded or not. A pool for everything that is short, and single connections outside of
 * it for the one writer of the log. No connection is made before it is asked for.
 */
public final class Database implements AutoCloseable {
    static final int SERVER_VERSION_MIN = 16;

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Duration SOCKET_SILENCE_MAX = Duration.ofSeconds(60);
    private static final Duration TRANSACTION_MAX = Duration.ofSeconds(60);
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final Duration BETWEEN_CONNECTS = Duration.ofMillis(250);
    private static final Duration BETWEEN_LOG_LINES = Duration.ofSeconds(5);
    private static final int IDLE_CONNECTIONS_MIN = 2;
    private static final int INDEXED_CONNECTIONS = 4;
    private static final String FOR_ITS_VALUES = "-c plan_cache_mode=force_custom_plan";
    private static final String BY_INDEX = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
            + " -c enable_hashjoin=off -c enable_mergejoin=off -c enable_sort=off -c enable_bitmapscan=off";
    private static final List<String> SAFE_WHEN_ON = List.of("fsync", "full_page_writes", "synchronous_commit");

    // A setting that servers before 17 do not have, so it is not set by its name.
    private static final String LIMIT_TRANSACTIONS = "SELECT set_config(name, '" + TRANSACTION_MAX.toMillis()
            + "', false) FROM pg_settings WHERE name = 'transaction_timeout'";

    private final DatabaseAddress address;
    private final HikariDataSource pool;
    private final HikariDataSource byIndex;
    private final Jdbi jdbi;

    /**
     * @param connectionsMax size of the pool; two connections are kept open when idle
     * @param connectionWaitMax how long {@link #connection()} waits for a free connection, at least 250 ms
     */
    public Database(DatabaseAddress address, int connectionsMax, Duration connectionWaitMax) {
        this.address = address;
        HikariConfig config = new HikariConfig();
        config.setPoolName("hookline");
        config.setJdbcUrl(address.jdbcUrl());
        Properties pooled = properties(SOCKET_SILENCE_MAX);
        pooled.setProperty("options", FOR_ITS_VALUES);
        config.setDataSourceProperties(pooled);
        config.setMaximumPoolSize(connectionsMax);
        config.setMinimumIdle(Math.min(IDLE_CONNECTIONS_MIN, connectionsMax));
        config.setConnectionTimeout(connectionWaitMax.toMillis());
        config.setConnectionInitSql(LIMIT_TRANSACTIONS);
        config.setInitializationFailTimeout(-1);
        this.pool = new HikariDataSource(config);
        HikariConfig indexed = new HikariConfig();
        config.copyStateTo(indexed);
        indexed.setPoolName("hookline-by-index");
        Properties properties = properties(SOCKET_SILENCE_MAX);
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("options", BY_INDEX);
        indexed.setDataSourceProperties(properties);
        indexed.setMaximumPoolSize(Math.min(INDEXED_CONNECTIONS, connectionsMax));
        indexed.setMinimumIdle(0);
        this.byIndex = new HikariDataSource(indexed);
        this.jdbi = Jdbi.create(pool).installPlugin(new PostgresPlugin());
    }

    /** Waits 10 s for a free connection of the pool. */
    public Database(DatabaseAddress address, int connectionsMax) {
        this(address, connectionsMax, Duration.ofSeconds(10));
    }

    private Properties properties(Duration socketSilenceMax) {
        Properties properties = new Properties();
        properties.setProperty("user", address.user());
        if (!address.password().isEmpty()) {
            properties.setProperty("password", address.password());
        }
        if (!address.jdbcUrl().contains("ApplicationName=")) {
            properties.setProperty("ApplicationName", "hookline");
        }
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", Long.toString(CONNECT_MAX.toSeconds()));
        properties.setProperty("loginTimeout", Long.toString(CONNECT_MAX.toSeconds()));
        properties.setProperty("socketTimeout", Long.toString(socketSilenceMax.toSeconds()));
        return properties;
    }

    /**
     * A connection of the pool, in autocommit; closing it gives it back. A transaction on it may take 60 s. Every execution of a
     * statement is planned anew, for its values and for the tables' size at the time.
     */
    public Connection connection() throws SQLException {
        return pool.getConnection();
    }

    /** The pool, for the features' own {@code Postgres…} classes. */
    public DataSource pool() {
        return pool;
    }

    /**
     * New connections outside of the pool, for the one writer of the log. Every statement is prepared on the server from its
     * first use and planned once; and since a plan made while a table is tiny must not scan it when it has grown, these
     * connections join by index only. An answer that takes over 60 s breaks one.
     */
    public DataSource direct() {
        PGSimpleDataSource source = source("hookline");
        source.setConnectTimeout((int) CONNECT_MAX.toSeconds());
        source.setLoginTimeout((int) CONNECT_MAX.toSeconds());
        source.setSocketTimeout((int) SOCKET_SILENCE_MAX.toSeconds());
        source.setPrepareThreshold(1);
        source.setOptions(BY_INDEX);
        return source;
    }

    /** A small pool of such connections, for the threads that write deliveries. */
    public DataSource byIndex() {
        return byIndex;
    }

    private PGSimpleDataSource source(String applicationName) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(address.jdbcUrl());
        source.setUser(address.user());
        source.setPassword(address.password().isEmpty() ? null : address.password());
        source.setApplicationName(applicationName);
        source.setTcpKeepAlive(true);
        return source;
    }

    /** SQL off the hot path, over the pool. */
    public Jdbi jdbi() {
        return jdbi;
    }

    /**
     * Connects, and tries again for as long as the server is not there or still starting. A refusal that waiting does
     * not mend (wrong password, no such database) fails at once.
     *
     * @throws DatabaseStartException when there is no connection in the end
     */
    public void awaitReady(Duration wait) {
        Deadline deadline = Deadline.after(wait);
        Deadline quiet = Deadline.after(Duration.ZERO);
        while (true) {
            try {
                DriverManager.getConnection(address.jdbcUrl(), properties(CONNECT_MAX))
                        .close();
                return;
            } catch (SQLException e) {
                if (!mayPass(e) || deadline.passed()) {
                    throw new DatabaseStartException(
                            "No connection to the database " + address + ": " + e.getMessage()
                                    + ". Check that the server runs there and that DATABASE_URL names the right host,"
                                    + " database, user and password.",
                            e);
                }
                if (quiet.passed()) {
                    log.info("Waiting for the database {}: {}", address, e.getMessage());
                    quiet = Deadline.after(BETWEEN_LOG_LINES);
                }
            }
            try {
                deadline.pause(BETWEEN_CONNECTS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DatabaseStartException("The wait for the database was interrupted. Start again.", e);
            }
        }
    }

    /** Classes 08 (connection), 53 (resources) and 57 (starting up, shutting down) of PostgreSQL's error codes. */
    private static boolean mayPass(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("53") || state.startsWith("57"));
    }

    /**
     * Refuses a server that could lose what it has acknowledged: one with {@code fsync}, {@code full_page_writes} or
     * {@code synchronous_commit} other than {@code on}, or older than version 16.
     *
     * @throws DatabaseStartException naming the setting, its value and how to change it
     */
    public void requireSafeSettings() {
        try (Connection connection = connection();
                Statement statement = connection.createStatement()) {
            int version = connection.getMetaData().getDatabaseMajorVersion();
            if (version < SERVER_VERSION_MIN) {
                throw new DatabaseStartException("The database " + address + " runs PostgreSQL " + version
                        + "; the hub needs version " + SERVER_VERSION_MIN + " or newer. Upgrade that server, or unset"
                        + " DATABASE_URL to use the embedded one.");
            }
            for (String setting : SAFE_WHEN_ON) {
                requireOn(setting, show(statement, setting));
            }
        } catch (SQLException e) {
            throw new DatabaseStartException(
                    "Cannot read the settings of the database " + address + ": " + e.getMessage()
                            + ". Check that it runs and that the role may connect.",
                    e);
        }
    }

    private static String show(Statement statement, String setting) throws SQLException {
        try (ResultSet result = statement.executeQuery("SHOW " + setting)) {
            result.next();
            return result.getString(1);
        }
    }

    private void requireOn(String setting, String value) {
        if (!value.equals("on")) {
            throw new DatabaseStartException("The database " + address + " has " + setting + " = " + value
                    + ", so it could lose events it has confirmed. As superuser run ALTER SYSTEM SET " + setting
                    + " = 'on'; SELECT pg_reload_conf(); (and look for ALTER ROLE or ALTER DATABASE … SET " + setting
                    + "), then start again.");
        }
    }

    /**
     * Brings the tables up to date from {@code db/migration} on the class path; without any migrations there it does
     * nothing. Runs on a connection of its own, without time limit.
     *
     * @throws DatabaseStartException when a migration fails, or one that ran before was changed since
     */
    public void migrate() {
        try {
            MigrateResult result = Flyway.configure()
                    .loggers(FlywayLog.class.getName())
                    .dataSource(source("hookline-migrate"))
                    .locations("classpath:db/migration")
                    .failOnMissingLocations(false)
                    .validateOnMigrate(true)
                    .load()
                    .migrate();
            if (result.migrationsExecuted > 0) {
                log.info(
                        "Ran {} migrations, the tables are at {}",
                        result.migrationsExecuted,
                        result.targetSchemaVersion);
            }
        } catch (FlywayException e) {
            throw new DatabaseStartException(
                    "The tables of " + address + " cannot be brought up to date: " + e.getMessage()
                            + "\nStart the version of the hub that was used on this database before, or restore a"
                            + " backup.",
                    e);
        }
    }

    /** Closes the pool; connections in use break. */
    @Override
    public void close() {
        byIndex.close();
        pool.close();
    }
}
