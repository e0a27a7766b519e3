package dev.hookline.eventlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;

/** Up to where each tenant has hidden its events: in the table, and in memory as of the last {@link #load}. They only rise. */
final class PostgresWatermarks {
    private static final String ALL = """
            SELECT tenant, position FROM log_watermark
            """;

    private static final String INSERT = """
            INSERT INTO log_watermark (tenant, position) VALUES (?, 0) ON CONFLICT DO NOTHING
            """;

    private static final String LOCK = """
            SELECT w.position, h.position FROM log_watermark w, log_head h WHERE w.tenant = ? FOR UPDATE OF w
            """;

    private static final String COUNT = """
            SELECT count(*) FROM event WHERE tenant = ? AND position > ? AND position <= ?
            """;

    private static final String RAISE = """
            UPDATE log_watermark SET position = ?, raised_at = clock_timestamp() WHERE tenant = ?
            """;

    private final DataSource pool;
    private final Map<String, Long> known = new ConcurrentHashMap<>();

    PostgresWatermarks(DataSource pool) {
        this.pool = pool;
    }

    long of(String tenant) {
        return known.getOrDefault(tenant, 0L);
    }

    void load() {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(ALL);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                known.merge(row.getString(1), row.getLong(2), Math::max);
            }
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private record Raised(long position, long events) {}

    /** Moves a tenant's mark up, at most to the head, and counts what that hides: each event once, whoever asks. */
    long raise(String tenant, long upTo) {
        try (Connection db = pool.getConnection()) {
            db.setAutoCommit(false);
            try {
                Raised raised = raise(db, tenant, upTo);
                db.commit();
                known.merge(tenant, raised.position(), Math::max);
                return raised.events();
            } finally {
                db.rollback();
                db.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private static Raised raise(Connection db, String tenant, long upTo) throws SQLException {
        try (PreparedStatement insert = db.prepareStatement(INSERT);
                PreparedStatement lock = db.prepareStatement(LOCK);
                PreparedStatement count = db.prepareStatement(COUNT);
                PreparedStatement raise = db.prepareStatement(RAISE)) {
            insert.setString(1, tenant);
            insert.executeUpdate();
            lock.setString(1, tenant);
            long mark;
            long target;
            try (ResultSet row = lock.executeQuery()) {
                row.next();
                mark = row.getLong(1);
                target = Math.min(upTo, row.getLong(2));
            }
            if (target <= mark) {
                return new Raised(mark, 0);
            }
            count.setString(1, tenant);
            count.setLong(2, mark);
            count.setLong(3, target);
            long events;
            try (ResultSet row = count.executeQuery()) {
                row.next();
                events = row.getLong(1);
            }
            raise.setLong(1, target);
            raise.setString(2, tenant);
            raise.executeUpdate();
            return new Raised(target, events);
        }
    }
}
