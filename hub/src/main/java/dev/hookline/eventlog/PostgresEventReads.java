package dev.hookline.eventlog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Reads of the log on PostgreSQL.
 *
 * <p>What is read of a tenant first finds positions, in an index, then the events at them. The comparisons of rows and the
 * orders by more than the position leave only the one index that starts with the tenant, or with the tenant and the model: to
 * walk the primary key and drop what belongs to others would look cheaper to a planner that takes the tenant for a common one.
 * The tenant comes out of an array, so that the planner does not know it: it would sort the events of one that it takes for rare.
 *
 * <p>The pool's statements are planned for their values each time: so partitions below the position are not even looked at, and
 * no plan outlives the size of the table it was made for.
 */
final class PostgresEventReads {
    private static final long FETCHED_EVENT_BYTES = 64 << 10;
    private static final long FETCHED_AT_ONCE_MAX = 64;
    private static final Instant TIME_MIN = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant TIME_MAX = Instant.parse("9999-12-31T00:00:00Z");

    private static final String HEAD = """
            SELECT position FROM log_head
            """;

    private static final String OLDEST = """
            SELECT coalesce((SELECT min(position) FROM event), (SELECT position + 1 FROM log_head))
            """;

    static final String EVENTS = """
            SELECT position, tenant, source, model, record_id, record_key, operation, event_type, priority, category,
                   occurred_at, received_at, changed_fields, payload
            FROM event
            """;

    private static final String AFTER = EVENTS + """
            WHERE position > ? ORDER BY position LIMIT ?
            """;

    static final String AT = EVENTS + """
            WHERE position = ANY (?) ORDER BY position
            """;

    static final String AT_BACKWARDS = AT.stripTrailing() + " DESC";

    static final String OF_TENANT = """
            SELECT e.position
            FROM unnest(?::text[]) AS t (tenant),
            LATERAL (
              SELECT position FROM event
              WHERE (tenant, position) > (t.tenant, ?) AND (tenant, position) < (t.tenant, ?)
                AND position > ? AND position < ?
              ORDER BY tenant, position LIMIT ?
            ) e
            """;

    static final String OF_TENANT_BACKWARDS =
            OF_TENANT.replace("tenant, position LIMIT", "tenant DESC, position DESC LIMIT");

    static final String OF_MODELS = """
            SELECT e.position
            FROM unnest(?::text[], ?::text[]) AS m (tenant, model),
            LATERAL (
              SELECT position FROM event
              WHERE (tenant, model, position) > (m.tenant, m.model, ?) AND (tenant, model, position) < (m.tenant, m.model, ?)
                AND position > ? AND position < ?
              ORDER BY tenant, model, position LIMIT ?
            ) e
            ORDER BY e.position LIMIT ?
            """;

    static final String OF_MODELS_BACKWARDS = OF_MODELS
            .replace("tenant, model, position LIMIT", "tenant DESC, model DESC, position DESC LIMIT")
            .replace("e.position LIMIT", "e.position DESC LIMIT");

    /** Halves what is left until one position is. Where positions are missing, the next event speaks for them. */
    static final String FIRST_SINCE = """
            WITH RECURSIVE search (low, high) AS (
              SELECT coalesce((SELECT min(position) FROM event), h.position + 1), h.position + 1 FROM log_head h
              UNION ALL
              SELECT CASE WHEN e.received_at < ? THEN e.position + 1 ELSE s.low END,
                     CASE WHEN e.received_at < ? THEN s.high ELSE (s.low + s.high) / 2 END
              FROM search s
              LEFT JOIN LATERAL (
                SELECT position, received_at FROM event WHERE position >= (s.low + s.high) / 2 ORDER BY position LIMIT 1
              ) e ON true
              WHERE s.low < s.high
            )
            SELECT low FROM search WHERE low >= high
            """;

    private final DataSource pool;

    PostgresEventReads(DataSource pool) {
        this.pool = pool;
    }

    /** Something read on a connection. */
    private interface Read<T> {
        T on(Connection db) throws SQLException;
    }

