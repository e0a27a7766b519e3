package dev.hookline.delivery;

import dev.hookline.eventlog.PostgresPartitions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deliveries on PostgreSQL. Every call is one statement over arrays, whatever the number of deliveries, but for the burial
 * of dead nodes. A statement that gives something to this node, or takes its word, first locks the node's row against
 * deletion, so that no node is buried in between.
 */
final class PostgresDeliveryStore implements DeliveryStore {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDeliveryStore.class);
    private static final String FAN_OUT_CURSOR = "fan-out";

    private static final String OWN = """
            WITH me AS (SELECT id FROM node WHERE id = ? FOR KEY SHARE)
            UPDATE log_cursor c
            SET owner = me.id, fence = c.fence + 1
            FROM me
            WHERE c.name = ? AND (c.owner = me.id OR NOT EXISTS (SELECT 1 FROM node n WHERE n.id = c.owner))
            RETURNING c.position, c.fence
            """;

    static final String FAN_OUT = """
            WITH me AS (
              SELECT id FROM node WHERE id = ? FOR KEY SHARE
            ), version AS (
              SELECT version FROM subscription_version FOR SHARE
            ), moved AS (
              UPDATE log_cursor c SET position = ?
              FROM me, version v
              WHERE c.name = ? AND c.owner = me.id AND c.fence = ? AND c.position = ? AND v.version = ?
              RETURNING me.id AS node
            ), input AS (
              SELECT moved.node, u.*
              FROM moved, unnest(?::bigint[], ?::bigint[], ?::bool[], ?::bigint[], ?::int[])
                AS u (subscription, position, held, lane, start_millis)
            ), inserted AS (
              INSERT INTO delivery (subscription, position, status, holder)
              SELECT subscription, position, 'pending', CASE WHEN held THEN node END FROM input
            ), due AS (
              INSERT INTO delivery_due (subscription, position, due_at, attempts, lane)
              SELECT subscription, position, clock_timestamp() - start_millis * interval '1 millisecond', 0, lane
              FROM input WHERE NOT held
            )
            SELECT (SELECT count(*) FROM moved), (SELECT version FROM version)
            """;

    /**
     * Rows are looked up one by one behind a LIMIT, which no plan can turn round, and changed by where they are: a plan made
     * while the table is empty would else read all of it for each row of the input.
     *
     * <p>What has an earlier row of its lane is not taken. It is set to wait, if that row can be locked: who removes it then
     * comes after this, and finds it waiting. See {@link PostgresLanes}.
     */
    static final String CLAIM = """
            WITH me AS (
              SELECT id FROM node WHERE id = ? FOR KEY SHARE
            ), seen AS (
              SELECT d.*
              FROM unnest(?::bigint[], ?::int[]) AS room (subscription, deliveries)
              JOIN subscription s ON s.id = room.subscription AND s.active,
              LATERAL (
                SELECT q.ctid AS at, q.subscription, q.position, q.lane
                FROM delivery_due q
                WHERE q.subscription = room.subscription AND q.holder IS NULL AND NOT q.waiting
                  AND q.due_at <= statement_timestamp()
                ORDER BY q.due_at
                LIMIT room.deliveries
                FOR UPDATE SKIP LOCKED
              ) d
            ), later AS MATERIALIZED (
              SELECT s.at, (
                  SELECT count(*) FROM (
                    SELECT 1 FROM delivery_due e
                    WHERE e.subscription = s.subscription AND e.lane = s.lane AND e.position < s.position
                    ORDER BY e.position DESC
                    LIMIT 1
                    FOR KEY SHARE SKIP LOCKED
                  ) AS earlier
                ) > 0 AS waits
              FROM seen s
              WHERE s.lane IS NOT NULL AND EXISTS (
                SELECT 1 FROM delivery_due e
                WHERE e.subscription = s.subscription AND e.lane = s.lane AND e.position < s.position
                OFFSET 0)
            ), parked AS (
              UPDATE delivery_due q SET waiting = true WHERE q.ctid = ANY (ARRAY (SELECT at FROM later WHERE waits))
              RETURNING q.subscription, q.position, q.attempts
            ), taken AS (
              UPDATE delivery_due q SET holder = (SELECT id FROM me)
              WHERE q.ctid = ANY (ARRAY (SELECT at FROM seen WHERE at <> ALL (ARRAY (SELECT at FROM later))))
                AND EXISTS (SELECT 1 FROM me)
              RETURNING q.subscription, q.position, q.attempts
            )
            SELECT subscription, position, attempts, true FROM taken
            UNION ALL
            SELECT subscription, position, attempts, false FROM parked
            """;

    private static final String AWAIT_CALLS = """
            SELECT id FROM node WHERE id = ? FOR UPDATE
            """;

    private static final String CLAIMED = """
            SELECT subscription, position, attempts FROM delivery_due WHERE holder = ?
            """;

    private static final String WRITTEN = """
            UPDATE delivery d
            SET status = CASE
                  WHEN o.again AND o.status <> 'blocking' AND EXISTS (SELECT 1 FROM s WHERE s.id = o.subscription AND s.deleted) THEN 'cancelled'
                  WHEN o.status = 'blocking' THEN 'dead'
                  ELSE o.status END,
                attempts = greatest(o.attempts, d.attempts + CASE WHEN o.started_us IS NULL THEN 0 ELSE 1 END),
                last_code = o.code, last_error = o.error, holder = NULL,
                updated_at = clock_timestamp()
            """;

    /**
     * The subscriptions are locked before the deliveries, as a change of a subscription locks them: no deadlock. Of those with
     * lanes that holds for every outcome, for {@link PostgresLanes} follows. As in {@link #CLAIM} rows are looked up one by
     * one. An outcome of an attempt that was counted already is of an earlier hold: it came late, and is left alone.
     */
    static final String SETTLE = """
            WITH me AS (
              SELECT id FROM node WHERE id = ? FOR KEY SHARE
            ), o AS (
              SELECT u.*, u.status IN ('retrying', 'pending', 'blocking') AS again
              FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::int[], ?::int[], ?::text[], ?::bigint[], ?::bigint[],
                          ?::int[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[],
                          ?::text[])
                AS u (subscription, position, status, attempts, code, error, delay_millis, started_us, attempt_code,
                      error_class, attempt_error, resolve_us, connect_us, answer_us, http_version, headers, answer)
            ), s AS (
              SELECT id, deleted FROM subscription
              WHERE id = ANY (ARRAY (SELECT subscription FROM o WHERE again))
                OR (id = ANY (ARRAY (SELECT subscription FROM o)) AND EXISTS (
                  SELECT 1 FROM delivery_due q WHERE q.subscription = subscription.id AND q.lane IS NOT NULL OFFSET 0))
              ORDER BY id
              FOR SHARE
            ), picked AS (
              SELECT o.*, q.at, q.lane
              FROM o, LATERAL (
                SELECT q.ctid AS at, q.lane FROM delivery_due q
                WHERE q.subscription = o.subscription AND q.position = o.position AND q.holder = (SELECT id FROM me)
                  AND (o.attempts > q.attempts OR (o.attempts = q.attempts AND o.status <> 'retrying'))
                  AND (SELECT count(*) FROM s) >= 0
                LIMIT 1
                FOR UPDATE
              ) q
            ), claimed AS (
              DELETE FROM delivery_due q WHERE q.ctid = ANY (ARRAY (SELECT at FROM picked)) RETURNING 1
            ), settled AS (
            """ + WRITTEN + """
              FROM picked o
              WHERE d.subscription = o.subscription AND d.position = o.position
              RETURNING d.subscription, d.position, d.status, d.attempts AS made, o.attempts, o.delay_millis, o.lane,
                        o.started_us, o.attempt_code, o.error_class, o.attempt_error, o.resolve_us, o.connect_us,
                        o.answer_us, o.http_version, o.headers, o.answer
            ), fresh AS (
            """ + WRITTEN + """
              FROM o, me
              WHERE d.subscription = o.subscription AND d.position = o.position AND d.holder = me.id
                AND (SELECT count(*) FROM s) >= 0
              RETURNING d.subscription, d.position, d.status, d.attempts AS made, o.attempts, o.delay_millis,
                        NULL::bigint AS lane, o.started_us, o.attempt_code, o.error_class, o.attempt_error, o.resolve_us, o.connect_us,
                        o.answer_us, o.http_version, o.headers, o.answer
            ), written AS (
              SELECT * FROM settled UNION ALL SELECT * FROM fresh
            ), requeued AS (
              INSERT INTO delivery_due (subscription, position, due_at, attempts, lane)
              SELECT w.subscription, w.position,
                     CASE WHEN w.status = 'dead' THEN 'infinity'
                          ELSE clock_timestamp() + w.delay_millis * interval '1 millisecond' END,
                     w.attempts, w.lane
              FROM written w JOIN s ON s.id = w.subscription
              WHERE (SELECT count(*) FROM claimed) >= 0
                AND (w.status IN ('retrying', 'pending')
                  OR (w.status = 'dead' AND w.delay_millis < 0 AND w.lane IS NOT NULL AND NOT s.deleted))
            ), died AS (
              INSERT INTO dead_letter (subscription, position)
              SELECT subscription, position FROM written WHERE status = 'dead'
              ON CONFLICT DO NOTHING
            ), kept AS (
              INSERT INTO attempt (at, subscription, position, number, started_at, code, error_class, error, resolve_us,
                                   connect_us, answer_us, http_version, headers, answer)
              SELECT clock_timestamp(), subscription, position, made,
                     to_timestamp(started_us::double precision / 1000000), attempt_code, error_class, attempt_error,
                     resolve_us, connect_us, answer_us, http_version, headers, answer
              FROM written
              WHERE started_us IS NOT NULL
            )
            SELECT subscription, position,
              CASE WHEN status IN ('retrying', 'pending') OR (status = 'dead' AND delay_millis < 0) THEN NULL ELSE lane END
            FROM written
            """;

    /** Of one subscription, which is locked against outcomes: those may wake what is due of it. */
    static final String CANCEL_DELETED = """
            WITH s AS (
              SELECT id FROM subscription
              WHERE deleted AND EXISTS (
                SELECT 1 FROM delivery_due q WHERE q.subscription = subscription.id AND q.holder IS NULL OFFSET 0)
              ORDER BY id
              LIMIT 1
              FOR NO KEY UPDATE
            ), picked AS (
              SELECT q.at
              FROM s, LATERAL (
                SELECT ctid AS at FROM delivery_due q
                WHERE q.subscription = s.id AND q.holder IS NULL
                LIMIT ?
                FOR UPDATE SKIP LOCKED
              ) q
            ), gone AS (
              DELETE FROM delivery_due q WHERE q.ctid = ANY (ARRAY (SELECT at FROM picked))
              RETURNING q.subscription, q.position
            ), cancelled AS (
              UPDATE delivery d SET status = 'cancelled', updated_at = clock_timestamp()
              FROM gone WHERE d.subscription = gone.subscription AND d.position = gone.position AND d.status <> 'dead'
            )
            SELECT count(*) FROM s
            """;

    private final DataSource direct;
    private final PostgresSubscriptions subscriptions;

    /**
     * On a database.
     *
     * @param direct connections on which no plan scans a table
     */
    PostgresDeliveryStore(DataSource direct, PostgresSubscriptions subscriptions) {
        this.direct = direct;
        this.subscriptions = subscriptions;
    }

    /** Something done on a connection. */
    private interface Work<T> {
        T on(Connection db) throws SQLException;
    }

    private <T> T call(Work<T> work) {
        try (Connection db = direct.getConnection()) {
            return work.on(db);
        } catch (SQLException e) {
            throw new StoreException(e);
        }
    }

    private <T> T transaction(Work<T> work) {
        return call(db -> {
            db.setAutoCommit(false);
            try {
                T result = work.on(db);
                db.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                db.rollback();
                throw e;
            } finally {
                db.setAutoCommit(true);
            }
        });
    }

    @Override
    public long join(Duration lease, boolean alone) {
        return transaction(db -> PostgresNodes.join(db, lease, alone));
    }

    @Override
    public boolean renew(long node, Duration lease, long lowWater) {
        return call(db -> PostgresNodes.renew(db, node, lease, lowWater));
    }

    @Override
    public void leave(long node) {
        transaction(db -> PostgresNodes.bury(db, node));
    }

    @Override
    public int buryDead() {
        return transaction(PostgresNodes::buryDead);
    }

    @Override
    public Optional<Ownership> own(long node) {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(OWN)) {
                statement.setLong(1, node);
                statement.setString(2, FAN_OUT_CURSOR);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(new Ownership(row.getLong(1), row.getLong(2))) : Optional.empty();
                }
            }
        });
    }

    @Override
    public FanOutResult fanOut(
            long node, Ownership from, long upTo, long subscriptionsVersion, List<NewDelivery> deliveries) {
        int size = deliveries.size();
        Long[] ids = new Long[size];
        Long[] positions = new Long[size];
        Boolean[] held = new Boolean[size];
        Long[] lanes = new Long[size];
        Integer[] startMillis = new Integer[size];
        for (int i = 0; i < size; i++) {
            NewDelivery delivery = deliveries.get(i);
            ids[i] = delivery.key().subscription();
            positions[i] = delivery.key().position();
            held[i] = delivery.held();
            lanes[i] = delivery.lane();
            startMillis[i] = (int) delivery.headStart().toMillis();
        }
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(FAN_OUT)) {
                statement.setLong(1, node);
                statement.setLong(2, upTo);
                statement.setString(3, FAN_OUT_CURSOR);
                statement.setLong(4, from.fence());
                statement.setLong(5, from.position());
                statement.setLong(6, subscriptionsVersion);
                statement.setArray(7, db.createArrayOf("bigint", ids));
                statement.setArray(8, db.createArrayOf("bigint", positions));
                statement.setArray(9, db.createArrayOf("bool", held));
                statement.setArray(10, db.createArrayOf("bigint", lanes));
                statement.setArray(11, db.createArrayOf("int4", startMillis));
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    if (row.getInt(1) == 1) {
                        return FanOutResult.DONE;
                    }
                    return row.getLong(2) == subscriptionsVersion
                            ? FanOutResult.NOT_OWNER
                            : FanOutResult.SUBSCRIPTIONS_CHANGED;
                }
            }
        });
    }

    @Override
    public long subscriptionsVersion() {
        return subscriptions.version();
    }

    @Override
    public long settledSubscriptionsVersion() {
        return subscriptions.settledVersion();
    }

    @Override
    public void filtersFailed(Map<Long, FilterFailure> failures) {
        subscriptions.filtersFailed(failures);
    }

    @Override
    public Subscriptions subscriptions() {
        return subscriptions.all();
    }

    @Override
    public Claim claim(long node, Map<Long, Integer> room) {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(CLAIM)) {
                statement.setLong(1, node);
                statement.setArray(2, db.createArrayOf("bigint", room.keySet().toArray(Long[]::new)));
                statement.setArray(3, db.createArrayOf("int4", room.values().toArray(Integer[]::new)));
                List<Claimed> taken = new ArrayList<>();
                Map<Long, Integer> seen = new HashMap<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        seen.merge(row.getLong(1), 1, Integer::sum);
                        if (row.getBoolean(4)) {
                            taken.add(claimed(row));
                        }
                    }
                }
                return new Claim(taken, seen);
            }
        });
    }

    @Override
    public List<Claimed> claimed(long node) {
        return transaction(db -> {
            try (PreparedStatement lock = db.prepareStatement(AWAIT_CALLS);
                    PreparedStatement statement = db.prepareStatement(CLAIMED)) {
                lock.setLong(1, node);
                lock.execute();
                statement.setLong(1, node);
                return claimed(statement);
            }
        });
    }

    private static List<Claimed> claimed(PreparedStatement statement) throws SQLException {
        List<Claimed> claimed = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                claimed.add(claimed(row));
            }
        }
        return claimed;
    }

    private static Claimed claimed(ResultSet row) throws SQLException {
        return new Claimed(new DeliveryKey(row.getLong(1), row.getLong(2)), row.getInt(3));
    }

    @Override
    public List<DeliveryKey> settle(long node, List<Outcome> outcomes) {
        return settle(node, outcomes, Map.of());
    }

    @Override
    public List<DeliveryKey> settle(long node, List<Outcome> outcomes, Map<DeliveryKey, Attempt> attempts) {
        OutcomeColumns columns = new OutcomeColumns(outcomes);
        try {
            return settle(node, columns, new AttemptColumns(outcomes, attempts));
        } catch (StoreException e) {
            if (attempts.isEmpty()
                    || !(e.getCause() instanceof SQLException sql)
                    || !PostgresPartitions.isMissing(sql)) {
                throw e;
            }
            LOG.error("Attempts are not kept, for they have no partition: {}", e.getMessage());
            return settle(node, columns, new AttemptColumns(outcomes, Map.of()));
        }
    }

    private List<DeliveryKey> settle(long node, OutcomeColumns columns, AttemptColumns attempts) {
        return transaction(db -> {
            try (PreparedStatement statement = db.prepareStatement(SETTLE)) {
                statement.setLong(1, node);
                statement.setArray(2, db.createArrayOf("bigint", columns.subscriptions));
                statement.setArray(3, db.createArrayOf("bigint", columns.positions));
                statement.setArray(4, db.createArrayOf("text", columns.statuses));
                statement.setArray(5, db.createArrayOf("int4", columns.attempts));
                statement.setArray(6, db.createArrayOf("int4", columns.codes));
                statement.setArray(7, db.createArrayOf("text", columns.errors));
                statement.setArray(8, db.createArrayOf("bigint", columns.delayMillis));
                int index = 9;
                for (AttemptColumns.Column column : attempts.all()) {
                    statement.setArray(
                            index++,
                            db.createArrayOf(column.type(), column.values().toArray()));
                }
                List<DeliveryKey> written = new ArrayList<>();
                PostgresLanes left = new PostgresLanes();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        written.add(new DeliveryKey(row.getLong(1), row.getLong(2)));
                        left.add(row.getLong(1), row.getObject(3, Long.class));
                    }
                }
                left.wake(db);
                return written;
            }
        });
    }

    @Override
    public boolean cancelDeleted() {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(CANCEL_DELETED)) {
                statement.setInt(1, PostgresSubscriptions.AT_ONCE);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return row.getInt(1) > 0;
                }
            }
        });
    }

    @Override
    public void unblock(Collection<Long> ids) {
        transaction(db -> PostgresLanes.unblock(db, ids));
    }

    @Override
    public void disable(Subscription subscription, String reason) {
        subscriptions.disable(subscription, reason);
    }
}
