package dev.hookline.delivery;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The table {@code node}, and what becomes of what a node held when it ends. Each runs in a transaction of its caller. */
final class PostgresNodes {
    private static final String JOIN = """
            INSERT INTO node (lease_until, low_water)
            SELECT clock_timestamp() + ? * interval '1 millisecond', position FROM log_cursor WHERE name = 'fan-out'
            RETURNING id
            """;

    private static final String END_LEASES = """
            UPDATE node SET lease_until = '-infinity'
            """;

    private static final String RENEW = """
            UPDATE node SET lease_until = clock_timestamp() + ? * interval '1 millisecond', low_water = greatest(low_water, ?)
            WHERE id = ?
            """;

    private static final String REMOVE_DEAD = """
            DELETE FROM node
            WHERE id IN (SELECT id FROM node WHERE lease_until < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED)
            RETURNING id, low_water
            """;

    private static final String REMOVE = """
            DELETE FROM node WHERE id = ? RETURNING id, low_water
            """;

    private static final String FREE_HELD = """
            WITH s AS (
              SELECT id, deleted FROM subscription ORDER BY id FOR SHARE
            ), freed AS (
              UPDATE delivery d SET holder = NULL, status = CASE WHEN s.deleted THEN 'cancelled' ELSE d.status END
              FROM s
              WHERE d.subscription = s.id AND d.position >= ? AND d.holder = ?
              RETURNING d.subscription, d.position, d.attempts, s.deleted
            )
            INSERT INTO delivery_due (subscription, position, due_at, attempts)
            SELECT subscription, position, clock_timestamp(), attempts FROM freed WHERE NOT deleted
            """;

    private static final String FREE_CLAIMED = """
            WITH s AS (
              SELECT id, deleted FROM subscription ORDER BY id FOR SHARE
            ), freed AS (
              UPDATE delivery_due q SET holder = NULL
              FROM s
              WHERE q.subscription = s.id AND q.holder = ? AND NOT s.deleted
            ), gone AS (
              DELETE FROM delivery_due q USING s
              WHERE q.subscription = s.id AND q.holder = ? AND s.deleted
              RETURNING q.subscription, q.position
            )
            UPDATE delivery d SET status = 'cancelled', updated_at = clock_timestamp()
            FROM gone
            WHERE d.subscription = gone.subscription AND d.position = gone.position
            """;

    private PostgresNodes() {}

    /** See {@link DeliveryStore#join}. */
    static long join(Connection db, Duration lease, boolean alone) throws SQLException {
        if (alone) {
            try (PreparedStatement statement = db.prepareStatement(END_LEASES)) {
                statement.executeUpdate();
            }
            buryDead(db);
        }
        try (PreparedStatement statement = db.prepareStatement(JOIN)) {
            statement.setLong(1, lease.toMillis());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** See {@link DeliveryStore#renew}. */
    static boolean renew(Connection db, long node, Duration lease, long lowWater) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(RENEW)) {
            statement.setLong(1, lease.toMillis());
            statement.setLong(2, lowWater);
            statement.setLong(3, node);
            return statement.executeUpdate() == 1;
        }
    }

    /** Ends a node. */
    static int bury(Connection db, long node) throws SQLException {
        return bury(db, REMOVE, node);
    }

    /** See {@link DeliveryStore#buryDead}. */
    static int buryDead(Connection db) throws SQLException {
        return bury(db, REMOVE_DEAD, null);
    }

    /** The node's row goes first: whoever still works for it is waited for, and what it wrote is seen by what follows. */
    private static int bury(Connection db, String remove, @Nullable Long node) throws SQLException {
        Map<Long, Long> lowWaters = new LinkedHashMap<>();
        try (PreparedStatement statement = db.prepareStatement(remove)) {
            if (node != null) {
                statement.setLong(1, node);
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    lowWaters.put(row.getLong(1), row.getLong(2));
                }
            }
        }
        for (Map.Entry<Long, Long> dead : lowWaters.entrySet()) {
            try (PreparedStatement held = db.prepareStatement(FREE_HELD);
                    PreparedStatement claimed = db.prepareStatement(FREE_CLAIMED)) {
                held.setLong(1, dead.getValue());
                held.setLong(2, dead.getKey());
                held.executeUpdate();
                claimed.setLong(1, dead.getKey());
                claimed.setLong(2, dead.getKey());
                claimed.executeUpdate();
            }
        }
        return lowWaters.size();
    }
}
