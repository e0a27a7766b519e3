package dev.hookline.eventlog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of {@code event}, and of the tables that follow it by position: 5 million positions each, made two ahead of
 * the head. A new one is created beside the table and attached: its indexes are there already, and the table is locked
 * against other changes of its partitions only, not against appends.
 */
public final class PostgresPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresPartitions.class);
    static final long POSITIONS = 5_000_000;
    private static final int AHEAD = 2;
    private static final String CHECK_VIOLATION = "23514";

    /**
     * A table that is partitioned by a column {@code position}.
     *
     * @param storage of its partitions, as SQL
     */
    record Table(String name, String storage) {}

    /** Events never change, and their plans need no statistics: sample a partition as it doubles, not at each tenth more. */
    private static final String SELDOM_SAMPLED =
            " WITH (autovacuum_analyze_scale_factor = 1, autovacuum_analyze_threshold"
                    + " = 100000, autovacuum_vacuum_insert_scale_factor = 1, autovacuum_vacuum_insert_threshold = 500000)";

    /**
     * In the order in which retention removes them: what refers to another comes after it. Deliveries change in place: with half
     * of each page free, no change touches an index.
     */
    static final List<Table> TABLES = List.of(
            new Table("event", SELDOM_SAMPLED),
            new Table("delivery", " WITH (fillfactor = 50)"),
            new Table("dead_letter", ""),
            new Table("order_event", SELDOM_SAMPLED));

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

    /** Tells how far the log has come; makes partitions in the background as soon as fewer than two are left. */
    void reached(long position) {
        if (position + AHEAD * positions >= until && making.compareAndSet(false, true)) {
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
        make(0);
    }

    /**
     * As {@link #make()}, beyond events that are about to be appended. It waits up to 5 s for others that change partitions.
     */
    void make(int events) {
        try (Connection db = pool.getConnection()) {
            db.setAutoCommit(false);
            try (Statement statement = db.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '5s'");
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('hookline.partitions'))");
                long head = queryLong(statement, "SELECT position FROM log_head");
                long last = (head + events) / positions + AHEAD;
                for (long number = head / positions; number <= last; number++) {
                    for (Table table : TABLES) {
                        makeOne(statement, table, number);
                    }
                }
                db.commit();
                until = (last + 1) * positions;
            } finally {
                if (!db.isClosed()) {
                    db.rollback();
                    db.setAutoCommit(true);
                }
            }
        } catch (SQLException e) {
            LOG.error("Cannot make partitions of the log; trying again with the next append: {}", e.getMessage());
        }
    }

    private void makeOne(Statement statement, Table table, long number) throws SQLException {
        String name = "%s_p%06d".formatted(table.name(), number);
        if (queryLong(statement, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('" + name + "')") > 0) {
            return;
        }
        long from = number * positions;
        long to = from + positions;
        statement.execute("CREATE TABLE %s (LIKE %s INCLUDING ALL)%s".formatted(name, table.name(), table.storage()));
        statement.execute("ALTER TABLE %s ADD CONSTRAINT %s_range CHECK (position >= %d AND position < %d)"
                .formatted(name, name, from, to));
        statement.execute("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)"
                .formatted(table.name(), name, from, to));
        LOG.info("Made partition {} for positions {} to {}", name, from, to - 1);
    }

    private static long queryLong(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /**
     * Whether a statement failed for want of a partition: that names a table and no constraint, in whatever language the server
     * speaks.
     */
    public static boolean isMissing(SQLException e) {
        return e instanceof PSQLException failure
                && CHECK_VIOLATION.equals(failure.getSQLState())
                && failure.getServerErrorMessage() != null
                && failure.getServerErrorMessage().getTable() != null
                && failure.getServerErrorMessage().getConstraint() == null;
    }
}
