package dev.hookline.bench;

import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;

/**
 * A log of any length, made by the database itself in the hub's own tables before a hub starts on them: events, the head, and a
 * deduplication key for each event. One event in a hundred is of the tenant {@code one-percent}; a hundred in all are of the
 * model {@code rare}; the others are {@code common}.
 */
final class GrownLog {
    static final String TENANT = "default";
    static final String SMALL_TENANT = "one-percent";
    static final String COMMON = "common";
    static final String RARE = "rare";

    private static final long RARE_EVENTS = 100;
    private static final long CHUNK = 100_000;

    private static final List<String> STATEMENTS = List.of("""
            INSERT INTO event (position, tenant, source, model, record_id, record_key, operation, event_type, priority, category,
                               occurred_at, received_at, changed_fields, payload)
            SELECT p, CASE WHEN p % 100 = 7 THEN 'one-percent' ELSE 'default' END, 'bench', m.model, p % 50000,
                   (p % 50000)::text, 'write', m.model || '.write', 'medium', 'business', now(), now(), NULL,
                   ('{"booking_ref":"BK-2026-' || p || '","vehicle_id":17,"customer_email":"guest@example.com","date_from":'
                    || '"2026-12-01","date_to":"2027-01-02","total_amount":600.50,"currency":"EUR"}')::json
            FROM generate_series(?::bigint, ?::bigint) AS p,
                 LATERAL (SELECT CASE WHEN p % ? = 1 THEN 'rare' ELSE 'common' END) AS m (model)
            """, """
            INSERT INTO deduplication (key_hash, position, events, expires_at)
            SELECT decode(md5(p::text), 'hex'), p, 1, now() + interval '7 days'
            FROM generate_series(?::bigint, ?::bigint) AS p
            """);

    private GrownLog() {}

    /** Makes one in a folder; answers how many seconds the events took. */
    static double make(Folder folder, long events) throws SQLException {
        try (EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(folder.path(), folder.path().resolve("postgres-binaries"));
                Database database = new Database(postgres.address(), 2)) {
            database.migrate();
            PostgresPartitions partitions = new PostgresPartitions(database.pool());
            long from = System.nanoTime();
            for (long first = 1; first <= events; first += CHUNK) {
                partitions.make();
                append(database, first, Math.min(events, first + CHUNK - 1), events);
            }
            double seconds = (System.nanoTime() - from) / 1e9;
            try (Connection db = database.direct().getConnection();
                    Statement statement = db.createStatement()) {
                statement.execute("VACUUM (ANALYZE) event, deduplication");
            }
            System.out.printf(Locale.ROOT, "made a log of %,d events in %.0f s%n", events, seconds);
            return seconds;
        }
    }

    private static void append(Database database, long first, long last, long events) throws SQLException {
        try (Connection db = database.connection()) {
            db.setAutoCommit(false);
            for (String sql : STATEMENTS) {
                try (PreparedStatement insert = db.prepareStatement(sql)) {
                    insert.setLong(1, first);
                    insert.setLong(2, last);
                    if (insert.getParameterMetaData().getParameterCount() > 2) {
                        insert.setLong(3, events / RARE_EVENTS);
                    }
                    insert.executeUpdate();
                }
            }
            try (Statement statement = db.createStatement()) {
                statement.execute("UPDATE log_head SET received_at = now(), position = " + last);
                statement.execute("UPDATE log_cursor SET position = " + last);
            }
            db.commit();
            db.setAutoCommit(true);
        }
    }
}
