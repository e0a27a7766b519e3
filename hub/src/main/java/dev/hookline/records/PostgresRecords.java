package dev.hookline.records;

import dev.hookline.eventlog.AppendParticipant;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.PostgresTx;
import dev.hookline.eventlog.Tx;
import dev.hookline.eventlog.TxException;
import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The table {@code record}. Changes come in with the append: those of one record in one batch are folded in memory, then
 * one statement merges them all, in position order because the log's head is locked. A change after an {@code unlink} in
 * the same batch starts the record anew, in a statement of its own. Orders have statements of their own, for their ids and
 * their history ({@link PostgresOrders}).
 */
public final class PostgresRecords implements AppendParticipant {
    private static final String UPSERT = """
            INSERT INTO record AS r (tenant, model, key, state, version, last_position, deleted, created_at, updated_at)
            SELECT c.tenant, c.model, c.key, c.state::jsonb, c.changes, c.position, c.deleted, at.time, at.time
            FROM (SELECT ?::timestamptz) AS at (time),
                 unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bool[])
                   AS c (tenant, model, key, state, changes, position, deleted)
            ON CONFLICT (tenant, model, key) DO UPDATE
            SET state = CASE WHEN r.deleted THEN EXCLUDED.state ELSE r.state || EXCLUDED.state END,
                version = r.version + EXCLUDED.version,
                last_position = EXCLUDED.last_position,
                deleted = EXCLUDED.deleted,
                updated_at = EXCLUDED.updated_at
            """;

    private static final String COLUMNS = """
            SELECT model, key, id, version, last_position, deleted, created_at, updated_at, state FROM record
            """;

    private final DataSource pool;
    private final PostgresOrders orders;

    public PostgresRecords(DataSource pool) {
        this.pool = pool;
        this.orders = new PostgresOrders(pool);
    }

    /** The records of the model {@code order}, which have more to say. */
    public PostgresOrders orders() {
        return orders;
    }

    @Override
    public void appended(Tx tx, List<Event> events) {
        Map<RecordChange.Key, RecordChange> round = new LinkedHashMap<>();
        for (Event event : events) {
            EventData data = event.data();
            String patch = data.recordPatch();
            if (patch == null) {
                continue;
            }
            RecordChange.Key key = new RecordChange.Key(data.tenant(), data.model(), data.recordKey());
            RecordChange before = round.get(key);
            if (before != null && before.deleted()) {
                merge(tx, round, events.getFirst());
                round.clear();
            }
            round.computeIfAbsent(key, RecordChange::new).add(event, patch);
        }
        merge(tx, round, events.getFirst());
    }

    private void merge(Tx tx, Map<RecordChange.Key, RecordChange> round, Event any) {
        if (!(tx instanceof PostgresTx(Connection db))) {
            return;
        }
        List<RecordChange> ofOrders = new ArrayList<>();
        List<RecordChange> others = new ArrayList<>();
        for (RecordChange change : round.values()) {
            (change.key.model().equals(PostgresOrders.MODEL) ? ofOrders : others).add(change);
        }
        if (!ofOrders.isEmpty()) {
            orders.merge(db, ofOrders, any.receivedAt());
        }
        if (!others.isEmpty()) {
            upsert(db, others, any.receivedAt());
        }
    }

    private static void upsert(Connection db, List<RecordChange> changes, Instant receivedAt) {
        int size = changes.size();
        String[][] texts = new String[4][size];
        Long[][] numbers = new Long[2][size];
        Boolean[] deleted = new Boolean[size];
        for (int i = 0; i < size; i++) {
            RecordChange change = changes.get(i);
            texts[0][i] = change.key.tenant();
            texts[1][i] = change.key.model();
            texts[2][i] = change.key.key();
            texts[3][i] = change.patch();
            numbers[0][i] = (long) change.steps().size();
            numbers[1][i] = change.position();
            deleted[i] = change.deleted();
        }
        try (PreparedStatement statement = db.prepareStatement(UPSERT)) {
            int at = 1;
            statement.setObject(at++, receivedAt.atOffset(ZoneOffset.UTC));
            for (String[] column : texts) {
                statement.setArray(at++, db.createArrayOf("text", column));
            }
            for (Long[] column : numbers) {
                statement.setArray(at++, db.createArrayOf("bigint", column));
            }
            statement.setArray(at, db.createArrayOf("bool", deleted));
            statement.executeUpdate();
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }

    /** One record; empty when there is none of this key, or it was deleted and {@code deletedToo} is false. */
    public Optional<RecordState> find(String tenant, String model, String key, boolean deletedToo) {
        String sql = COLUMNS + "WHERE tenant = ? AND model = ? AND key = ? AND (? OR NOT deleted)";
        return query(sql, tenant, model, key, deletedToo).stream().findFirst();
    }

    /** The records of a model by key, those after {@code afterKey}, {@code limit} at most. */
    public List<RecordState> list(String tenant, String model, String afterKey, int limit, boolean deletedToo) {
        String sql =
                COLUMNS + "WHERE tenant = ? AND model = ? AND key > ? AND (? OR NOT deleted)" + " ORDER BY key LIMIT ?";
        return query(sql, tenant, model, afterKey, deletedToo, limit);
    }

    private List<RecordState> query(String sql, Object... parameters) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<RecordState> records = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    records.add(new RecordState(
                            row.getString("model"),
                            row.getString("key"),
                            row.getLong("id"),
                            row.getLong("version"),
                            row.getLong("last_position"),
                            row.getBoolean("deleted"),
                            row.getObject("created_at", OffsetDateTime.class).toInstant(),
                            row.getObject("updated_at", OffsetDateTime.class).toInstant(),
                            Json.read(row.getString("state"))));
                }
            }
            return records;
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }
}
