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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Deletions that know only the id their shop gave the order, as Shopify's and WooCommerce's do. They mean the order whose data
 * have this {@code id}; where there is none, they stay those of an order of that number.
 */
final class PostgresOrderDeletions {
    static final String BY_SHOP_ID = """
            SELECT DISTINCT ON (c.ordinal) c.ordinal, r.id, r.key
            FROM unnest(?::text[], ?::text[], ?::text[]) WITH ORDINALITY AS c (tenant, source, shop_id, ordinal)
            JOIN record r ON r.tenant = c.tenant AND r.shop_id = c.shop_id
            LEFT JOIN event e ON e.position = r.last_position
            WHERE e.source IS NULL OR e.source = c.source
            ORDER BY c.ordinal, e.source IS NULL, r.deleted, r.last_position DESC
            """;

    private static final String ID = "id";
    private static final String NUMBER = "order_number";

    /** An id of a shop, which is a source of a tenant: another may use the same. */
    record ShopId(String tenant, String source, String id) {}

    private PostgresOrderDeletions() {}

    /** The id that stands in the place of an order's number; null for any other event. */
    static @Nullable ShopId shopId(EventData event) {
        String patch = event.recordPatch();
        if (event.operation() != Operation.UNLINK || patch == null) {
            return null;
        }
        ObjectNode fields = (ObjectNode) Json.read(patch);
        String id = fields.path(ID).asText();
        boolean knowsNoOther =
                id.equals(event.recordKey()) && fields.path(NUMBER).asText(id).equals(id);
        return knowsNoOther ? new ShopId(event.tenant(), event.source(), id) : null;
    }

    /**
     * Gives those of a batch the numbers of their orders.
     *
     * @param places of the orders' events in the batch
     */
    static void find(Connection db, PostgresTx tx, List<EventData> events, List<Integer> places) throws SQLException {
        Map<Integer, ShopId> ids = new HashMap<>();
        for (int place : places) {
            ShopId id = shopId(events.get(place));
            if (id != null) {
                ids.put(place, id);
            }
        }
        if (ids.isEmpty()) {
            return;
        }
        Map<ShopId, OrderRef> orders = stored(db, List.copyOf(ids.values()));
        Map<ShopId, String> numbers = new HashMap<>();
        orders.forEach((id, order) -> numbers.put(id, order.number()));
        for (int place : places) {
            EventData event = events.get(place);
            ShopId id = ids.get(place);
            if (id == null) {
                String given =
                        Json.read(String.valueOf(event.recordPatch())).path(ID).asText();
                numbers.put(new ShopId(event.tenant(), event.source(), given), event.recordKey());
            } else if (numbers.containsKey(id)) {
                tx.replace(place, of(event, String.valueOf(numbers.get(id))));
            }
        }
    }

    private static EventData of(EventData event, String number) {
        return event.about(
                number, numbered(event.payload(), number), numbered(String.valueOf(event.recordPatch()), number));
    }

    private static String numbered(String json, String number) {
        ObjectNode fields = (ObjectNode) Json.read(json);
        return fields.has(NUMBER) ? Json.write(fields.put(NUMBER, number)) : json;
    }

    /** The orders that are there; of several with one id in one shop the one that was not deleted, and changed last. */
    static Map<ShopId, OrderRef> stored(Connection db, List<ShopId> ids) throws SQLException {
        List<String> tenants = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (ShopId id : ids) {
            tenants.add(id.tenant);
            sources.add(id.source);
            texts.add(id.id);
        }
        Map<ShopId, OrderRef> orders = new HashMap<>();
        try (PreparedStatement statement = db.prepareStatement(BY_SHOP_ID)) {
            statement.setArray(1, db.createArrayOf("text", tenants.toArray()));
            statement.setArray(2, db.createArrayOf("text", sources.toArray()));
            statement.setArray(3, db.createArrayOf("text", texts.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    orders.put(ids.get(row.getInt(1) - 1), new OrderRef(row.getLong(2), row.getString(3)));
                }
            }
        }
        return orders;
    }
}
