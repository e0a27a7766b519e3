package dev.hookline.devicesync;

import dev.hookline.eventlog.LogReaders;
import dev.hookline.eventlog.TxException;
import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables {@code sync_device} and {@code sync_cursor}. Finding a cursor is one statement, and so is writing what a hundred
 * pulls have acknowledged. As readers of the log, devices that pulled within a time keep what they have not read.
 */
public final class PostgresDevices implements LogReaders {
    static final int CURSORS_MAX = 50;
    static final int DEVICES_OF_USER_MAX = 1_000;
    private static final int NEEDS_MAX = 100;
    private static final int ANSWER_SECONDS_MAX = 3;
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDevices.class);

    static final String FIND = """
            SELECT c.id, c.epoch, c.position, c.last_event_id, c.synced_at
            FROM sync_device d
            JOIN sync_cursor c ON c.device = d.id AND c.app_type = ? AND c.filter_hash = ?
            WHERE d.tenant = ? AND d.user_id = ? AND d.device_id = ?
            """;

    /** Of a device that is there nothing is changed but the lock, so that two who make a cursor of it do so in turn. */
    private static final String MAKE_DEVICE = """
            INSERT INTO sync_device AS d (tenant, user_id, device_id, app_type, device_info, app_version)
            VALUES (:tenant, :user, :device, :appType, :info::json, :version)
            ON CONFLICT (tenant, user_id, device_id) DO UPDATE
            SET app_type = CASE WHEN :register THEN EXCLUDED.app_type ELSE d.app_type END,
                device_info = coalesce(EXCLUDED.device_info, d.device_info),
                app_version = coalesce(EXCLUDED.app_version, d.app_version)
            RETURNING id
            """;

    private static final String MAKE_CURSOR = """
            INSERT INTO sync_cursor (device, app_type, filter_hash, models)
            VALUES (:device, :appType, :hash, :models)
            ON CONFLICT DO NOTHING
            """;

    private static final String REMOVE_UNUSED_CURSORS = """
            DELETE FROM sync_cursor
            WHERE id IN (
              SELECT id FROM sync_cursor WHERE device = :device
              ORDER BY coalesce(synced_at, created_at) DESC, id DESC OFFSET :kept
            )
            """;

    private static final String REMOVE_UNUSED_DEVICES = """
            DELETE FROM sync_device
            WHERE id IN (
              SELECT d.id FROM sync_device d
              WHERE d.tenant = :tenant AND d.user_id = :user
              ORDER BY greatest(d.created_at, (SELECT max(c.synced_at) FROM sync_cursor c WHERE c.device = d.id)) DESC,
                       d.id DESC
              OFFSET :kept
            )
            """;

    static final String ACKNOWLEDGE = """
            UPDATE sync_cursor c
            SET position = greatest(c.position, a.position), last_event_id = greatest(c.last_event_id, a.last_event_id),
                sync_count = c.sync_count + a.syncs, events_synced = c.events_synced + a.events,
                synced_at = greatest(c.synced_at, a.at)
            FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[])
              AS a (id, epoch, position, last_event_id, syncs, events, at)
            WHERE c.id = a.id AND c.epoch = a.epoch
            """;

    private static final String STATE = """
            SELECT d.id, d.app_type, d.device_info, d.app_version, d.created_at, c.last_event_id, c.sync_count, c.events_synced,
                   c.synced_at
            FROM sync_device d
            LEFT JOIN LATERAL (
              SELECT * FROM sync_cursor
              WHERE device = d.id AND (:appType::text IS NULL OR (app_type = :appType AND models = '{}'))
              ORDER BY synced_at DESC NULLS LAST, id DESC LIMIT 1
            ) c ON true
            WHERE d.tenant = :tenant AND d.user_id = :user AND d.device_id = :device
            """;

    private static final String RESET = """
            UPDATE sync_cursor c
            SET epoch = c.epoch + 1, position = 0, last_event_id = 0, sync_count = 0
            FROM (
              SELECT c.id FROM sync_cursor c JOIN sync_device d ON d.id = c.device
              WHERE d.tenant = :tenant AND d.user_id = :user AND d.device_id = :device
              ORDER BY c.id FOR UPDATE OF c
            ) own
            WHERE c.id = own.id
            """;

    private static final String EXISTS = """
            SELECT 1 FROM sync_device WHERE tenant = :tenant AND user_id = :user AND device_id = :device
            """;

    private static final String STATISTICS = """
            SELECT count(DISTINCT d.id) AS devices,
                   count(DISTINCT d.id) FILTER (WHERE c.synced_at > now() - :activeSeconds * interval '1 second') AS active,
                   coalesce(sum(c.sync_count), 0)::bigint AS syncs, coalesce(sum(c.events_synced), 0)::bigint AS events,
                   max(c.synced_at) AS last_sync
            FROM sync_device d LEFT JOIN sync_cursor c ON c.device = d.id
            WHERE d.tenant = :tenant AND d.user_id = :user
              AND (:device::text IS NULL OR d.device_id = :device) AND (:appType::text IS NULL OR d.app_type = :appType)
            """;

    private static final String BEHIND = """
            SELECT d.device_id, d.user_id, min(c.position) AS position
            FROM sync_cursor c JOIN sync_device d ON d.id = c.device
            WHERE c.position < :upTo AND c.synced_at > now() - :activeSeconds * interval '1 second'
            GROUP BY d.id
            ORDER BY position, d.id
            LIMIT :limit
            """;

    private static final String MOVE_UP = """
            UPDATE sync_cursor c SET position = :upTo
            FROM (SELECT id FROM sync_cursor WHERE position < :upTo ORDER BY id FOR UPDATE) behind
            WHERE c.id = behind.id
            """;

    /**
     * A device as it is shown.
     *
     * @param syncedAt null before the first pull
     * @param deviceInfo JSON as it was given
     */
    record State(
            long id,
            String appType,
            long lastEventId,
            long syncCount,
            long eventsSynced,
            @Nullable Instant syncedAt,
            Instant createdAt,
            @Nullable String deviceInfo,
            @Nullable String appVersion) {

        /** As it will be when what a pull has acknowledged of its cursor is written. */
        State and(Acknowledgement said) {
            return new State(
                    id,
                    appType,
                    Math.max(lastEventId, said.lastEventId()),
                    syncCount + said.syncs(),
                    eventsSynced + said.events(),
                    syncedAt == null || said.at().isAfter(syncedAt) ? said.at() : syncedAt,
                    createdAt,
                    deviceInfo,
                    appVersion);
        }
    }

    /** What a device says of itself. */
    record Registration(
            String appType,
            @Nullable String deviceInfo,
            @Nullable String appVersion) {}

    /** All devices of a user together. */
    record Statistics(
            long devices,
            long active,
            long syncs,
            long events,
            @Nullable Instant lastSync) {}

    private final DataSource pool;
    private final DataSource byIndex;
    private final Jdbi jdbi;
    private final Duration activeFor;

    /**
     * On one database.
     *
     * @param byIndex connections that go by index, for the batches of acknowledgements
     * @param activeFor a device that did not pull for so long keeps nothing of the log
     */
    public PostgresDevices(DataSource pool, DataSource byIndex, Jdbi jdbi, Duration activeFor) {
        this.pool = pool;
        this.byIndex = byIndex;
        this.jdbi = jdbi;
        this.activeFor = activeFor;
    }

    Duration activeFor() {
        return activeFor;
    }

    /** Whether the database answers, within seconds. */
    boolean answer() {
        try (Connection db = pool.getConnection()) {
            return db.isValid(ANSWER_SECONDS_MAX);
        } catch (SQLException e) {
            LOG.warn("The database does not answer: {}", e.getMessage());
            return false;
        }
    }

    /** The cursor, made at the log's beginning where there is none; that may remove the one unused for longest. */
    Cursor open(CursorKey key) {
        return find(key).orElseGet(() -> {
            make(key);
            return find(key).orElseThrow(() -> new IllegalStateException("The cursor was removed as it was made"));
        });
    }

    private Optional<Cursor> find(CursorKey key) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(FIND)) {
            statement.setString(1, key.appType());
            statement.setBytes(2, key.filterHash());
            statement.setString(3, key.device().tenant());
            statement.setLong(4, key.device().userId());
            statement.setString(5, key.device().deviceId());
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Cursor(
                                row.getLong(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                instant(row.getObject(5, OffsetDateTime.class))))
                        : Optional.empty();
            }
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    private void make(CursorKey key) {
        jdbi.useTransaction(db -> {
            long device = makeDevice(db, key.device(), new Registration(key.appType(), null, null), false);
            makeCursor(db, device, key);
        });
    }

    /** Makes the device known, with what it says of itself, and its cursor for that app type without a filter. */
    void register(Device device, Registration registration) {
        jdbi.useTransaction(db -> {
            long id = makeDevice(db, device, registration, true);
            makeCursor(db, id, new CursorKey(device, registration.appType(), List.of()));
        });
    }

    private static long makeDevice(Handle db, Device device, Registration registration, boolean register) {
        long id = db.createQuery(MAKE_DEVICE)
                .bind("tenant", device.tenant())
                .bind("user", device.userId())
                .bind("device", device.deviceId())
                .bind("appType", registration.appType())
                .bind("info", registration.deviceInfo())
                .bind("version", registration.appVersion())
                .bind("register", register)
                .mapTo(Long.class)
                .one();
        db.createUpdate(REMOVE_UNUSED_DEVICES)
                .bind("tenant", device.tenant())
                .bind("user", device.userId())
                .bind("kept", DEVICES_OF_USER_MAX)
                .execute();
        return id;
    }

    private static void makeCursor(Handle db, long device, CursorKey key) {
        db.createUpdate(MAKE_CURSOR)
                .bind("device", device)
                .bind("appType", key.appType())
                .bind("hash", key.filterHash())
                .bind("models", key.filter().toArray(String[]::new))
                .execute();
        db.createUpdate(REMOVE_UNUSED_CURSORS)
                .bind("device", device)
                .bind("kept", CURSORS_MAX)
                .execute();
    }

    /** Moves cursors up; those that were reset since stay where they are. In the order of the cursors, so none waits in a ring. */
    void acknowledge(List<Acknowledgement> all) {
        try (Connection db = byIndex.getConnection();
                PreparedStatement statement = db.prepareStatement(ACKNOWLEDGE)) {
            int at = 1;
            for (ToLongFunction<Acknowledgement> column : COLUMNS) {
                Long[] numbers =
                        all.stream().map(one -> (Long) column.applyAsLong(one)).toArray(Long[]::new);
                statement.setArray(at++, db.createArrayOf("bigint", numbers));
            }
            statement.setArray(
                    at,
                    db.createArrayOf(
                            "timestamptz",
                            all.stream()
                                    .map(one -> one.at().atOffset(ZoneOffset.UTC))
                                    .toArray()));
            statement.executeUpdate();
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private static final List<ToLongFunction<Acknowledgement>> COLUMNS = List.of(
            Acknowledgement::cursor,
            Acknowledgement::epoch,
            Acknowledgement::position,
            Acknowledgement::lastEventId,
            Acknowledgement::syncs,
            Acknowledgement::events);

    /** A device by the cursor that it used last; empty for one that never pulled or registered. */
    Optional<State> state(Device device) {
        return state(device, null);
    }

    /** A device by its cursor for an app type without a filter. */
    Optional<State> state(Device device, @Nullable String appType) {
        return jdbi.withHandle(db -> db.createQuery(STATE)
                .bind("tenant", device.tenant())
                .bind("user", device.userId())
                .bind("device", device.deviceId())
                .bind("appType", appType)
                .map((row, _) -> new State(
                        row.getLong("id"),
                        appType == null ? row.getString("app_type") : appType,
                        row.getLong("last_event_id"),
                        row.getLong("sync_count"),
                        row.getLong("events_synced"),
                        instant(row.getObject("synced_at", OffsetDateTime.class)),
                        row.getObject("created_at", OffsetDateTime.class).toInstant(),
                        row.getString("device_info"),
                        row.getString("app_version")))
                .findOne());
    }

    /** As {@link #reset(Device)}. */
    public boolean reset(String tenant, long userId, String deviceId) {
        return reset(new Device(tenant, userId, deviceId));
    }

    /** Sets every cursor of a device back to the log's beginning; false for a device that is not known. */
    boolean reset(Device device) {
        return jdbi.inTransaction(db -> {
            boolean known = db.createQuery(EXISTS)
                    .bind("tenant", device.tenant())
                    .bind("user", device.userId())
                    .bind("device", device.deviceId())
                    .mapTo(Integer.class)
                    .findOne()
                    .isPresent();
            db.createUpdate(RESET)
                    .bind("tenant", device.tenant())
                    .bind("user", device.userId())
                    .bind("device", device.deviceId())
                    .execute();
            return known;
        });
    }

    Statistics statistics(String tenant, long user, @Nullable String deviceId, @Nullable String appType) {
        return jdbi.withHandle(db -> db.createQuery(STATISTICS)
                .bind("tenant", tenant)
                .bind("user", user)
                .bind("device", deviceId)
                .bind("appType", appType)
                .bind("activeSeconds", activeFor.toSeconds())
                .map((row, _) -> new Statistics(
                        row.getLong("devices"),
                        row.getLong("active"),
                        row.getLong("syncs"),
                        row.getLong("events"),
                        instant(row.getObject("last_sync", OffsetDateTime.class))))
                .one());
    }

    @Override
    public List<Need> needs(long upTo) {
        return jdbi.withHandle(db -> db.createQuery(BEHIND)
                .bind("upTo", upTo)
                .bind("activeSeconds", activeFor.toSeconds())
                .bind("limit", NEEDS_MAX)
                .map((row, _) -> new Need(
                        "device " + Json.quote(row.getString("device_id")) + " of user " + row.getLong("user_id"),
                        row.getLong("position") + 1))
                .list());
    }

    /** In the order of the cursors, as {@link #acknowledge} and {@link #reset} go. */
    @Override
    public void giveUp(long upTo) {
        jdbi.useHandle(db -> db.createUpdate(MOVE_UP).bind("upTo", upTo).execute());
    }
}
