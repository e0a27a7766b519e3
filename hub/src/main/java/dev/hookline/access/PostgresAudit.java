package dev.hookline.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code audit}: who did what, when, from where, and how the thing looked before and after. What is called a secret,
 * a password, a token or an API key is masked, should anybody hand it in.
 */
public final class PostgresAudit {
    private static final String INSERT = """
            INSERT INTO audit (tenant, user_id, username, credential, key_name, key_made_by, address, request_id, action,
              subject, before, after)
            SELECT :tenant, :user, :username, :credential, k.name, m.username, :address::inet, :request, :action,
              :subject, :before::json, :after::json
            FROM (VALUES (:key::bigint)) AS shown (key)
            LEFT JOIN api_key k ON k.id = shown.key
            LEFT JOIN app_user m ON m.id = k.made_by
            """;

    private static final String PAGE = """
            SELECT id, at, user_id, username, credential, key_name, key_made_by, host(address) AS address, request_id,
              action, subject, before, after
            FROM audit
            WHERE tenant = :tenant AND id < :below
              AND (:action::text IS NULL OR action = :action)
              AND (:subject::text IS NULL OR subject = :subject)
              AND (:user::bigint IS NULL OR user_id = :user)
              AND (:since::timestamptz IS NULL OR at >= :since)
              AND (:until::timestamptz IS NULL OR at < :until)
            ORDER BY id DESC LIMIT :limit
            """;

    private static final Pattern SECRET = Pattern.compile(
            "(.*_)?(secret|password|token|api_key|private_key|authorization)", Pattern.CASE_INSENSITIVE);

    /**
     * An act that was kept.
     *
     * @param keyName of the API key that did it; null for a person
     * @param keyMadeBy the name of who made that key
     */
    public record Entry(
            long id,
            Instant at,
            @Nullable Long userId,
            String username,
            @Nullable String credential,
            @Nullable String keyName,
            @Nullable String keyMadeBy,
            @Nullable String address,
            @Nullable String requestId,
            String action,
            String subject,
            Optional<JsonNode> before,
            Optional<JsonNode> after) {}

    /** Which acts are asked for; null for any. */
    public record Filter(
            @Nullable String action,
            @Nullable String subject,
            @Nullable Long userId,
            @Nullable Instant since,
            @Nullable Instant until) {}

    private final Jdbi jdbi;

    public PostgresAudit(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Keeps an act that was done already.
     *
     * @param action as {@code source.delete}
     * @param subject as {@code source/7}
     */
    public void write(Actor actor, String action, String subject, @Nullable JsonNode before, @Nullable JsonNode after) {
        jdbi.useHandle(db -> write(db, actor, action, subject, before, after));
    }

    /** Keeps an act within the transaction that does it. */
    static void write(
            Handle db,
            Actor actor,
            String action,
            String subject,
            @Nullable JsonNode before,
            @Nullable JsonNode after) {
        db.createUpdate(INSERT)
                .bind("tenant", actor.tenant())
                .bind("user", actor.userId())
                .bind("username", actor.username())
                .bind("credential", actor.credential())
                .bind("key", actor.apiKey())
                .bind("address", actor.address().getHostAddress())
                .bind("request", actor.requestId())
                .bind("action", action)
                .bind("subject", subject)
                .bind("before", masked(before))
                .bind("after", masked(after))
                .execute();
    }

    /** The newest first, all with an id below the one given. */
    public List<Entry> page(String tenant, Filter filter, long below, int limit) {
        return jdbi.withHandle(db -> db.createQuery(PAGE)
                .bind("tenant", tenant)
                .bind("below", below)
                .bind("action", filter.action)
                .bind("subject", filter.subject)
                .bind("user", filter.userId)
                .bind("since", filter.since == null ? null : filter.since.atOffset(ZoneOffset.UTC))
                .bind("until", filter.until == null ? null : filter.until.atOffset(ZoneOffset.UTC))
                .bind("limit", limit)
                .map((row, _) -> entry(row))
                .list());
    }

    private static Entry entry(ResultSet row) throws SQLException {
        long user = row.getLong("user_id");
        Long userId = row.wasNull() ? null : user;
        return new Entry(
                row.getLong("id"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                userId,
                row.getString("username"),
                row.getString("credential"),
                row.getString("key_name"),
                row.getString("key_made_by"),
                row.getString("address"),
                row.getString("request_id"),
                row.getString("action"),
                row.getString("subject"),
                Optional.ofNullable(row.getString("before")).map(Json::read),
                Optional.ofNullable(row.getString("after")).map(Json::read));
    }

    private static @Nullable String masked(@Nullable JsonNode json) {
        if (json == null) {
            return null;
        }
        JsonNode copy = json.deepCopy();
        mask(copy);
        return Json.write(copy);
    }

    private static void mask(JsonNode json) {
        if (json instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (field.getValue().isValueNode()) {
                    if (!field.getValue().isNull()
                            && SECRET.matcher(field.getKey().toLowerCase(Locale.ROOT))
                                    .matches()) {
                        object.put(field.getKey(), "***");
                    }
                } else {
                    mask(field.getValue());
                }
            });
        } else if (json instanceof ArrayNode array) {
            array.forEach(PostgresAudit::mask);
        }
    }
}