    private <T> T call(Read<T> read) {
        try (Connection db = pool.getConnection()) {
            return read.on(db);
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    long head() {
        return call(db -> number(db.prepareStatement(HEAD)));
    }

    long oldest() {
        return call(db -> number(db.prepareStatement(OLDEST)));
    }

    long firstSince(Instant instant) {
        Instant bounded = instant.isBefore(TIME_MIN) ? TIME_MIN : instant.isAfter(TIME_MAX) ? TIME_MAX : instant;
        // Received times have whole microseconds: with a part of one more, the next whole one is meant.
        OffsetDateTime time =
                bounded.plusNanos(999).truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
        return call(db -> {
            PreparedStatement statement = db.prepareStatement(FIRST_SINCE);
            statement.setObject(1, time);
            statement.setObject(2, time);
            return number(statement);
        });
    }

    private static long number(PreparedStatement prepared) throws SQLException {
        try (PreparedStatement statement = prepared;
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    List<Event> find(Set<Long> positions) {
        return call(db -> at(db, AT, positions.toArray(Long[]::new)));
    }

    List<Event> read(long after, int limit, long bytesMax) {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(AFTER)) {
                statement.setLong(1, after);
                statement.setInt(2, limit);
                return events(db, statement, bytesMax);
            }
        });
    }

    List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
        return call(db -> at(
                db,
                AT,
                models.isEmpty()
                        ? ofTenant(db, OF_TENANT, tenant, after, Long.MAX_VALUE, limit)
                        : ofModels(db, OF_MODELS, tenant, models, after, Long.MAX_VALUE, limit),
                bytesMax));
    }

    List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit) {
        return call(db -> at(
                db,
                AT_BACKWARDS,
                models.isEmpty()
                        ? ofTenant(db, OF_TENANT_BACKWARDS, tenant, after, before, limit)
                        : ofModels(db, OF_MODELS_BACKWARDS, tenant, models, after, before, limit)));
    }

    private static Long[] ofTenant(Connection db, String sql, String tenant, long after, long before, int limit)
            throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            statement.setArray(1, db.createArrayOf("text", new String[] {tenant}));
            statement.setLong(2, after);
            statement.setLong(3, before);
            statement.setLong(4, after);
            statement.setLong(5, before);
            statement.setInt(6, limit);
            return positions(statement);
        }
    }

    private static Long[] ofModels(
            Connection db, String sql, String tenant, Set<String> models, long after, long before, int limit)
            throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            String[] tenants = Collections.nCopies(models.size(), tenant).toArray(String[]::new);
            statement.setArray(1, db.createArrayOf("text", tenants));
            statement.setArray(2, db.createArrayOf("text", models.toArray(String[]::new)));
            statement.setLong(3, after);
            statement.setLong(4, before);
            statement.setLong(5, after);
            statement.setLong(6, before);
            statement.setInt(7, limit);
            statement.setInt(8, limit);
            return positions(statement);
        }
    }

    static Long[] positions(PreparedStatement statement) throws SQLException {
        List<Long> positions = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                positions.add(row.getLong(1));
            }
        }
        return positions.toArray(Long[]::new);
    }

    static List<Event> at(Connection db, String sql, Long[] positions) throws SQLException {
        return at(db, sql, positions, EventLog.PAGE_BYTES_MAX);
    }

    static List<Event> at(Connection db, String sql, Long[] positions, long bytesMax) throws SQLException {
        if (positions.length == 0) {
            return List.of();
        }
        Array array = db.createArrayOf("bigint", positions);
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            statement.setArray(1, array);
            return events(db, statement, bytesMax);
        }
    }

    /**
     * Rows come a few at a time, which takes a transaction, so that what is beyond the page is hardly in memory: as many as
     * fill it when each has {@link #FETCHED_EVENT_BYTES}. What the rows before were like says nothing about the next ones.
     */
    private static List<Event> events(Connection db, PreparedStatement statement, long bytesMax) throws SQLException {
        db.setAutoCommit(false);
        statement.setFetchSize((int) Math.clamp(bytesMax / FETCHED_EVENT_BYTES, 1, FETCHED_AT_ONCE_MAX));
        List<Event> events = new ArrayList<>();
        long bytes = 0;
        try (ResultSet row = statement.executeQuery()) {
            while (bytes < bytesMax && row.next()) {
                Event event = event(row);
                events.add(event);
                bytes += event.data().bytes();
            }
        } finally {
            db.rollback();
            db.setAutoCommit(true);
        }
        return events;
    }

    private static Event event(ResultSet row) throws SQLException {
        String changedFields = row.getString("changed_fields");
        EventData data = new EventData(
                row.getString("tenant"),
                row.getString("source"),
                row.getString("model"),
                row.getObject("record_id", Long.class),
                row.getString("record_key"),
                Operation.of(row.getString("operation")),
                row.getString("event_type"),
                Priority.of(row.getString("priority")),
                row.getString("category"),
                row.getObject("occurred_at", OffsetDateTime.class).toInstant(),
                changedFields == null ? null : texts(Json.read(changedFields)),
                row.getString("payload"),
                null);
        return new Event(
                row.getLong("position"),
                row.getObject("received_at", OffsetDateTime.class).toInstant(),
                data);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>(array.size());
        array.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
