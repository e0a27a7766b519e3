package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.PostgresTx;
import dev.hookline.eventlog.TxException;
import dev.hookline.kernel.Json;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;

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
            WITH history AS (
              INSERT INTO order_event (position, tenant, order_id, order_number, kind, changes, created_at)
              SELECT h.position, h.tenant, h.order_id, h.key, h.kind, h.changes::jsonb, head.received_at
              FROM log_head head, unnest(?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[])
                         AS h (position, tenant, order_id, key, kind, changes)
            )
            INSERT INTO record AS r (tenant, model, key, id, state, version, last_position, deleted, created_at, updated_at)
            OVERRIDING SYSTEM VALUE
            SELECT c.tenant, 'order', c.key, c.id, c.state::jsonb, c.changes, c.position, c.deleted, head.received_at,
                   head.received_at
            FROM log_head head, unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::bool[])
                       AS c (tenant, key, id, state, changes, position, deleted)
            ON CONFLICT (tenant, model, key) DO UPDATE
            SET state = EXCLUDED.state,
                version = r.version + EXCLUDED.version,
                last_position = EXCLUDED.last_position,
                deleted = EXCLUDED.deleted,
                updated_at = EXCLUDED.updated_at
            """;

    private static final String FIND = "SELECT id, key FROM record WHERE tenant = ? AND model = 'order' AND key = ?";

    private static final String FIND_AT = """
            SELECT r.id, r.key
            FROM event e JOIN record r ON r.tenant = e.tenant AND r.model = e.model AND r.key = e.record_key
            WHERE e.position = ? AND e.tenant = ? AND e.model = 'order'
            """;

    /**
     * An order of the batch.
     *
     * @param first the position of the batch's first event
     */
    private record Found(RecordChange change, long id, OrderHistory history, long first) {}

    private final DataSource pool;
    private final ChangeMeaning meaning;
    private final NewestOrders newest = new NewestOrders();

    PostgresOrders(DataSource pool, ChangeMeaning meaning) {
        this.pool = pool;
        this.meaning = meaning;
    }

    /** The order that a fresh event of this node belongs to; empty when it is too long ago. Does not block. */
    public Optional<OrderRef> freshAt(long position) {
        return newest.at(position);
    }

    /** The order that an event belongs to; empty when there is no such event, or it is no order's. */
    public Optional<OrderRef> findAt(String tenant, long position) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(FIND_AT)) {
            statement.setLong(1, position);
            statement.setString(2, tenant);
            return first(statement);
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    /** The order that an event is about, by what the event says itself; empty when there is none. */
    public Optional<OrderRef> find(EventData event) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(FIND)) {
            PostgresOrderDeletions.ShopId id = PostgresOrderDeletions.shopId(event);
            if (id != null) {
                Optional<OrderRef> meant = PostgresOrderDeletions.stored(db, List.of(id)).values().stream()
                        .findFirst();
                if (meant.isPresent()) {
                    return meant;
                }
            }
            statement.setString(1, event.tenant());
            statement.setString(2, event.recordKey());
            return first(statement);
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    private static Optional<OrderRef> first(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.of(new OrderRef(row.getLong(1), row.getString(2))) : Optional.empty();
        }
    }

    /**
     * Merges the changes of a batch.
     *
     * @param places of the orders' events in the batch
     */
    void merge(PostgresTx tx, List<EventData> events, List<Integer> places) {
        if (places.isEmpty()) {
            return;
        }
        List<Found> found = new ArrayList<>();
        tx.first((db, base) -> {
            found.clear();
            PostgresOrderDeletions.find(db, tx, events, places);
            before(db, changes(events, places), base, found);
            found.forEach(order -> follow(tx, events, order));
        });
        tx.add(
                WRITE,
                (db, statement, from) -> bindRecords(db, statement, bindHistory(db, statement, from, found), found));
    }

    /** What becomes of each order. */
    private static List<RecordChange> changes(List<EventData> events, List<Integer> places) {
        Map<RecordChange.Key, RecordChange> changes = new LinkedHashMap<>();
        for (int place : places) {
            EventData event = events.get(place);
            changes.computeIfAbsent(RecordChange.Key.of(event), RecordChange::new)
                    .add(place, event, String.valueOf(event.recordPatch()));
        }
        return List.copyOf(changes.values());
    }

    private void follow(PostgresTx tx, List<EventData> events, Found order) {
        for (RecordChange.Step step : order.change.steps()) {
            ObjectNode patch = (ObjectNode) Json.read(step.patch());
            EventData event = events.get(step.place());
            if (event.typeByRules()) {
                tx.replace(step.place(), meaning.settle(event, patch, order.history.present(), order.id));
            }
            order.history.apply(step, patch);
        }
    }

    private static void before(Connection db, List<RecordChange> changes, long base, List<Found> found)
            throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(BEFORE)) {
            statement.setArray(1, texts(db, changes.stream().map(c -> c.key.tenant())));
            statement.setArray(2, texts(db, changes.stream().map(c -> c.key.key())));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    RecordChange change = changes.get(row.getInt(1) - 1);
                    String state = row.getString(3);
                    OrderHistory history =
                            new OrderHistory(state == null ? null : (ObjectNode) Json.read(state), row.getBoolean(4));
                    found.add(new Found(change, row.getLong(2), history, base + 1));
                }
            }
        }
    }

    private int bindHistory(Connection db, PreparedStatement statement, int from, List<Found> all) throws SQLException {
        List<Long> positions = new ArrayList<>();
        List<Long> orders = new ArrayList<>();
        List<List<String>> texts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Found found : all) {
            OrderRef order = new OrderRef(found.id, found.change.key.key());
            found.change.steps().forEach(step -> newest.put(found.first + step.place(), order));
            for (OrderHistory.Entry entry : found.history.entries()) {
                positions.add(found.first + entry.place());
                texts.get(0).add(found.change.key.tenant());
                orders.add(found.id);
                texts.get(1).add(found.change.key.key());
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

    private static int bindRecords(Connection db, PreparedStatement statement, int from, List<Found> all)
            throws SQLException {
        int at = from;
        statement.setArray(at++, texts(db, all.stream().map(found -> found.change.key.tenant())));
        statement.setArray(at++, texts(db, all.stream().map(found -> found.change.key.key())));
        statement.setArray(at++, numbers(db, all.stream().map(Found::id)));
        statement.setArray(at++, texts(db, all.stream().map(found -> Json.write(found.history.state()))));
        statement.setArray(at++, numbers(db, all.stream().map(found ->
                (long) found.change.steps().size())));
        statement.setArray(at++, numbers(db, all.stream().map(found -> found.first + found.change.place())));
        statement.setArray(
                at++,
                db.createArrayOf(
                        "bool",
                        all.stream().map(found -> found.change.deleted()).toArray(Boolean[]::new)));
        return at;
    }

    private static Array numbers(Connection db, Stream<Long> column) throws SQLException {
        return db.createArrayOf("bigint", column.toArray(Long[]::new));
    }

    private static Array texts(Connection db, Stream<String> column) throws SQLException {
        return db.createArrayOf("text", column.toArray(String[]::new));
    }
}
