package dev.hookline.access;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;

/** The table {@code api_key}. */
public final class PostgresApiKeys {
    private static final String USE = """
            SELECT k.id, k.tenant, k.scopes, k.expires_at, u.id AS user_id, u.username, u.role,
              k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS note_use
            FROM api_key k
            JOIN app_user u ON u.id = k.user_id AND u.active
            JOIN tenant t ON t.id = k.tenant AND t.active
            WHERE k.key_hash = :hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
            """;

    private static final String NOTE_USE = """
            UPDATE api_key SET last_used_at = now() WHERE id = :id
            """;

    private record Found(Principal principal, long id, boolean noteUse) {}

    private final Jdbi jdbi;

    public PostgresApiKeys(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The key's user as of now; notes at most once a minute that it was used. */
    Optional<Principal> use(byte[] hash, Instant latest) {
        return jdbi.withHandle(db -> {
            Optional<Found> found = db.createQuery(USE)
                    .bind("hash", hash)
                    .map((row, _) -> found(row, latest))
                    .findOne();
            if (found.isPresent() && found.get().noteUse) {
                db.createUpdate(NOTE_USE).bind("id", found.get().id).execute();
            }
            return found.map(Found::principal);
        });
    }

    private static Found found(ResultSet row, Instant latest) throws SQLException {
        long id = row.getLong("id");
        OffsetDateTime expires = row.getObject("expires_at", OffsetDateTime.class);
        Instant until = expires == null || expires.toInstant().isAfter(latest) ? latest : expires.toInstant();
        Principal principal = new Principal(
                row.getString("tenant"),
                row.getLong("user_id"),
                row.getString("username"),
                Role.of(row.getString("role")).orElseThrow(),
                scopes(row),
                Principal.API_KEY + id,
                until);
        return new Found(principal, id, row.getBoolean("note_use"));
    }

    /** A scope that this version does not know opens nothing. */
    static Set<Scope> scopes(ResultSet row) throws SQLException {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String text : (String[]) row.getArray("scopes").getArray()) {
            Scope.of(text).ifPresent(scopes::add);
        }
        return scopes;
    }
}
