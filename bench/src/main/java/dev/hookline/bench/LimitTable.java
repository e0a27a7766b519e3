package dev.hookline.bench;

import dev.hookline.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * {@code limit_event}, where the limits write: the columns and indexes of {@code event} as the product's migrations make them,
 * in one piece, and with positions that no lock orders.
 */
final class LimitTable {
    static final String COLUMNS =
            "tenant, source, model, record_id, record_key, operation, event_type, priority, category,"
                    + " occurred_at, received_at, changed_fields, payload";

    private LimitTable() {}

    static void make(Database database) throws SQLException {
        database.migrate();
        try (Connection db = database.connection();
                Statement statement = db.createStatement()) {
            statement.execute("CREATE TABLE limit_event (LIKE event INCLUDING ALL)");
            statement.execute("ALTER TABLE limit_event ALTER position ADD GENERATED ALWAYS AS IDENTITY");
        }
    }
}
