package dev.hookline.delivery.history;

import dev.hookline.delivery.DeliveryKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** The deliveries that a tenant sees, and their attempts. */
public final class PostgresDeliveries {
    private static final int ATTEMPTS_MAX = 100;

    /** How many deliveries a page of a filtered list looks at, of all subscriptions; of one it is at least a page. */
    static final int LOOKED_AT_MAX = 20_000;

    private static final int OF_EVENTS_SECONDS_MAX = 10;

    private static final String SHOWN = """
            SELECT d.subscription, d.position, coalesce(e.event_type, array_to_string(s.events, ', ')) AS event, e.record_key,
                   s.url, d.attempts, d.last_code, d.last_error, d.created_at, d.updated_at,
                   nullif(q.due_at, 'infinity') AS due_at,
                   CASE WHEN d.status NOT IN ('pending', 'retrying') THEN d.status WHEN q.waiting THEN 'blocked'
                        WHEN q.holder IS NULL AND q.position IS NOT NULL AND NOT s.active AND NOT s.deleted THEN 'paused'
                        ELSE d.status END AS status
            """;

    private static final String JOINED = """
            JOIN subscription s ON s.id = d.subscription
            LEFT JOIN delivery_due q ON q.subscription = d.subscription AND q.position = d.position
            LEFT JOIN event e ON e.position = d.position
            """;

    /**
     * Looks at so many of each subscription, the newest events first; {@code covered} is how far down all of them were looked
     * at, and what lies below is left for the next page.
     */
    private static final String LIST = """
            WITH subs AS (
              SELECT id FROM subscription WHERE tenant = :tenant AND (:subscription::bigint IS NULL OR id = :subscription)
            ), share AS (
              SELECT CASE WHEN :sifts THEN greatest(:limit, :lookedAt / greatest(count(*), 1)) ELSE :limit END AS each FROM subs
            ), looked AS MATERIALIZED (
              SELECT d.*
              FROM subs s
              CROSS JOIN LATERAL (
                SELECT d.* FROM %s
                WHERE d.subscription = s.id AND d.position > :after AND d.position <= :belowPosition
                  AND (d.position < :belowPosition OR d.subscription < :belowSubscription)
                ORDER BY d.position DESC
                LIMIT (SELECT each FROM share)
              ) d
            ), covered AS (
              SELECT coalesce(max(lowest), 0) AS position
              FROM (
                SELECT min(position) AS lowest FROM looked GROUP BY subscription HAVING count(*) >= (SELECT each FROM share)
              ) f
            ), d AS (
              SELECT * FROM looked
              WHERE position >= (SELECT position FROM covered)
                AND (:status::text IS NULL OR status = :status
                     OR (:status IN ('paused', 'blocked') AND status IN ('pending', 'retrying') AND EXISTS (
                       SELECT 1 FROM delivery_due q JOIN subscription s ON s.id = q.subscription
                       WHERE q.subscription = looked.subscription AND q.position = looked.position
                         AND CASE WHEN :status = 'blocked' THEN q.waiting
                                  ELSE q.holder IS NULL AND NOT s.active AND NOT s.deleted AND NOT q.waiting END)))
                AND (NOT :byEvent OR EXISTS (
                       SELECT 1 FROM event e
                       WHERE e.position = looked.position
                         AND (:event::text IS NULL OR e.event_type = :event)
                         AND (:typePrefix::text IS NULL OR starts_with(e.event_type, :typePrefix))
                         AND (:recordKey::text IS NULL OR e.record_key = :recordKey)))
              ORDER BY position DESC, subscription DESC
              LIMIT :limit
            ), shown AS (
            """ + SHOWN + "FROM d\n" + JOINED + """
            )
            SELECT shown.*, covered.position AS covered
            FROM covered LEFT JOIN shown ON true
            ORDER BY shown.position DESC, shown.subscription DESC
            """;

    private static final String FIND = SHOWN + "FROM delivery d\n" + JOINED + """
            WHERE s.tenant = :tenant AND d.subscription = :subscription AND d.position = :position
            """;

    private static final String OF_EVENTS = SHOWN + """
            FROM subscription mine
            CROSS JOIN unnest(:positions) AS p (position)
            JOIN delivery d ON d.subscription = mine.id AND d.position = p.position
            """ + JOINED + """
            WHERE mine.tenant = :tenant
            ORDER BY d.position, d.subscription
            """;

    private static final String ATTEMPTS = """
            SELECT number, started_at, code, error_class, error, resolve_us, connect_us, answer_us, http_version, headers, answer
            FROM attempt
            WHERE subscription = :subscription AND position = :position AND at >= :since
            ORDER BY number DESC
            LIMIT :limit
            """;

