package dev.hookline.eventlog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of {@code event}, and of the tables that follow it by position: 5 million positions each, made two ahead of
 * the head. A new one is created beside the table and attached, which does not block appends.
 */
public final class PostgresPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresPartitions.class);
    static final long POSITIONS = 5_000_000;
    private static final int AHEAD = 2;
    private static final List<String> TABLES = List.of("event", "delivery", "order_event");

    private final DataSource pool;
    private final long positions;
    private final AtomicBoolean making = new AtomicBoolean();
    private volatile long until;

    public PostgresPartitions(DataSource pool) {
        this(pool, POSITIONS);
    }

    PostgresPartitions(DataSource pool, long positions) {
        this.pool = pool;
        this.positions = positions;
    }

    /** Tells how far the log has come; makes partitions in the background when they run short. */
    void reached(long position) {
        if (position + positions >= until && making.compareAndSet(false, true)) {
            Thread.ofVirtual().name("partitions").start(() -> {
                try {
                    make();
                } finally {
                    making.set(false);
                }
            });
        }
    }

    /** Makes what is missing, up to two partitions beyond the one in use. Safe on several nodes at once. */
    public void make() {
        try (Connection db = pool.getConnection()) {
            db.setAutoCommit(false);
            try (Statement statement = db.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '5s'");
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('hookline.partitions'))");
                long head = queryLong(statement, "SELECT position FROM log_head");
                long last = head / positions + AHEAD;
                for (long number = head / positions; number <= last; number++) {
                    for (String table : TABLES) {
                        makeOne(statement, table, number);
                    }
                }
                db.commit();
                until = (last + 1) * positions;
            } catch (SQLException e) {
                db.rollback();
                throw e;
            } finally {
                db.setAutoCommit(true);
            }
        } catch (SQLException e) {
            LOG.error("Cannot make partitions of the log; trying again with the next append: {}", e.getMessage());
        }
    }

    private void makeOne(Statement statement, String table, long number) throws SQLException {
        String name = "%s_p%06d".formatted(table, number);
        if (queryLong(statement, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('" + name + "')") > 0) {
            return;
        }
        long from = number * positions;
        long to = from + positions;
        statement.execute("CREATE TABLE %s (LIKE %s INCLUDING ALL)%s".formatted(name, table, options(table)));
        statement.execute("ALTER TABLE %s ADD CONSTRAINT %s_range CHECK (position >= %d AND position < %d)"
                .formatted(name, name, from, to));
        statement.execute(
                "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)".formatted(table, name, from, to));
        LOG.info("Made partition {} for positions {} to {}", name, from, to - 1);
    }

    /** Deliveries change in place: with half of each page free, no change touches an index. */
    private static String options(String table) {
        return table.equals("delivery") ? " WITH (fillfactor = 50)" : "";
    }

    private static long queryLong(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Whether an append failed for want of a partition. */
    static boolean isMissing(String sqlState, String message) {
        return sqlState.equals("23514") && message.contains("no partition of relation");
    }
}
