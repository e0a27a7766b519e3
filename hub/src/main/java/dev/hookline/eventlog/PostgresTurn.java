package dev.hookline.eventlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Work that one node at a time does: whoever has the lock, which lives as long as its connection. */
final class PostgresTurn {
    private static final String TRY_LOCK = """
            SELECT pg_try_advisory_lock(hashtext(?))
            """;

    private final DataSource direct;
    private final String name;

    /**
     * Turns at one kind of work.
     *
     * @param direct opens connections outside the pool
     */
    PostgresTurn(DataSource direct, String name) {
        this.direct = direct;
        this.name = name;
    }

    /** Work on the connection that holds the lock, in autocommit. */
    interface Work {
        void on(Connection db) throws SQLException;
    }

    /** Does the work; false when another node is at it. */
    boolean take(Work work) {
        try (Connection db = direct.getConnection()) {
            try (PreparedStatement statement = db.prepareStatement(TRY_LOCK)) {
                statement.setString(1, name);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    if (!row.getBoolean(1)) {
                        return false;
                    }
                }
            }
            work.on(db);
            return true;
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }
}
