package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hookline.access.MasterKey;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code subscription}, and what clients see of deliveries. Every change first counts up the version, and so waits
 * for the fan-out under way, and makes the next one match again.
 */
public final class PostgresSubscriptions {
    private static final String COLUMNS = """
            SELECT id, tenant, url, event, sealed_secret, active, from_position, created_at, updated_at FROM subscription
            """;

    private static final String NEXT_VERSION = """
            UPDATE subscription_version SET version = version + 1
            """;

    private static final String INSERT = """
            INSERT INTO subscription (tenant, url, event, sealed_secret, secret_hint, from_position)
            SELECT :tenant, :url, :event, :sealed, :hint, position FROM log_head
            RETURNING id
            """;

    private static final String UPDATE = """
            UPDATE subscription
            SET url = coalesce(:url, url), event = coalesce(:event, event), sealed_secret = coalesce(:sealed, sealed_secret),
                secret_hint = coalesce(:hint, secret_hint), active = coalesce(:active, active), updated_at = now(),
                from_position = CASE WHEN event = coalesce(:event, event) THEN from_position
                  ELSE (SELECT position FROM log_head) END
            WHERE id = :id AND tenant = :tenant AND NOT deleted
            """;

    private static final String PAUSE_DUE = """
            UPDATE delivery_due SET paused = true WHERE subscription = :id AND NOT paused AND holder IS NULL
            """;

    private static final String RESUME_DUE = """
            UPDATE delivery_due SET paused = false, due_at = clock_timestamp() WHERE subscription = :id AND paused
            """;

    private static final String DELETE = """
            UPDATE subscription SET deleted = true, active = false, updated_at = now()
            WHERE id = :id AND tenant = :tenant AND NOT deleted
            """;

    private static final String CANCEL_DUE = """
            WITH gone AS (
              DELETE FROM delivery_due WHERE subscription = :id AND holder IS NULL RETURNING position
            )
            UPDATE delivery d SET status = 'cancelled', updated_at = clock_timestamp()
            FROM gone WHERE d.subscription = :id AND d.position = gone.position
            """;

    private static final String DELIVERIES = """
            SELECT d.subscription, d.position, s.event, s.url, d.attempts, d.last_code, d.last_error, d.created_at,
                   d.updated_at, q.due_at,
                   CASE WHEN q.paused THEN 'paused' ELSE d.status END AS status
            FROM subscription s
            CROSS JOIN LATERAL (
              SELECT * FROM delivery d
              WHERE d.subscription = s.id AND d.position <= :belowPosition
                AND (d.position < :belowPosition OR d.subscription < :belowSubscription)
                AND (:status::text IS NULL OR d.status = :status)
              ORDER BY d.position DESC
              LIMIT :limit
            ) d
            LEFT JOIN delivery_due q ON q.subscription = d.subscription AND q.position = d.position
            WHERE s.tenant = :tenant AND (:subscription::bigint IS NULL OR s.id = :subscription)
            ORDER BY d.position DESC, d.subscription DESC
            LIMIT :limit
            """;

    /** A delivery as it is listed. */
    record Row(
            DeliveryKey key,
            String event,
            String url,
            String status,
            int attempts,
            @Nullable Integer lastCode,
            @Nullable String lastError,
            Instant createdAt,
            Instant updatedAt,
            @Nullable Instant dueAt) {}

    private final Jdbi jdbi;
    private final MasterKey masterKey;

    public PostgresSubscriptions(Jdbi jdbi, MasterKey masterKey) {
        this.jdbi = jdbi;
        this.masterKey = masterKey;
    }

    long version() {
        return jdbi.withHandle(PostgresSubscriptions::version);
    }

    /** The version once changes under way are through; the lock on its row is given back without a write to wait for. */
    long settledVersion() {
        return jdbi.withHandle(db -> {
            db.begin();
            try {
                return db.createQuery("SELECT version FROM subscription_version FOR SHARE")
                        .mapTo(Long.class)
                        .one();
            } finally {
                db.rollback();
            }
        });
    }

    private static long version(Handle db) {
        return db.createQuery("SELECT version FROM subscription_version")
                .mapTo(Long.class)
                .one();
    }

