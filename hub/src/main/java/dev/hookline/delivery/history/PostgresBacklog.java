package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** How far behind subscriptions are, and what has been given up. Every count stops at 100,000, and says so. */
public final class PostgresBacklog {
    private static final int COUNTED_MAX = 100_000;

    /** What a node has from fan-out is in no other table: it lies above what the nodes say they hold nothing below. */
    private static final String OF_ONE = """
            WITH s AS (
              SELECT id, active FROM subscription WHERE tenant = :tenant AND id = :id AND NOT deleted
            ), due AS (
              SELECT q.position, q.attempts, q.holder
              FROM delivery_due q JOIN s ON q.subscription = s.id
              ORDER BY q.position
              LIMIT :most
            ), fresh AS (
              SELECT d.position, d.holder
              FROM delivery d JOIN s ON d.subscription = s.id
              WHERE d.position >= (SELECT coalesce(min(low_water), 0) FROM node)
              ORDER BY d.position
              LIMIT :most
            ), held AS (
              SELECT position FROM fresh WHERE holder IS NOT NULL
            ), oldest AS (
              SELECT least((SELECT min(position) FROM due), (SELECT min(position) FROM held)) AS position
            ), dead AS (
              SELECT l.position FROM dead_letter l JOIN s ON l.subscription = s.id LIMIT :most
            )
            SELECT (SELECT count(*) FROM due) + (SELECT count(*) FROM held) AS backlog,
                   (SELECT count(*) FROM due WHERE attempts > 0) AS retrying,
                   (SELECT count(*) FROM due WHERE holder IS NULL AND NOT s.active) AS paused,
                   (SELECT count(*) FROM due WHERE holder IS NOT NULL) + (SELECT count(*) FROM held) AS held,
                   (SELECT count(*) FROM dead) AS dead,
                   (SELECT count(*) FROM due) >= :most OR (SELECT count(*) FROM fresh) >= :most
                     OR (SELECT count(*) FROM dead) >= :most AS least,
                   o.position AS oldest, e.received_at
            FROM s, oldest o LEFT JOIN event e ON e.position = o.position
            """;

    private static final String DEAD_LETTERS = """
            WITH l AS MATERIALIZED (
              SELECT l.subscription, l.position, l.died_at
              FROM subscription s
              CROSS JOIN LATERAL (
                SELECT * FROM dead_letter l WHERE l.subscription = s.id ORDER BY l.position DESC LIMIT :most
              ) l
              WHERE s.tenant = :tenant AND NOT s.deleted
              LIMIT :most
            )
            SELECT 'subscription' AS by, subscription::text AS value, count(*) AS count, min(died_at) AS oldest, max(died_at) AS newest
            FROM l GROUP BY subscription
            UNION ALL
            SELECT 'event', coalesce(e.event_type, ''), count(*), min(died_at), max(died_at)
            FROM l LEFT JOIN event e ON e.position = l.position GROUP BY 2
            ORDER BY 1, 3 DESC, 2
            """;

    /** What is urgent has a head start, so that it is due before its event was received. */
    private static final String OVERDUE = """
            SELECT s.tenant, extract(epoch FROM clock_timestamp()
                     - min(CASE WHEN q.attempts = 0 THEN greatest(q.due_at, e.received_at) ELSE q.due_at END)
                   )::double precision AS seconds
            FROM subscription s
            CROSS JOIN LATERAL (
              SELECT position, due_at, attempts FROM delivery_due q
              WHERE q.subscription = s.id AND q.holder IS NULL AND NOT q.waiting AND q.due_at <= clock_timestamp()
              ORDER BY q.due_at
              LIMIT 1
            ) q
            LEFT JOIN event e ON e.position = q.position
            WHERE s.active AND NOT s.deleted
            GROUP BY s.tenant
            ORDER BY seconds DESC
            LIMIT :limit
            """;

    private final Jdbi jdbi;
    private final Time time;

    public PostgresBacklog(Jdbi jdbi, Time time) {
        this.jdbi = jdbi;
        this.time = time;
    }

    /** How far behind a subscription of the tenant is; empty when there is none of this id. */
    Optional<ObjectNode> of(String tenant, long subscription) {
        return jdbi.withHandle(db -> db.createQuery(OF_ONE)
                .bind("tenant", tenant)
                .bind("id", subscription)
                .bind("most", COUNTED_MAX)
                .map((row, _) -> {
                    Instant oldest =
                            row.getObject("received_at") == null ? null : PostgresDeliveries.time(row, "received_at");
                    return Json.object()
                            .put("subscription_id", subscription)
                            .put("backlog", row.getLong("backlog"))
                            .put("retrying", row.getLong("retrying"))
                            .put("paused", row.getLong("paused"))
                            .put("held", row.getLong("held"))
                            .put("dead", row.getLong("dead"))
                            .put("counts_are_least", row.getBoolean("least"))
                            .put("oldest_event_id", row.getObject("oldest", Long.class))
                            .put("oldest_received_at", oldest == null ? null : oldest.toString())
                            .put("lag_seconds", oldest == null ? 0.0 : seconds(oldest));
                })
                .findOne());
    }

    private double seconds(Instant since) {
        return Math.max(0, Duration.between(since, time.now()).toMillis() / 1_000.0);
    }

    /** For how long the longest due delivery of each tenant has been due, of those tenants with the longest. */
    Map<String, Double> overdueSeconds(int tenantsMax) {
        return jdbi.withHandle(db -> db.createQuery(OVERDUE)
                .bind("limit", tenantsMax)
                .reduceResultSet(new HashMap<>(), (all, row, _) -> {
                    all.put(row.getString("tenant"), Math.max(0, row.getDouble("seconds")));
                    return all;
                }));
    }

    /** The dead letters of a tenant, counted by subscription and by event type; those of deleted subscriptions do not count. */
    ObjectNode deadLetters(String tenant) {
        ObjectNode answer = Json.object();
        ArrayNode subscriptions = Json.object().putArray("by_subscription");
        ArrayNode events = Json.object().putArray("by_event");
        long[] total = new long[1];
        Instant[] range = new Instant[2];
        jdbi.useHandle(db -> db.createQuery(DEAD_LETTERS)
                .bind("tenant", tenant)
                .bind("most", COUNTED_MAX)
                .map((row, _) -> {
                    long count = row.getLong("count");
                    if (row.getString("by").equals("event")) {
                        events.addObject().put("event", row.getString("value")).put("count", count);
                        return count;
                    }
                    subscriptions
                            .addObject()
                            .put("subscription_id", row.getLong("value"))
                            .put("count", count);
                    total[0] += count;
                    Instant oldest = PostgresDeliveries.time(row, "oldest");
                    Instant newest = PostgresDeliveries.time(row, "newest");
                    range[0] = range[0] == null || oldest.isBefore(range[0]) ? oldest : range[0];
                    range[1] = range[1] == null || newest.isAfter(range[1]) ? newest : range[1];
                    return count;
                })
                .list());
        answer.put("total", total[0]).put("total_is_least", total[0] >= COUNTED_MAX);
        answer.set("by_subscription", subscriptions);
        answer.set("by_event", events);
        return answer.put("oldest_at", range[0] == null ? null : range[0].toString())
                .put("newest_at", range[1] == null ? null : range[1].toString());
    }
}
