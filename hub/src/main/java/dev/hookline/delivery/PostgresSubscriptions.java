package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.MasterKey;
import dev.hookline.kernel.Json;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code subscription}. Every change first counts up the version, and so waits
 * for the fan-out under way, and makes the next one match again.
 */
public final class PostgresSubscriptions {
    private static final String COLUMNS = """
            SELECT id, tenant, name, description, url, events, filter, payload_form, settings, sealed_secret, sealed_extras,
                   active, disabled_reason, from_position, formerly, revision, created_at, updated_at,
                   (SELECT webhook_source FROM tenant t WHERE t.id = subscription.tenant) AS source
            FROM subscription
            """;

    private static final String NEXT_VERSION = """
            UPDATE subscription_version SET version = version + 1
            """;

    private static final String INSERT = """
            INSERT INTO subscription (tenant, name, description, url, events, filter, payload_form, settings,
              sealed_secret, secret_hint, sealed_extras, from_position)
            SELECT :tenant, :name, :description, :url, :events::text[], :filter, :form, :settings::jsonb,
              :sealed, :hint, :extras, position FROM log_head
            RETURNING id
            """;

    private static final String UPDATE = """
            UPDATE subscription
            SET name = :name, description = :description, url = :url, events = :events::text[], filter = :filter,
                payload_form = :form, settings = :settings::jsonb, sealed_secret = :sealed, secret_hint = :hint,
                sealed_extras = :extras, revision = revision + 1, updated_at = now(),
                from_position = CASE WHEN :same THEN from_position ELSE (SELECT position FROM log_head) END,
                formerly = CASE WHEN :same THEN formerly ELSE (
                    SELECT coalesce(jsonb_agg(f), '[]') FROM jsonb_array_elements(formerly) AS f
                    WHERE (f->>'up_to')::bigint > (SELECT position FROM log_cursor WHERE name = 'fan-out')
                  ) || jsonb_build_object('from_position', from_position, 'up_to', (SELECT position FROM log_head),
                    'events', events, 'filter', filter) END
            WHERE id = :id AND tenant = :tenant AND revision = :revision AND NOT deleted
            """;

    private static final String SET_ACTIVE = """
            UPDATE subscription SET active = :active, disabled_reason = NULL, revision = revision + 1, updated_at = now()
            WHERE id = :id AND tenant = :tenant AND NOT deleted
            """;

    private static final String DISABLE = """
            UPDATE subscription
            SET active = false, disabled_reason = :reason, untold_reason = :reason, untold_revision = revision + 1,
                revision = revision + 1, updated_at = now()
            WHERE id = :id AND revision = :revision AND NOT deleted
            """;

    private static final String FILTERS_FAILED = """
            INSERT INTO filter_failure (subscription, failures, last_reason, last_at)
            SELECT u.subscription, u.failures, u.reason, now()
            FROM unnest(:subscriptions::bigint[], :failures::bigint[], :reasons::text[]) AS u (subscription, failures, reason)
            ORDER BY u.subscription
            ON CONFLICT (subscription) DO UPDATE
            SET failures = filter_failure.failures + excluded.failures, last_reason = excluded.last_reason,
                last_at = excluded.last_at
            """;

    private static final String HASTEN = """
            UPDATE delivery_due q SET due_at = clock_timestamp()
            WHERE q.ctid = ANY (ARRAY (
              SELECT ctid FROM delivery_due
              WHERE subscription = :id AND holder IS NULL AND NOT waiting AND due_at > clock_timestamp() AND due_at < 'infinity'
              LIMIT :limit
              FOR UPDATE SKIP LOCKED))
            """;

    private static final String DELETE = """
            UPDATE subscription SET deleted = true, active = false, updated_at = now()
            WHERE id = :id AND tenant = :tenant AND NOT deleted
            """;