    /** All that are not deleted. A change in between makes the version too low, which costs one more look. */
    DeliveryStore.Subscriptions all() {
        return jdbi.withHandle(db -> {
            long version = version(db);
            List<Subscription> all = db.createQuery(COLUMNS + "WHERE NOT deleted ORDER BY id")
                    .map((row, _) -> subscription(row))
                    .list();
            return new DeliveryStore.Subscriptions(version, all);
        });
    }

    /** A subscription from now on: it gets the events above the log's head. */
    Subscription create(String tenant, String url, String event, String secret) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            long id = db.createQuery(INSERT)
                    .bind("tenant", tenant)
                    .bind("url", url)
                    .bind("event", event)
                    .bind("sealed", masterKey.seal(secret.getBytes(UTF_8)))
                    .bind("hint", Subscription.hint(secret))
                    .mapTo(Long.class)
                    .one();
            return find(db, tenant, id).orElseThrow();
        });
    }

    /** Changes a subscription; null leaves a part as it is. Empty when the tenant has none of this id. */
    Optional<Subscription> change(
            String tenant,
            long id,
            @Nullable String url,
            @Nullable String event,
            @Nullable String secret,
            @Nullable Boolean active) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            int changed = db.createUpdate(UPDATE)
                    .bind("tenant", tenant)
                    .bind("id", id)
                    .bind("url", url)
                    .bind("event", event)
                    .bind("sealed", secret == null ? null : masterKey.seal(secret.getBytes(UTF_8)))
                    .bind("hint", secret == null ? null : Subscription.hint(secret))
                    .bind("active", active)
                    .execute();
            if (changed == 0) {
                return Optional.empty();
            }
            if (active != null) {
                db.createUpdate(active ? RESUME_DUE : PAUSE_DUE).bind("id", id).execute();
            }
            return find(db, tenant, id);
        });
    }

    /** Ends a subscription, and what waits for it; false when the tenant has none of this id. */
    boolean delete(String tenant, long id) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            boolean deleted = db.createUpdate(DELETE)
                            .bind("tenant", tenant)
                            .bind("id", id)
                            .execute()
                    == 1;
            if (deleted) {
                db.createUpdate(CANCEL_DUE).bind("id", id).execute();
            }
            return deleted;
        });
    }

    Optional<Subscription> find(String tenant, long id) {
        return jdbi.withHandle(db -> find(db, tenant, id));
    }

    private Optional<Subscription> find(Handle db, String tenant, long id) {
        return db.createQuery(COLUMNS + "WHERE tenant = :tenant AND id = :id AND NOT deleted")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> subscription(row))
                .findOne();
    }

    /** A tenant's subscriptions, the newest first, those with an id below {@code beforeId}. */
    List<Subscription> list(String tenant, long beforeId, int limit) {
        return jdbi.withHandle(db -> db.createQuery(COLUMNS
                        + "WHERE tenant = :tenant AND id < :before AND NOT deleted ORDER BY id DESC LIMIT :limit")
                .bind("tenant", tenant)
                .bind("before", beforeId)
                .bind("limit", limit)
                .map((row, _) -> subscription(row))
                .list());
    }

    /** A tenant's deliveries, the newest events first, below a key in that order. */
    List<Row> deliveries(
            String tenant, @Nullable Long subscription, @Nullable String status, DeliveryKey below, int limit) {
        return jdbi.withHandle(db -> db.createQuery(DELIVERIES)
                .bind("tenant", tenant)
                .bind("subscription", subscription)
                .bind("status", status)
                .bind("belowPosition", below.position())
                .bind("belowSubscription", below.subscription())
                .bind("limit", limit)
                .map((row, _) -> new Row(
                        new DeliveryKey(row.getLong("subscription"), row.getLong("position")),
                        row.getString("event"),
                        row.getString("url"),
                        row.getString("status"),
                        row.getInt("attempts"),
                        row.getObject("last_code", Integer.class),
                        row.getString("last_error"),
                        time(row, "created_at"),
                        time(row, "updated_at"),
                        row.getObject("due_at") == null ? null : time(row, "due_at")))
                .list());
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private Subscription subscription(ResultSet row) throws SQLException {
        return new Subscription(
                row.getLong("id"),
                row.getString("tenant"),
                URI.create(row.getString("url")),
                row.getString("event"),
                masterKey
                        .open(row.getBytes("sealed_secret"))
                        .map(secret -> new String(secret, UTF_8))
                        .orElse(null),
                row.getBoolean("active"),
                row.getLong("from_position"),
                time(row, "created_at"),
                time(row, "updated_at"));
    }
}
