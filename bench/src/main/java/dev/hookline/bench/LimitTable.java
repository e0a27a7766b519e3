package dev.hookline.bench;

import dev.hookline.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** The table of events as the limits write it: the same columns and indexes, and positions that no lock orders. */
final class LimitTable {
    static final String COLUMNS =
            "tenant, source, model, record_id, record_key, operation, event_type, priority, category,"
                    + " occurred_at, received_at, changed_fields, payload";

    private LimitTable() {}

    static void make(Database database) throws SQLException {
        try (Connection db = database.connection();
                Statement statement = db.createStatement()) {
            statement.execute("""
                    CREATE TABLE event (
                      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                      tenant text NOT NULL,
                      source text NOT NULL,
                      model text NOT NULL,
                      record_id bigint,
                      record_key text NOT NULL,
                      operation text NOT NULL,
                      event_type text NOT NULL,
                      priority text NOT NULL,
                      category text NOT NULL,
                      occurred_at timestamptz NOT NULL,
                      received_at timestamptz NOT NULL,
                      changed_fields jsonb,
                      payload json NOT NULL
                    )
                    """);
            statement.execute("CREATE INDEX event_tenant_position ON event (tenant, position)");
            statement.execute("CREATE INDEX event_tenant_model_position ON event (tenant, model, position)");
        }
    }
}
