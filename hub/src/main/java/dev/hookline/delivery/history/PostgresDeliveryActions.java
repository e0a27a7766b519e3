package dev.hookline.delivery.history;

import dev.hookline.delivery.DeliveryKey;
import dev.hookline.delivery.PostgresLanes;
import dev.hookline.delivery.RecordLane;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * What people do to deliveries: retry now, replay, cancel. Like all that changes deliveries it locks the subscriptions first,
 * then what is due, then the deliveries, each in the order of its keys.
 */
public final class PostgresDeliveryActions {
    private static final String WANTED = """
            WITH wanted AS (
              SELECT * FROM unnest(:subscriptions::bigint[], :positions::bigint[], :lanes::bigint[])
                AS u (subscription, position, lane)
            ),
            """;

    /** The records of deliveries to ordered subscriptions. */
    private static final String RECORDS = """
            SELECT w.subscription, w.position, e.model, e.record_key
            FROM unnest(:subscriptions::bigint[], :positions::bigint[]) AS w (subscription, position)
            JOIN subscription s ON s.id = w.subscription AND s.settings @> '{"ordered": true}'
            JOIN event e ON e.position = w.position
            """;

    /**
     * One that waits for its retry goes now, and the attempt counts for none of the policy's: should it fail, the retry comes
     * as it was planned. One that has ended begins its policy anew; one that blocks its record keeps its row, which is due
     * again.
     */
    private static final String RETRY = WANTED + """
            s AS (
              SELECT id, active FROM subscription
              WHERE tenant = :tenant AND NOT deleted AND id IN (SELECT subscription FROM wanted)
              ORDER BY id
              FOR NO KEY UPDATE
            ), waiting AS (
              SELECT q.subscription, q.position
              FROM delivery_due q JOIN wanted USING (subscription, position) JOIN s ON s.id = q.subscription
              WHERE s.active AND q.holder IS NULL AND q.due_at > clock_timestamp() AND q.due_at < 'infinity'
              ORDER BY q.subscription, q.position
              FOR UPDATE OF q
            ), hastened AS (
              UPDATE delivery_due q SET due_at = clock_timestamp(), attempts = greatest(q.attempts - 1, 0)
              FROM waiting w
              WHERE q.subscription = w.subscription AND q.position = w.position
              RETURNING q.subscription, q.position
            ), ended AS (
              SELECT d.subscription, d.position, wanted.lane
              FROM delivery d JOIN wanted USING (subscription, position) JOIN s ON s.id = d.subscription
              WHERE d.status IN ('dead', 'delivered', 'cancelled') AND d.status = ANY (:statuses::text[])
                AND EXISTS (SELECT 1 FROM event e WHERE e.position = d.position)
              ORDER BY d.subscription, d.position
              FOR UPDATE OF d
            ), again AS (
              UPDATE delivery d SET status = 'pending', updated_at = clock_timestamp()
              FROM ended e
              WHERE d.subscription = e.subscription AND d.position = e.position
              RETURNING d.subscription, d.position, e.lane
            ), queued AS (
              INSERT INTO delivery_due (subscription, position, due_at, attempts, lane)
              SELECT a.subscription, a.position, clock_timestamp(), 0, a.lane
              FROM again a
              ON CONFLICT (subscription, position) DO UPDATE SET due_at = excluded.due_at, attempts = 0
            ), alive AS (
              DELETE FROM dead_letter l USING again a
              WHERE l.subscription = a.subscription AND l.position = a.position
            )
            SELECT subscription, position, 'HASTENED' AS done FROM hastened
            UNION ALL
            SELECT subscription, position, 'QUEUED' FROM again
            """;

    /** As a change of the subscription: it waits for outcomes under way that would queue a delivery again, and locks them out. */
    private static final String LOCK = """
            SELECT id FROM subscription WHERE tenant = :tenant AND id = ANY(:subscriptions) ORDER BY id FOR NO KEY UPDATE
            """;

    private static final String CANCEL = WANTED + """
            waiting AS (
              SELECT q.subscription, q.position
              FROM delivery_due q JOIN wanted USING (subscription, position)
              WHERE q.subscription IN (SELECT id FROM subscription WHERE tenant = :tenant) AND q.due_at < 'infinity'
              ORDER BY q.subscription, q.position
              FOR UPDATE OF q
            ), gone AS (
              DELETE FROM delivery_due q USING waiting w
              WHERE q.subscription = w.subscription AND q.position = w.position
              RETURNING q.subscription, q.position, q.holder, q.lane
            ), open AS (
              SELECT d.subscription, d.position, d.holder
              FROM delivery d JOIN wanted USING (subscription, position)
              WHERE d.subscription IN (SELECT id FROM subscription WHERE tenant = :tenant)
                AND d.status IN ('pending', 'retrying') AND (SELECT count(*) FROM gone) >= 0
              ORDER BY d.subscription, d.position
              FOR UPDATE OF d
            ), cancelled AS (
              UPDATE delivery d SET status = 'cancelled', holder = NULL, updated_at = clock_timestamp()
              FROM open o
              WHERE d.subscription = o.subscription AND d.position = o.position
              RETURNING d.subscription, d.position, o.holder
            )
            SELECT c.subscription, c.position,
                   CASE WHEN coalesce(c.holder, g.holder) IS NULL THEN 'CANCELLED' ELSE 'CANCELLED_IN_FLIGHT' END AS done,
                   g.lane
            FROM cancelled c LEFT JOIN gone g USING (subscription, position)
            """;

