package dev.hookline.intake.calls;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of {@code call_log}: one for each day, in UTC, made two days ahead, and dropped whole when the last of
 * their calls is older than what is kept. Safe on several nodes at once.
 */
final class PostgresCallPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresCallPartitions.class);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuuMMdd");
    private static final String PREFIX = "call_log_d";
    private static final int DAYS_AHEAD = 2;

    private static final String NAMES = """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'call_log'::regclass ORDER BY c.relname
            """;

    private final DataSource pool;
    private final int daysKept;

    PostgresCallPartitions(DataSource pool, int daysKept) {
        this.pool = pool;
        this.daysKept = daysKept;
    }

    /** Makes the partitions of yesterday, today and the next days, and drops those that are too old. */
    void keep(LocalDate today) throws SQLException {
        try (Connection db = pool.getConnection();
                Statement statement = db.createStatement()) {
            db.setAutoCommit(false);
            try {
                // Nothing waits long behind this: calls are written behind the answers, and reads are short.
                statement.execute("SET LOCAL lock_timeout = '5s'");
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('hookline.call-partitions'))");
                List<String> present = names(statement);
                for (LocalDate day = today.minusDays(1);
                        !day.isAfter(today.plusDays(DAYS_AHEAD));
                        day = day.plusDays(1)) {
                    if (!present.contains(name(day))) {
                        statement.execute(
                                "CREATE TABLE %s PARTITION OF call_log FOR VALUES FROM ('%s 00:00Z') TO ('%s 00:00Z')"
                                        .formatted(name(day), day, day.plusDays(1)));
                    }
                }
                String oldest = name(today.minusDays(daysKept));
                for (String name : present) {
                    if (name.startsWith(PREFIX) && name.compareTo(oldest) < 0) {
                        statement.execute("DROP TABLE " + name);
                        LOG.info("Dropped {}: calls are kept for {} days", name, daysKept);
                    }
                }
                db.commit();
            } catch (SQLException e) {
                db.rollback();
                throw e;
            } finally {
                db.setAutoCommit(true);
            }
        }
    }

    private static String name(LocalDate day) {
        return PREFIX + DAY.format(day);
    }

    private static List<String> names(Statement statement) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(NAMES)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }
}