    /** Deliveries changed in one transaction: a subscription may have millions. */
    static final int AT_ONCE = 5_000;

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
    Subscription create(String tenant, SubscriptionSettings settings) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            long id = bind(db.createQuery(INSERT), settings)
                    .bind("tenant", tenant)
                    .mapTo(Long.class)
                    .one();
            return find(db, tenant, id).orElseThrow();
        });
    }

    /**
     * Gives a subscription other settings. Other events or another filter count from the log's head; below it, what counted
     * before, for the fan-out may still be behind.
     *
     * @param before as it was read; empty is answered when it was changed since, or is gone
     */
    Optional<Subscription> change(Subscription before, SubscriptionSettings settings) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            int changed = bind(db.createUpdate(UPDATE), settings)
                    .bind("tenant", before.tenant())
                    .bind("id", before.id())
                    .bind("revision", before.revision())
                    .bind("same", settings.matchesAs(before.settings()))
                    .execute();
            return changed == 0 ? Optional.empty() : find(db, before.tenant(), before.id());
        });
    }

    /**
     * Pauses or resumes a subscription; what waits for a retry is due when it is resumed. Empty when the tenant has none of
     * this id.
     */
    Optional<Subscription> setActive(String tenant, long id, boolean active) {
        Optional<Subscription> changed = change(tenant, id, active);
        if (changed.isPresent() && active) {
            int hastened;
            do {
                hastened = jdbi.withHandle(db -> db.createUpdate(HASTEN)
                        .bind("id", id)
                        .bind("limit", AT_ONCE)
                        .execute());
            } while (hastened == AT_ONCE);
        }
        return changed;
    }

    private Optional<Subscription> change(String tenant, long id, boolean active) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            int changed = db.createUpdate(SET_ACTIVE)
                    .bind("tenant", tenant)
                    .bind("id", id)
                    .bind("active", active)
                    .execute();
            if (changed == 0) {
                return Optional.empty();
            }
            return find(db, tenant, id);
        });
    }

    /** Pauses a subscription as it was read, for a reason; not one that was changed since. */
    void disable(Subscription subscription, String reason) {
        jdbi.useTransaction(db -> {
            db.execute(NEXT_VERSION);
            db.createUpdate(DISABLE)
                    .bind("id", subscription.id())
                    .bind("revision", subscription.revision())
                    .bind("reason", reason)
                    .execute();
        });
    }

    private <S extends SqlStatement<S>> S bind(S statement, SubscriptionSettings settings) {
        String secret = Objects.requireNonNull(settings.signing().secret(), "A secret that is lost is not stored");
        ObjectNode extras = StoredSettings.extras(settings);
        return statement
                .bind("name", settings.name())
                .bind("description", settings.description())
                .bind("url", settings.url().toString())
                .bindArray("events", String.class, settings.events())
                .bind("filter", settings.filter())
                .bind("form", settings.payloadForm().text())
                .bind("settings", StoredSettings.open(settings.delivery()).toString())
                .bind("sealed", masterKey.seal(secret.getBytes(UTF_8)))
                .bind("hint", Subscription.hint(secret))
                .bind(
                        "extras",
                        extras == null
                                ? null
                                : masterKey.seal(Json.write(extras).getBytes(UTF_8)));
    }

    /** Counts events that filters could not judge, by the id of the subscription. */
    void filtersFailed(Map<Long, FilterFailure> failures) {
        List<Map.Entry<Long, FilterFailure>> all = List.copyOf(failures.entrySet());
        jdbi.useHandle(db -> db.createUpdate(FILTERS_FAILED)
                .bindArray(
                        "subscriptions",
                        Long.class,
                        all.stream().map(Map.Entry::getKey).toList())
                .bindArray(
                        "failures",
                        Long.class,
                        all.stream().map(one -> one.getValue().count()).toList())
                .bindArray(
                        "reasons",
                        String.class,
                        all.stream().map(one -> one.getValue().reason()).toList())
                .execute());
    }

    /** What the filters of these subscriptions failed at so far, by id; those that never did are not in it. */
    Map<Long, FilterFailure> filterFailures(Collection<Long> subscriptions) {
        return jdbi.withHandle(db -> db.createQuery(
                        "SELECT subscription, failures, last_reason FROM filter_failure WHERE subscription = ANY(:ids)")
                .bindArray("ids", Long.class, subscriptions)
                .reduceRows(new HashMap<>(), (all, row) -> {
                    all.put(
                            row.getColumn("subscription", Long.class),
                            new FilterFailure(
                                    row.getColumn("failures", Long.class), row.getColumn("last_reason", String.class)));
                    return all;
                }));
    }

    /** What a tenant's webhooks say that they come from. */
    String source(String tenant) {
        return jdbi.withHandle(db -> db.createQuery("SELECT webhook_source FROM tenant WHERE id = :tenant")
                .bind("tenant", tenant)
                .mapTo(String.class)
                .one());
    }

    /** Changes what a tenant's webhooks say that they come from. */
    void setSource(String tenant, String source) {
        jdbi.useTransaction(db -> {
            db.execute(NEXT_VERSION);
            db.createUpdate("UPDATE tenant SET webhook_source = :source WHERE id = :tenant")
                    .bind("source", source)
                    .bind("tenant", tenant)
                    .execute();
        });
    }

    /**
     * Ends a subscription; false when the tenant has none of this id. What waits for it is cancelled by
     * {@link DeliveryStore#cancelDeleted}.
     */
    boolean delete(String tenant, long id) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            return db.createUpdate(DELETE).bind("tenant", tenant).bind("id", id).execute() == 1;
        });
    }

    Optional<Subscription> find(String tenant, long id) {
        return jdbi.withHandle(db -> find(db, tenant, id));
    }

    /** The events that a subscription of the tenant is for; empty when there is none of this id. */
    public Optional<EventChoice> choice(String tenant, long id) {
        return find(tenant, id).map(EventChoice::new);
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

    private static Instant time(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private Subscription subscription(ResultSet row) throws SQLException {
        byte[] sealedExtras = row.getBytes("sealed_extras");
        String secret = opened(row.getBytes("sealed_secret"));
        String openedExtras = sealedExtras == null ? "{}" : opened(sealedExtras);
        boolean lost = secret == null || openedExtras == null;
        JsonNode extras = openedExtras == null ? Json.object() : Json.read(openedExtras);
        SubscriptionSettings settings = new SubscriptionSettings(
                row.getString("name"),
                row.getString("description"),
                URI.create(row.getString("url")),
                List.of((String[]) row.getArray("events").getArray()),
                row.getString("filter"),
                PayloadForm.of(row.getString("payload_form")).orElseThrow(),
                StoredSettings.delivery(Json.read(row.getString("settings"))),
                lost ? Signing.with(null) : StoredSettings.signing(secret, extras),
                StoredSettings.headers(extras),
                StoredSettings.auth(extras),
                StoredSettings.tls(extras));
        return new Subscription(
                row.getLong("id"),
                row.getString("tenant"),
                row.getString("source"),
                settings,
                row.getBoolean("active"),
                row.getString("disabled_reason"),
                row.getLong("from_position"),
                StoredSettings.formerly(Json.read(row.getString("formerly"))),
                row.getInt("revision"),
                time(row, "created_at"),
                time(row, "updated_at"));
    }

    /** Null for what was sealed under another master key. */
    private @Nullable String opened(byte[] sealed) {
        return masterKey.open(sealed).map(bytes -> new String(bytes, UTF_8)).orElse(null);
    }
}