    private static final String SKIP = WANTED + """
            gone AS (
              DELETE FROM delivery_due q USING wanted w
              WHERE q.subscription = w.subscription AND q.position = w.position AND q.due_at = 'infinity' AND q.holder IS NULL
                AND q.subscription IN (SELECT id FROM subscription WHERE tenant = :tenant)
              RETURNING q.subscription, q.position, q.lane
            )
            SELECT subscription, position, 'SKIPPED' AS done, lane FROM gone
            """;

    /** How a delivery can have ended. */
    static final List<String> ENDED = List.of("dead", "delivered", "cancelled");

    /** What was done to a delivery. */
    public enum Done {
        /** Its retry is due now. */
        HASTENED,
        /** It had ended, and is due again. */
        QUEUED,
        CANCELLED,
        /** It stays dead, and what follows of its record goes on. */
        SKIPPED,
        /** As {@link #CANCELLED}, but a node has it in memory: it may still be sent once. */
        CANCELLED_IN_FLIGHT
    }

    private final Jdbi jdbi;

    public PostgresDeliveryActions(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Makes deliveries due now. Those that are on their way, paused or not the tenant's, or whose event is gone, are not in the answer. */
    public Map<DeliveryKey, Done> retry(String tenant, Collection<DeliveryKey> keys) {
        return jdbi.withHandle(db -> retry(db, tenant, keys, ENDED));
    }

    /** As {@link #retry(String, Collection)}, within a transaction; of those that have ended only those with these statuses. */
    static Map<DeliveryKey, Done> retry(
            Handle db, String tenant, Collection<DeliveryKey> keys, Collection<String> statuses) {
        if (keys.isEmpty()) {
            return Map.of();
        }
        Query query = db.createQuery(RETRY).bindArray("statuses", String.class, statuses);
        Map<DeliveryKey, Done> done = new HashMap<>();
        bind(query, keys, lanes(db, keys)).bind("tenant", tenant).reduceResultSet(done, (all, row, _) -> {
            all.put(key(row), Done.valueOf(row.getString("done")));
            return all;
        });
        return done;
    }

    /** The lanes of those deliveries whose subscription keeps the order of records. */
    static Map<DeliveryKey, Long> lanes(Handle db, Collection<DeliveryKey> keys) {
        return bind(db.createQuery(RECORDS), keys).reduceResultSet(new HashMap<>(), (all, row, _) -> {
            all.put(key(row), RecordLane.of(row.getString("model"), row.getString("record_key")));
            return all;
        });
    }

    /** Ends deliveries that have not ended. */
    Map<DeliveryKey, Done> cancel(String tenant, Collection<DeliveryKey> keys) {
        return remove(CANCEL, tenant, keys);
    }

    /** Lets what waits behind dead deliveries go on. */
    public Map<DeliveryKey, Done> skip(String tenant, Collection<DeliveryKey> keys) {
        return remove(SKIP, tenant, keys);
    }

    private Map<DeliveryKey, Done> remove(String sql, String tenant, Collection<DeliveryKey> keys) {
        return jdbi.inTransaction(db -> {
            db.createQuery(LOCK)
                    .bind("tenant", tenant)
                    .bindArray(
                            "subscriptions",
                            Long.class,
                            keys.stream()
                                    .map(DeliveryKey::subscription)
                                    .distinct()
                                    .toList())
                    .mapTo(Long.class)
                    .list();
            Map<DeliveryKey, Done> done = new HashMap<>();
            PostgresLanes left = new PostgresLanes();
            bind(db.createQuery(sql), keys, Map.of()).bind("tenant", tenant).reduceResultSet(done, (all, row, _) -> {
                all.put(key(row), Done.valueOf(row.getString("done")));
                left.add(row.getLong("subscription"), row.getObject("lane", Long.class));
                return all;
            });
            left.wake(db);
            return done;
        });
    }

    private static DeliveryKey key(ResultSet row) throws SQLException {
        return new DeliveryKey(row.getLong("subscription"), row.getLong("position"));
    }

    private static <S extends SqlStatement<S>> S bind(
            S statement, Collection<DeliveryKey> keys, Map<DeliveryKey, Long> lanes) {
        List<@Nullable Long> each = new ArrayList<>();
        keys.stream().distinct().forEach(key -> each.add(lanes.get(key)));
        return bind(statement, keys).bindArray("lanes", Long.class, each.toArray());
    }

    private static <S extends SqlStatement<S>> S bind(S statement, Collection<DeliveryKey> keys) {
        List<DeliveryKey> all = keys.stream().distinct().toList();
        return statement
                .bindArray(
                        "subscriptions",
                        Long.class,
                        all.stream().map(DeliveryKey::subscription).toList())
                .bindArray(
                        "positions",
                        Long.class,
                        all.stream().map(DeliveryKey::position).toList());
    }
}
