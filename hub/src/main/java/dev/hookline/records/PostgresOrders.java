package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.TxException;
import dev.hookline.kernel.Json;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Orders: the records of the model {@code order}. They have ids of their own, and a history in {@code order_event}. A batch
 * reads the states it finds, and writes records and history in one statement; both under the lock of the log's head.
 */
public final class PostgresOrders {
    public static final String MODEL = "order";

    static final String BEFORE = """
            SELECT c.ordinal, coalesce(r.id, nextval('order_id')), r.state::text, coalesce(r.deleted, false)
            FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS c (tenant, key, ordinal)
            LEFT JOIN record r ON r.tenant = c.tenant AND r.model = 'order' AND r.key = c.key
            """;

    static final String WRITE = """
            WITH at (time) AS (
              SELECT ?::timestamptz
            ), history AS (
              INSERT INTO order_event (position, tenant, order_id, order_number, kind, changes, created_at)
              SELECT h.position, h.tenant, h.order_id, h.key, h.kind, h.changes::jsonb, at.time
              FROM at, unnest(?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[])
                         AS h (position, tenant, order_id, key, kind, changes)
            )
            INSERT INTO record AS r (tenant, model, key, id, state, version, last_position, deleted, created_at, updated_at)
            OVERRIDING SYSTEM VALUE
            SELECT c.tenant, 'order', c.key, c.id, c.state::jsonb, c.changes, c.position, c.deleted, at.time, at.time
            FROM at, unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::bool[])
                       AS c (tenant, key, id, state, changes, position, deleted)
            ON CONFLICT (tenant, model, key) DO UPDATE
            SET state = CASE WHEN r.deleted THEN EXCLUDED.state ELSE r.state || EXCLUDED.state END,
                version = r.version + EXCLUDED.version,
                last_position = EXCLUDED.last_position,
                deleted = EXCLUDED.deleted,
                updated_at = EXCLUDED.updated_at
            """;

    private static final String FIND_AT = """
            SELECT r.id, r.key
            FROM event e JOIN record r ON r.tenant = e.tenant AND r.model = e.model AND r.key = e.record_key
            WHERE e.position = ? AND e.tenant = ? AND e.model = 'order'
            """;

    private record Before(long id, @Nullable ObjectNode state, boolean deleted) {}

    private final DataSource pool;
    private final OrderIds ids = new OrderIds();

    public PostgresOrders(DataSource pool) {
        this.pool = pool;
    }

    /** The id of the order that a fresh event of this node belongs to; empty when it is too long ago. Does not block. */
    public OptionalLong idAt(long position) {
        return ids.at(position);
    }

    /** The order that an event belongs to; empty when there is no such event, or it is no order's. */
    public Optional<OrderRef> findAt(String tenant, long position) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(FIND_AT)) {
            statement.setLong(1, position);
            statement.setString(2, tenant);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(new OrderRef(row.getLong(1), row.getString(2))) : Optional.empty();
            }
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    /** Merges the changes of a batch, no two of one order. */
    void merge(Connection db, List<RecordChange> changes, Instant receivedAt) {
        try {
            List<Before> found = before(db, changes);
            try (PreparedStatement statement = db.prepareStatement(WRITE)) {
                statement.setObject(1, receivedAt.atOffset(ZoneOffset.UTC));
                int at = bindHistory(db, statement, 2, changes, found);
                bindRecords(db, statement, at, changes, found);
                statement.executeUpdate();
            }
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private static List<Before> before(Connection db, List<RecordChange> changes) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(BEFORE)) {
            statement.setArray(1, texts(db, changes.stream().map(c -> c.key.tenant())));
            statement.setArray(2, texts(db, changes.stream().map(c -> c.key.key())));
            Before[] found = new Before[changes.size()];
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String state = row.getString(3);
                    found[row.getInt(1) - 1] = new Before(
                            row.getLong(2), state == null ? null : (ObjectNode) Json.read(state), row.getBoolean(4));
                }
            }
            return List.of(found);
        }
    }

    private int bindHistory(
            Connection db, PreparedStatement statement, int from, List<RecordChange> changes, List<Before> found)
            throws SQLException {
        List<Long> positions = new ArrayList<>();
        List<Long> orders = new ArrayList<>();
        List<List<String>> texts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < changes.size(); i++) {
            RecordChange change = changes.get(i);
            Before before = found.get(i);
            change.steps().forEach(step -> ids.put(step.position(), before.id));
            for (OrderHistory.Entry entry : OrderHistory.of(before.state, before.deleted, change.steps())) {
                positions.add(entry.position());
                texts.get(0).add(change.key.tenant());
                orders.add(before.id);
                texts.get(1).add(change.key.key());
                texts.get(2).add(entry.kind());
                texts.get(3).add(Json.write(entry.changes()));
            }
        }
        int at = from;
        statement.setArray(at++, db.createArrayOf("bigint", positions.toArray(Long[]::new)));
        statement.setArray(at++, texts(db, texts.get(0).stream()));
        statement.setArray(at++, db.createArrayOf("bigint", orders.toArray(Long[]::new)));
        for (List<String> column : texts.subList(1, 4)) {
            statement.setArray(at++, texts(db, column.stream()));
        }
        return at;
    }

    private static void bindRecords(
            Connection db, PreparedStatement statement, int from, List<RecordChange> changes, List<Before> found)
            throws SQLException {
        int at = from;
        statement.setArray(at++, texts(db, changes.stream().map(c -> c.key.tenant())));
        statement.setArray(at++, texts(db, changes.stream().map(c -> c.key.key())));
        statement.setArray(
                at++, db.createArrayOf("bigint", found.stream().map(Before::id).toArray(Long[]::new)));
        statement.setArray(at++, texts(db, changes.stream().map(RecordChange::patch)));
        statement.setArray(
                at++,
                db.createArrayOf(
                        "bigint",
                        changes.stream().map(c -> (long) c.steps().size()).toArray(Long[]::new)));
        statement.setArray(
                at++,
                db.createArrayOf(
                        "bigint", changes.stream().map(RecordChange::position).toArray(Long[]::new)));
        statement.setArray(
                at,
                db.createArrayOf(
                        "bool", changes.stream().map(RecordChange::deleted).toArray(Boolean[]::new)));
    }

    private static Array texts(Connection db, Stream<String> column) throws SQLException {
        return db.createArrayOf("text", column.toArray(String[]::new));
    }
}
