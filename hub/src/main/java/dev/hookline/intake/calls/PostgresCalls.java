package dev.hookline.intake.calls;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The table {@code call_log}: written by one thread of each node on a connection of its own, and read by its tenant. */
public final class PostgresCalls implements AutoCloseable {
    private static final String INSERT = """
            INSERT INTO call_log (at, tenant, source, request_id, method, path, status, reason, duration_us, size_bytes,
                                  address, headers, body, body_base64, body_cut, body_masked, position, events, duplicate,
                                  replay_of)
            SELECT to_timestamp(c.at::double precision / 1000000), c.tenant, c.source, c.request_id, c.method, c.path,
                   c.status, c.reason, c.duration_us, c.size_bytes, c.address, c.headers::jsonb, c.body, c.body_base64,
                   c.body_cut, c.body_masked, c.position, c.events, c.duplicate, c.replay_of
            FROM unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int[], ?::text[], ?::bigint[],
                        ?::bigint[], ?::text[], ?::text[], ?::text[], ?::boolean[], ?::boolean[], ?::boolean[],
                        ?::bigint[], ?::int[], ?::boolean[], ?::bigint[])
              AS c (at, tenant, source, request_id, method, path, status, reason, duration_us, size_bytes, address, headers,
                    body, body_base64, body_cut, body_masked, position, events, duplicate, replay_of)
            """;

    private static final String COLUMNS = """
            SELECT id, at, source, request_id, method, path, status, reason, duration_us, size_bytes, address, headers, body,
                   body_base64, body_cut, body_masked, position, events, duplicate, replay_of
            FROM call_log
            """;

    private static final String LIST = COLUMNS + """
            WHERE tenant = :tenant AND id < :before
              AND (:source::text IS NULL OR source = :source)
              AND status BETWEEN :statusMin AND :statusMax
            ORDER BY id DESC
            LIMIT :limit
            """;

    /** The rows of a batch, masked and as they are written. */
    record Row(CallRecord call, String path, @Nullable String reason, String headers, Masks.@Nullable Kept body) {
        static Row of(CallRecord call) {
            CallRecord.Body body = call.body();
            return new Row(
                    call,
                    Masks.uri(call.uri(), call.secretNames()),
                    call.reason() == null ? null : Masks.storable(call.reason()),
                    Masks.headers(call.headers(), call.secretNames()),
                    body == null ? null : Masks.body(body.bytes()));
        }
    }

    private final DataSource direct;
    private final Jdbi jdbi;
    private @Nullable Connection connection;

    public PostgresCalls(DataSource direct, Jdbi jdbi) {
        this.direct = direct;
        this.jdbi = jdbi;
    }

    /** Writes a batch; a crash may lose the newest ones. Called by one thread. */
    void insert(List<CallRecord> calls) throws SQLException {
        List<Row> rows = calls.stream().map(Row::of).toList();
        try {
            Connection db = connection();
            try (PreparedStatement insert = db.prepareStatement(INSERT)) {
                bind(db, insert, rows);
                insert.executeUpdate();
            }
        } catch (SQLException e) {
            close();
            throw e;
        }
    }

    private Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = direct.getConnection();
            connection = open;
            try (Statement statement = open.createStatement()) {
                statement.execute("SET synchronous_commit = off");
            }
        }
        return open;
    }

    private static void bind(Connection db, PreparedStatement insert, List<Row> rows) throws SQLException {
        set(db, insert, 1, "int8", rows, row -> micros(row.call));
        set(db, insert, 2, "text", rows, row -> row.call.tenant());
        set(db, insert, 3, "text", rows, row -> row.call.source());
        set(db, insert, 4, "text", rows, row -> row.call.requestId());
        set(db, insert, 5, "text", rows, row -> row.call.method());
        set(db, insert, 6, "text", rows, row -> row.path);
        set(db, insert, 7, "int4", rows, row -> row.call.status());
        set(db, insert, 8, "text", rows, row -> row.reason);
        set(db, insert, 9, "int8", rows, row -> row.call.durationNanos() / 1_000);
        set(db, insert, 10, "int8", rows, row -> row.call.sizeBytes());
        set(db, insert, 11, "text", rows, row -> row.call.address());
        set(db, insert, 12, "text", rows, row -> row.headers);
        set(db, insert, 13, "text", rows, row -> row.body == null ? null : row.body.text());
        set(db, insert, 14, "bool", rows, row -> row.body != null && row.body.base64());
        set(db, insert, 15, "bool", rows, row -> row.body != null && row.body.cut());
        set(db, insert, 16, "bool", rows, row -> row.body != null && row.body.masked());
        set(db, insert, 17, "int8", rows, row -> row.call.position());
        set(db, insert, 18, "int4", rows, row -> row.call.events());
        set(db, insert, 19, "bool", rows, row -> row.call.duplicate());
        set(db, insert, 20, "int8", rows, row -> row.call.replayOf());
    }

    private static long micros(CallRecord call) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, call.at());
    }

    private static void set(
            Connection db,
            PreparedStatement insert,
            int index,
            String type,
            List<Row> rows,
            Function<Row, @Nullable Object> column)
            throws SQLException {
        @Nullable Object[] values = new Object[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = column.apply(rows.get(i));
        }
        Array array = db.createArrayOf(type, values);
        insert.setArray(index, array);
    }

    /**
     * A tenant's calls, the newest first.
     *
     * @param source null for all
     * @param statusMin inclusive, as is {@code statusMax}
     */
    public List<StoredCall> list(
            String tenant, @Nullable String source, int statusMin, int statusMax, long before, int limit) {
        return jdbi.withHandle(db -> db.createQuery(LIST)
                .bind("tenant", tenant)
                .bind("source", source)
                .bind("statusMin", statusMin)
                .bind("statusMax", statusMax)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> call(row))
                .list());
    }

    public Optional<StoredCall> find(String tenant, long id) {
        return jdbi.withHandle(db -> db.createQuery(COLUMNS + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> call(row))
                .findOne());
    }

    private static StoredCall call(ResultSet row) throws SQLException {
        return new StoredCall(
                row.getLong("id"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                row.getString("source"),
                row.getString("request_id"),
                row.getString("method"),
                row.getString("path"),
                row.getInt("status"),
                row.getString("reason"),
                row.getLong("duration_us"),
                row.getLong("size_bytes"),
                row.getString("address"),
                (ObjectNode) Json.read(row.getString("headers")),
                row.getString("body"),
                row.getBoolean("body_base64"),
                row.getBoolean("body_cut"),
                row.getBoolean("body_masked"),
                row.getObject("position", Long.class),
                row.getInt("events"),
                row.getBoolean("duplicate"),
                row.getObject("replay_of", Long.class));
    }

    /** Gives the connection back; the next batch opens another. */
    @Override
    public void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException _) {
                // It was broken, which is why it is closed.
            }
        }
    }
}
