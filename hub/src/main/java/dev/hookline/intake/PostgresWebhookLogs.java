package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.time.OffsetDateTime;
import org.jdbi.v3.core.Jdbi;

/** The newest calls of one source, from the view {@code webhook_logs}, as {@code …/logs} shows them. */
public final class PostgresWebhookLogs {
    private static final String NEWEST = """
            SELECT id, method, path, status_code, status, error_message, payload, source_ip, event_id, duplicate,
                   processing_ms, created_at
            FROM webhook_logs
            WHERE tenant = :tenant AND source = :source
            ORDER BY id DESC
            LIMIT :limit
            """;

    private final Jdbi jdbi;

    public PostgresWebhookLogs(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    ArrayNode newest(String tenant, String source, int limit) {
        ArrayNode logs = Json.object().arrayNode();
        jdbi.useHandle(db -> db.createQuery(NEWEST)
                .bind("tenant", tenant)
                .bind("source", source)
                .bind("limit", limit)
                .map((row, _) -> {
                    ObjectNode log = Json.object()
                            .put("id", row.getLong("id"))
                            .put(
                                    "created_at",
                                    row.getObject("created_at", OffsetDateTime.class)
                                            .toInstant()
                                            .toString())
                            .put("method", row.getString("method"))
                            .put("path", row.getString("path"))
                            .put("status", row.getString("status"))
                            .put("status_code", row.getInt("status_code"))
                            .put("error_message", row.getString("error_message"))
                            .put("source_ip", row.getString("source_ip"))
                            .put("event_id", row.getObject("event_id", Long.class))
                            .put("duplicate", row.getBoolean("duplicate"))
                            .put("processing_ms", row.getBigDecimal("processing_ms"));
                    return log.put("payload", row.getString("payload"));
                })
                .forEach(logs::add));
        return logs;
    }
}
