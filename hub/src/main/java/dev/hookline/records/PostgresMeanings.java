package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.PostgresTx;
import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives the events of a batch their meaning, those of orders excepted. Where it depends on the records before, one query reads
 * the states of all of them under the lock on the log's head; the changes within the batch are followed in memory.
 */
final class PostgresMeanings {
    static final String BEFORE = """
            SELECT c.ordinal, r.state::text
            FROM unnest(?::text[], ?::text[], ?::text[]) WITH ORDINALITY AS c (tenant, model, key, ordinal)
            JOIN record r ON r.tenant = c.tenant AND r.model = c.model AND r.key = c.key AND NOT r.deleted
            """;

    private final ChangeMeaning meaning;

    PostgresMeanings(ChangeMeaning meaning) {
        this.meaning = meaning;
    }

    void settle(PostgresTx tx, List<EventData> events) {
        Map<RecordChange.Key, List<Integer>> asked = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            EventData event = events.get(i);
            String patch = event.recordPatch();
            if (!event.typeByRules() || (patch != null && event.model().equals(PostgresOrders.MODEL))) {
                continue;
            }
            if (patch != null && meaning.asksForState(event)) {
                asked.put(RecordChange.Key.of(event), new ArrayList<>());
            } else {
                ObjectNode fields = (ObjectNode) Json.read(patch == null ? event.payload() : patch);
                tx.replace(i, meaning.settle(event, fields, null, event.recordId()));
            }
        }
        if (asked.isEmpty()) {
            return;
        }
        for (int i = 0; i < events.size(); i++) {
            EventData event = events.get(i);
            List<Integer> places = asked.get(RecordChange.Key.of(event));
            if (places != null && event.recordPatch() != null) {
                places.add(i);
            }
        }
        tx.first((db, _) -> {
            Map<RecordChange.Key, ObjectNode> states = before(db, List.copyOf(asked.keySet()));
            asked.forEach((key, places) -> follow(tx, events, places, states.get(key)));
        });
    }

    private void follow(PostgresTx tx, List<EventData> events, List<Integer> places, @Nullable ObjectNode before) {
        ObjectNode state = before;
        for (int place : places) {
            EventData event = events.get(place);
            ObjectNode patch = (ObjectNode) Json.read(String.valueOf(event.recordPatch()));
            if (event.typeByRules()) {
                tx.replace(place, meaning.settle(event, patch, state, event.recordId()));
            }
            if (event.operation() == Operation.UNLINK) {
                state = null;
            } else {
                state = state == null ? patch : state.setAll(patch);
            }
        }
    }

    private static Map<RecordChange.Key, ObjectNode> before(Connection db, List<RecordChange.Key> keys)
            throws SQLException {
        Map<RecordChange.Key, ObjectNode> states = new LinkedHashMap<>();
        try (PreparedStatement statement = db.prepareStatement(BEFORE)) {
            statement.setArray(
                    1,
                    db.createArrayOf(
                            "text", keys.stream().map(RecordChange.Key::tenant).toArray()));
            statement.setArray(
                    2,
                    db.createArrayOf(
                            "text", keys.stream().map(RecordChange.Key::model).toArray()));
            statement.setArray(
                    3,
                    db.createArrayOf(
                            "text", keys.stream().map(RecordChange.Key::key).toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    states.put(keys.get(row.getInt(1) - 1), (ObjectNode) Json.read(row.getString(2)));
                }
            }
        }
        return states;
    }
}
