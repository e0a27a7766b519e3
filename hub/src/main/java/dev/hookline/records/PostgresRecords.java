package dev.hookline.records;

import dev.hookline.eventlog.AppendParticipant;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.PostgresTx;
import dev.hookline.eventlog.RecordNumbers;
import dev.hookline.eventlog.Tx;
import dev.hookline.eventlog.TxException;
import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
public final class PostgresRecords implements AppendParticipant, RecordNumbers {
    private static final String UPSERT = """
            INSERT INTO record AS r (tenant, model, key, state, version, last_position, deleted, created_at, updated_at)
            SELECT c.tenant, c.model, c.key, c.state::jsonb, c.changes, head.position - c.back, c.deleted, head.received_at,
                   head.received_at
            FROM log_head head,
                 unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bool[])
                   AS c (tenant, model, key, state, changes, back, deleted)
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

    private static final String NUMBERS = """
            SELECT r.model, r.key, r.id
            FROM unnest(?::text[], ?::text[]) AS n (model, key)
            JOIN record r ON r.tenant = ? AND r.model = n.model AND r.key = n.key
            """;

    private final DataSource pool;
    private final PostgresOrders orders;
    private final PostgresMeanings meanings;

    /** Records whose changes mean what their events say. */
    public PostgresRecords(DataSource pool) {
        this(pool, ChangeMeaning.AS_SAID);
    }

    /** Records whose changes may mean more, by what they were before. */
    public PostgresRecords(DataSource pool, ChangeMeaning meaning) {
        this.pool = pool;
        this.orders = new PostgresOrders(pool, meaning);
        this.meanings = new PostgresMeanings(meaning);
    }

    /** The records of the model {@code order}, which have more to say. */
    public PostgresOrders orders() {
        return orders;
    }

    @Override
    public void appended(Tx tx, List<EventData> events) {
        if (!(tx instanceof PostgresTx postgres)) {
            return;
        }
        meanings.settle(postgres, events);
        List<Integer> ofOrders = new ArrayList<>();
        Map<RecordChange.Key, RecordChange> round = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            EventData data = events.get(i);
            String patch = data.recordPatch();
            if (patch == null) {
                continue;
            }
            if (data.model().equals(PostgresOrders.MODEL)) {
                ofOrders.add(i);
                continue;
            }
            RecordChange.Key key = RecordChange.Key.of(data);
            RecordChange before = round.get(key);
            if (before != null && before.deleted()) {
                merge(postgres, round, events.size());
                round = new LinkedHashMap<>();
            }
            round.computeIfAbsent(key, RecordChange::new).add(i, data, patch);
        }
        merge(postgres, round, events.size());
        orders.merge(postgres, events, ofOrders);
    }

    private static void merge(PostgresTx tx, Map<RecordChange.Key, RecordChange> round, int events) {
        if (!round.isEmpty()) {
            List<RecordChange> changes = List.copyOf(round.values());
            tx.add(UPSERT, (db, statement, from) -> bind(db, statement, from, changes, events));
        }
    }

    private static int bind(
            Connection db, PreparedStatement statement, int from, List<RecordChange> changes, int events)
            throws SQLException {
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
            numbers[1][i] = (long) events - 1 - change.place();
            deleted[i] = change.deleted();
        }
        int at = from;
        for (String[] column : texts) {
            statement.setArray(at++, db.createArrayOf("text", column));
        }
        for (Long[] column : numbers) {
            statement.setArray(at++, db.createArrayOf("bigint", column));
        }
        statement.setArray(at++, db.createArrayOf("bool", deleted));
        return at;
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

    @Override
    public Map<Name, Long> kept(String tenant, Collection<Name> names) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(NUMBERS)) {
            statement.setArray(
                    1, db.createArrayOf("text", names.stream().map(Name::model).toArray(String[]::new)));
            statement.setArray(
                    2, db.createArrayOf("text", names.stream().map(Name::key).toArray(String[]::new)));
            statement.setString(3, tenant);
            Map<Name, Long> kept = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    kept.put(new Name(row.getString(1), row.getString(2)), row.getLong(3));
                }
            }
            return kept;
        } catch (SQLException e) {
            throw new TxException(e);
        }
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