    /**
     * A page of a list.
     *
     * @param next below which it goes on; null when this was the end. A page of a filtered list may be short, or empty, and
     *     still have one: it had looked at enough
     */
    public record Page(List<StoredDelivery> rows, @Nullable DeliveryKey next) {}

    private final Jdbi jdbi;

    public PostgresDeliveries(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** A tenant's deliveries, the newest events first, below a key in that order. */
    public Page list(String tenant, DeliveryFilter filter, DeliveryKey below, int limit) {
        List<StoredDelivery> rows = new ArrayList<>();
        DeliveryKey from = below.position() <= filter.upTo() ? below : new DeliveryKey(Long.MAX_VALUE, filter.upTo());
        long covered = jdbi.withHandle(db -> bind(db.createQuery(LIST.formatted(table(filter))), filter)
                .bind("tenant", tenant)
                .bind("subscription", filter.subscription())
                .bind("status", filter.status())
                .bind("after", filter.after())
                .bind("belowPosition", from.position())
                .bind("belowSubscription", from.subscription())
                .bind("sifts", filter.sifts())
                .bind("lookedAt", LOOKED_AT_MAX)
                .bind("limit", limit)
                .reduceResultSet(0L, (_, row, _) -> {
                    if (row.getObject("subscription") != null) {
                        rows.add(delivery(row));
                    }
                    return row.getLong("covered");
                }));
        if (rows.size() == limit) {
            return new Page(rows, rows.getLast().key());
        }
        return new Page(rows, covered > filter.after() + 1 ? new DeliveryKey(0, covered) : null);
    }

    /** The dead have a table of their own, which is short. */
    private static String table(DeliveryFilter filter) {
        return "dead".equals(filter.status())
                ? "dead_letter l JOIN delivery d ON d.subscription = l.subscription AND d.position = l.position"
                : "delivery d";
    }

    static <S extends SqlStatement<S>> S bind(S statement, DeliveryFilter filter) {
        return statement
                .bind("byEvent", filter.byEvent())
                .bind("event", filter.event())
                .bind("typePrefix", filter.typePrefix())
                .bind("recordKey", filter.resourceId());
    }

    Optional<StoredDelivery> find(String tenant, DeliveryKey key) {
        return jdbi.withHandle(db -> db.createQuery(FIND)
                .bind("tenant", tenant)
                .bind("subscription", key.subscription())
                .bind("position", key.position())
                .map((row, _) -> delivery(row))
                .findOne());
    }

    /** The deliveries of events, by their positions. */
    public Map<Long, List<StoredDelivery>> ofEvents(String tenant, Collection<Long> positions) {
        Map<Long, List<StoredDelivery>> found = new HashMap<>();
        jdbi.useHandle(db -> db.createQuery(OF_EVENTS)
                .setQueryTimeout(OF_EVENTS_SECONDS_MAX)
                .bind("tenant", tenant)
                .bindArray("positions", Long.class, List.copyOf(positions))
                .map((row, _) -> delivery(row))
                .forEach(delivery -> found.computeIfAbsent(delivery.key().position(), _ -> new ArrayList<>())
                        .add(delivery)));
        return found;
    }

    /** The newest attempts at a delivery, the last one first. */
    List<StoredAttempt> attempts(StoredDelivery delivery) {
        return jdbi.withHandle(db -> db.createQuery(ATTEMPTS)
                .bind("subscription", delivery.key().subscription())
                .bind("position", delivery.key().position())
                .bind("since", delivery.createdAt())
                .bind("limit", ATTEMPTS_MAX)
                .map((row, _) -> attempt(row))
                .list());
    }

    private static StoredDelivery delivery(ResultSet row) throws SQLException {
        return new StoredDelivery(
                new DeliveryKey(row.getLong("subscription"), row.getLong("position")),
                row.getString("event"),
                row.getString("record_key"),
                row.getString("url"),
                row.getString("status"),
                row.getInt("attempts"),
                row.getObject("last_code", Integer.class),
                row.getString("last_error"),
                time(row, "created_at"),
                time(row, "updated_at"),
                row.getObject("due_at") == null ? null : time(row, "due_at"));
    }

    private static StoredAttempt attempt(ResultSet row) throws SQLException {
        return new StoredAttempt(
                row.getInt("number"),
                time(row, "started_at"),
                row.getObject("code", Integer.class),
                row.getString("error_class"),
                row.getString("error"),
                row.getObject("resolve_us", Long.class),
                row.getObject("connect_us", Long.class),
                row.getObject("answer_us", Long.class),
                row.getString("http_version"),
                row.getString("headers"),
                row.getString("answer"));
    }

    static Instant time(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
