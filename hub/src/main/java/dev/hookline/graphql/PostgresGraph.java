package dev.hookline.graphql;

import dev.hookline.eventlog.RecordNumbers.Name;
import dev.hookline.kernel.Json;
import dev.hookline.records.RecordState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** What a query shows of many things at once: one statement for all of them. Nothing here is a secret. */
public final class PostgresGraph {
    private static final int SECONDS_MAX = 10;

    private static final String RECORDS = """
            SELECT r.model, r.key, r.id, r.version, r.last_position, r.deleted, r.created_at, r.updated_at, r.state
            FROM unnest(:models, :keys) AS n (model, key)
            JOIN record r ON r.tenant = :tenant AND r.model = n.model AND r.key = n.key
            """;

    private static final String SUBSCRIPTION = "SELECT id, url, events, active, created_at FROM subscription\n";

    private static final String SOURCES = """
            SELECT id, name, kind, active, created_at FROM source
            WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit
            """;

    private static final String DEVICES = """
            SELECT d.user_id, d.device_id, d.app_type, d.app_version, d.created_at, c.last_event_id, c.sync_count, c.synced_at
            FROM sync_device d
            LEFT JOIN LATERAL (
              SELECT last_event_id, sync_count, synced_at FROM sync_cursor
              WHERE device = d.id ORDER BY synced_at DESC NULLS LAST, id DESC LIMIT 1
            ) c ON true
            WHERE d.tenant = :tenant AND d.user_id = :user
            ORDER BY d.device_id LIMIT :limit
            """;

    /** Where events go. */
    record WebhookSubscription(long id, String url, List<String> events, boolean active, Instant createdAt) {}

    /** Who may send. */
    record WebhookSource(long id, String name, String kind, boolean active, Instant createdAt) {}

    /** A device that syncs. */
    record SyncDevice(
            long userId,
            String deviceId,
            String appType,
            @Nullable String appVersion,
            long lastEventId,
            long syncCount,
            @Nullable Instant lastSyncTime,
            Instant createdAt) {}

    private final Jdbi jdbi;

    public PostgresGraph(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    private interface Read<T> {
        T on(Query query);
    }

    private <T> T query(String sql, Read<T> read) {
        return jdbi.withHandle(db -> read.on(db.createQuery(sql).setQueryTimeout(SECONDS_MAX)));
    }

    /** Those that there are, deleted ones too. */
    Map<Name, RecordState> records(String tenant, Collection<Name> names) {
        Map<Name, RecordState> found = new HashMap<>();
        query(
                        RECORDS,
                        query -> query.bind("tenant", tenant)
                                .bindArray(
                                        "models",
                                        String.class,
                                        names.stream().map(Name::model).toList())
                                .bindArray(
                                        "keys",
                                        String.class,
                                        names.stream().map(Name::key).toList())
                                .map((row, _) -> new RecordState(
                                        row.getString("model"),
                                        row.getString("key"),
                                        row.getLong("id"),
                                        row.getLong("version"),
                                        row.getLong("last_position"),
                                        row.getBoolean("deleted"),
                                        time(row, "created_at"),
                                        time(row, "updated_at"),
                                        Json.read(row.getString("state"))))
                                .list())
                .forEach(record -> found.put(new Name(record.model(), record.key()), record));
        return found;
    }

    /** By id, deleted ones too: their deliveries are still shown. */
    Map<Long, WebhookSubscription> subscriptions(String tenant, Collection<Long> ids) {
        Map<Long, WebhookSubscription> found = new HashMap<>();
        query(
                        SUBSCRIPTION + "WHERE tenant = :tenant AND id = ANY(:ids)",
                        query -> query.bind("tenant", tenant)
                                .bindArray("ids", Long.class, List.copyOf(ids))
                                .map((row, _) -> subscription(row))
                                .list())
                .forEach(subscription -> found.put(subscription.id(), subscription));
        return found;
    }

    List<WebhookSubscription> subscriptions(String tenant, long after, int limit) {
        String sql = SUBSCRIPTION + "WHERE tenant = :tenant AND id > :after AND NOT deleted ORDER BY id LIMIT :limit";
        return query(
                sql,
                query -> page(query, tenant, after, limit)
                        .map((row, _) -> subscription(row))
                        .list());
    }

    List<WebhookSource> sources(String tenant, long after, int limit) {
        return query(
                SOURCES,
                query -> page(query, tenant, after, limit)
                        .map((row, _) -> new WebhookSource(
                                row.getLong("id"),
                                row.getString("name"),
                                row.getString("kind"),
                                row.getBoolean("active"),
                                time(row, "created_at")))
                        .list());
    }

    List<SyncDevice> devices(String tenant, long user, int limit) {
        return query(
                DEVICES,
                query -> query.bind("tenant", tenant)
                        .bind("user", user)
                        .bind("limit", limit)
                        .map((row, _) -> new SyncDevice(
                                row.getLong("user_id"),
                                row.getString("device_id"),
                                row.getString("app_type"),
                                row.getString("app_version"),
                                row.getLong("last_event_id"),
                                row.getLong("sync_count"),
                                maybe(row, "synced_at"),
                                time(row, "created_at")))
                        .list());
    }

    private static Query page(Query query, String tenant, long after, int limit) {
        return query.bind("tenant", tenant).bind("after", after).bind("limit", limit);
    }

    private static WebhookSubscription subscription(ResultSet row) throws SQLException {
        return new WebhookSubscription(
                row.getLong("id"),
                row.getString("url"),
                Arrays.asList((String[]) row.getArray("events").getArray()),
                row.getBoolean("active"),
                time(row, "created_at"));
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant maybe(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
