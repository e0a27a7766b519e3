package dev.hookline.delivery.history;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of {@code attempt}: one for each day, in UTC and by the clock of the database, made ahead. Outcomes are
 * written beside it: a new partition is attached, which locks out changes of partitions only, and an old one is given to
 * {@link dev.hookline.eventlog.PostgresRetention}, which takes it away in steps. Safe on several nodes at once.
 */
public final class PostgresAttemptPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresAttemptPartitions.class);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuuMMdd");
    private static final int DAYS_AHEAD = 3;

    private static final String GIVE_UP = """
            INSERT INTO partition_removal (name, parent)
            SELECT c.relname, 'attempt'
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'attempt'::regclass AND c.relname < ?
            ON CONFLICT DO NOTHING
            """;

    private final DataSource pool;
    private final int daysKept;

    public PostgresAttemptPartitions(DataSource pool, int daysKept) {
        this.pool = pool;
        this.daysKept = daysKept;
    }

    /** Makes the partitions of yesterday, today and the next days, and gives up those that are too old. */
    public void keep() {
        try (Connection db = pool.getConnection()) {
            db.setAutoCommit(false);
            try (Statement statement = db.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '5s'");
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('hookline.attempt-partitions'))");
                LocalDate today = today(statement);
                for (int ahead = -1; ahead <= DAYS_AHEAD; ahead++) {
                    make(statement, today.plusDays(ahead));
                }
                giveUp(db, today.minusDays(daysKept));
                db.commit();
            } finally {
                db.rollback();
                db.setAutoCommit(true);
            }
        } catch (SQLException e) {
            LOG.error("Cannot make partitions of the attempts; trying again: {}", e.getMessage());
        }
    }

    private static LocalDate today(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT (now() AT TIME ZONE 'UTC')::date")) {
            row.next();
            return row.getObject(1, LocalDate.class);
        }
    }

    private static void make(Statement statement, LocalDate day) throws SQLException {
        String name = name(day);
        try (ResultSet row = statement.executeQuery("SELECT to_regclass('" + name + "') IS NOT NULL")) {
            row.next();
            if (row.getBoolean(1)) {
                return;
            }
        }
        String from = day + " 00:00Z";
        String to = day.plusDays(1) + " 00:00Z";
        statement.execute("CREATE TABLE %s (LIKE attempt INCLUDING ALL)".formatted(name));
        statement.execute("ALTER TABLE %s ADD CONSTRAINT %s_range CHECK (at >= '%s' AND at < '%s')"
                .formatted(name, name, from, to));
        statement.execute(
                "ALTER TABLE attempt ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')".formatted(name, from, to));
    }

    private void giveUp(Connection db, LocalDate oldest) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(GIVE_UP)) {
            statement.setString(1, name(oldest));
            int old = statement.executeUpdate();
            if (old > 0) {
                LOG.info("{} days of attempts go: they are kept for {} days", old, daysKept);
            }
        }
    }

    private static String name(LocalDate day) {
        return "attempt_d" + DAY.format(day);
    }
}
