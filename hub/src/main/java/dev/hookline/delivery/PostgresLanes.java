package dev.hookline.delivery;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jspecify.annotations.Nullable;

/**
 * Lanes of ordered subscriptions that have lost a row of what is due. Whoever removes such rows adds them here, and wakes what
 * follows, in the same transaction but in a statement after the removal.
 */
public final class PostgresLanes {
    /** Before {@link #WAKE}, with a view of its own: a row that was moved meanwhile would be missed where it was. */
    private static final String LOCK_FIRST = """
            SELECT 1
            FROM unnest(?::bigint[], ?::bigint[]) AS l (subscription, lane),
            LATERAL (
              SELECT 1 FROM delivery_due e
              WHERE e.subscription = l.subscription AND e.lane = l.lane
              ORDER BY e.position
              LIMIT 1
              FOR UPDATE
            ) first
            """;

    /** Lets the first row of each lane be claimed again, after rows of it were removed in the same transaction. */
    static final String WAKE = """
            UPDATE delivery_due q SET waiting = false
            WHERE q.ctid = ANY (ARRAY (
              SELECT first.at
              FROM unnest(?::bigint[], ?::bigint[]) AS l (subscription, lane),
              LATERAL (
                SELECT e.ctid AS at, e.waiting FROM delivery_due e
                WHERE e.subscription = l.subscription AND e.lane = l.lane
                ORDER BY e.position
                LIMIT 1
              ) first
              WHERE first.waiting
            ))
            """;

    private static final String BLOCKED = """
            SELECT s.subscription
            FROM unnest(?::bigint[]) AS s (subscription)
            WHERE EXISTS (
              SELECT 1 FROM delivery_due q
              WHERE q.subscription = s.subscription AND q.holder IS NULL AND NOT q.waiting AND q.due_at = 'infinity'
              OFFSET 0)
            """;

    private static final String UNBLOCK = """
            DELETE FROM delivery_due q
            WHERE q.ctid = ANY (ARRAY (
              SELECT blocking.at
              FROM unnest(?::bigint[]) AS s (subscription),
              LATERAL (
                SELECT q.ctid AS at FROM delivery_due q
                WHERE q.subscription = s.subscription AND q.holder IS NULL AND NOT q.waiting AND q.due_at = 'infinity'
                LIMIT 1000
                FOR UPDATE SKIP LOCKED
              ) blocking
            ))
            RETURNING q.subscription, q.lane
            """;

    /** The subscription's row is locked before any of its deliveries, as a change of it locks them. */
    private static final String LOCK_SUBSCRIPTIONS = """
            SELECT id FROM subscription WHERE id = ANY (?::bigint[]) ORDER BY id FOR SHARE
            """;

    private final List<Long> subscriptions = new ArrayList<>();
    private final List<Long> lanes = new ArrayList<>();

    /** Those that a statement answers: a subscription and a lane in each row. */
    private void read(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                add(row.getLong(1), row.getObject(2, Long.class));
            }
        }
    }

    /** A row that is gone: its subscription and lane; one without a lane keeps nothing back. */
    public void add(long subscription, @Nullable Long lane) {
        if (lane != null) {
            subscriptions.add(subscription);
            lanes.add(lane);
        }
    }

    /** Lets the first that is left of each lane go. */
    public void wake(Handle db) {
        try {
            wake(db.getConnection());
        } catch (SQLException e) {
            throw new TransactionException(e);
        }
    }

    /** Lets the first that is left of each lane go. */
    void wake(Connection db) throws SQLException {
        if (lanes.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = db.prepareStatement(LOCK_FIRST + ";" + WAKE)) {
            Array ofSubscriptions = db.createArrayOf("bigint", subscriptions.toArray());
            Array ofLanes = db.createArrayOf("bigint", lanes.toArray());
            statement.setArray(1, ofSubscriptions);
            statement.setArray(2, ofLanes);
            statement.setArray(3, ofSubscriptions);
            statement.setArray(4, ofLanes);
            statement.execute();
        }
    }

    private static void lock(Connection db, Collection<Long> subscriptions) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(LOCK_SUBSCRIPTIONS)) {
            statement.setArray(1, db.createArrayOf("bigint", subscriptions.toArray()));
            statement.execute();
        }
    }

    /** See {@link DeliveryStore#unblock}; answers of which subscriptions. */
    static List<Long> unblock(Connection db, Collection<Long> ids) throws SQLException {
        List<Long> blocked = blocked(db, ids);
        if (!blocked.isEmpty()) {
            PostgresLanes left = new PostgresLanes();
            lock(db, blocked);
            try (PreparedStatement statement = db.prepareStatement(UNBLOCK)) {
                statement.setArray(1, db.createArrayOf("bigint", blocked.toArray()));
                left.read(statement);
            }
            left.wake(db);
        }
        return blocked;
    }

    private static List<Long> blocked(Connection db, Collection<Long> ids) throws SQLException {
        List<Long> blocked = new ArrayList<>();
        try (PreparedStatement statement = db.prepareStatement(BLOCKED)) {
            statement.setArray(1, db.createArrayOf("bigint", ids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    blocked.add(row.getLong(1));
                }
            }
        }
        return blocked;
    }
}
