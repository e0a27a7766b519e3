package dev.hookline.access;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The table {@code api_key}. */
public final class PostgresApiKeys {
    private static final String USE = """
            SELECT k.id, k.tenant, k.scopes, k.expires_at, u.id AS user_id, u.username, u.role, m.role AS makers_role,
              k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS note_use
            FROM api_key k
            JOIN app_user u ON u.id = k.user_id AND u.active
            JOIN app_user m ON m.id = k.made_by AND m.active
            JOIN tenant t ON t.id = k.tenant AND t.active
            WHERE k.key_hash = :hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
            """;

    private static final String NOTE_USE = """
            UPDATE api_key SET last_used_at = now() WHERE id = :id
            """;

    private static final String COLUMNS = """
            k.id, k.name, k.prefix, k.scopes, k.user_id, u.username, m.username AS made_by, k.created_at, k.expires_at,
            k.last_used_at, k.revoked_at
            """;

    private static final String LIST = "SELECT " + COLUMNS + """
            FROM api_key k JOIN app_user u ON u.id = k.user_id LEFT JOIN app_user m ON m.id = k.made_by
            WHERE k.tenant = :tenant AND (:user::bigint IS NULL OR k.user_id = :user) AND k.id < :below
            ORDER BY k.id DESC LIMIT :limit
            """;

    private static final String FIND = "SELECT " + COLUMNS + """
            FROM api_key k JOIN app_user u ON u.id = k.user_id LEFT JOIN app_user m ON m.id = k.made_by
            WHERE k.tenant = :tenant AND (:user::bigint IS NULL OR k.user_id = :user) AND k.id = :id
            """;

    /** One new key of a user at a time, so that the limit holds. */
    private static final String LOCK_USER = """
            SELECT role FROM app_user WHERE tenant = :tenant AND id = :user FOR UPDATE
            """;

    private static final String COUNT = """
            SELECT count(*) FROM api_key
            WHERE user_id = :user AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            """;

    private static final String INSERT = """
            INSERT INTO api_key (tenant, user_id, made_by, name, prefix, key_hash, scopes, expires_at)
            VALUES (:tenant, :user, :maker, :name, :prefix, :hash, :scopes, :expiresAt)
            RETURNING id
            """;

    private static final String REVOKE = """
            WITH ended AS (
              UPDATE api_key SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING id)
            INSERT INTO revocation (credential) SELECT 'key:' || id FROM ended ON CONFLICT DO NOTHING
            """;

    /**
     * A key as stored: without the key.
     *
     * @param madeBy the name of who made it; null once that user is deleted
     */
    public record Key(
            long id,
            String name,
            String prefix,
            Set<Scope> scopes,
            long userId,
            String username,
            @Nullable String madeBy,
            Instant createdAt,
            @Nullable Instant expiresAt,
            @Nullable Instant lastUsedAt,
            @Nullable Instant revokedAt) {}

    /** What becomes of a wish for a key. */
    public sealed interface Outcome {
        /** A new one, and the text that is shown once. */
        record Made(Key key, String text) implements Outcome {
            @Override
            public String toString() {
                return "Made[key=" + key + "]";
            }
        }

        /** The user has as many that count as it may. */
        record TooMany() implements Outcome {}

        /** The user has a role above the maker's. */
        record Above() implements Outcome {}

        /** The tenant has no such user. */
        record NoUser() implements Outcome {}
    }

    private record Found(Principal principal, long id, boolean noteUse) {}

    private final Jdbi jdbi;

    public PostgresApiKeys(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * The key's user as of now, with the lower of the roles of the user and of who made the key; nobody once either may not
     * enter. Notes at most once a minute that it was used.
     */
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
                role(row, "role").least(role(row, "makers_role")),
                scopes(row),
                Principal.API_KEY + id,
                until);
        return new Found(principal, id, row.getBoolean("note_use"));
    }

    private static Role role(ResultSet row, String column) throws SQLException {
        return Role.of(row.getString(column)).orElseThrow();
    }

    /** A scope that this version does not know opens nothing. */
    static Set<Scope> scopes(ResultSet row) throws SQLException {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String text : (String[]) row.getArray("scopes").getArray()) {
            Scope.of(text).ifPresent(scopes::add);
        }
        return scopes;
    }

    /**
     * Makes a key for a user: the maker, or somebody else whose role is not above the maker's.
     *
     * @param expiresAt null for never
     */
    public Outcome create(
            Principal maker,
            Actor actor,
            long user,
            String name,
            Set<Scope> scopes,
            @Nullable Instant expiresAt,
            int atMost) {
        return jdbi.inTransaction(db -> {
            Optional<Role> role = db.createQuery(LOCK_USER)
                    .bind("tenant", actor.tenant())
                    .bind("user", user)
                    .map((row, _) -> role(row, "role"))
                    .findOne();
            if (role.isEmpty()) {
                return new Outcome.NoUser();
            }
            if (!maker.role().isAtLeast(role.get())) {
                return new Outcome.Above();
            }
            long held =
                    db.createQuery(COUNT).bind("user", user).mapTo(Long.class).one();
            if (held >= atMost) {
                return new Outcome.TooMany();
            }
            String text = ApiKeys.make();
            long id = db.createQuery(INSERT)
                    .bind("tenant", actor.tenant())
                    .bind("user", user)
                    .bind("maker", maker.userId())
                    .bind("name", name)
                    .bind("prefix", text.substring(0, ApiKeys.SHOWN_CHARS))
                    .bind("hash", Secrets.hash(text))
                    .bindArray(
                            "scopes",
                            String.class,
                            scopes.stream().sorted().map(Scope::text).toArray())
                    .bind("expiresAt", expiresAt == null ? null : expiresAt.atOffset(ZoneOffset.UTC))
                    .mapTo(Long.class)
                    .one();
            Key made = find(db, actor.tenant(), null, id).orElseThrow();
            PostgresAudit.write(db, actor, "api_key.create", "api_key/" + id, null, json(made));
            return new Outcome.Made(made, text);
        });
    }

    /**
     * The newest first, all with an id below the one given, the revoked ones too.
     *
     * @param user null for those of all users
     */
    public List<Key> list(String tenant, @Nullable Long user, long below, int limit) {
        return jdbi.withHandle(db -> db.createQuery(LIST)
                .bind("tenant", tenant)
                .bind("user", user)
                .bind("below", below)
                .bind("limit", limit)
                .map((row, _) -> key(row))
                .list());
    }

    /** As {@link #list}. */
    public Optional<Key> find(String tenant, @Nullable Long user, long id) {
        return jdbi.withHandle(db -> find(db, tenant, user, id));
    }

    private static Optional<Key> find(Handle db, String tenant, @Nullable Long user, long id) {
        return db.createQuery(FIND)
                .bind("tenant", tenant)
                .bind("user", user)
                .bind("id", id)
                .map((row, _) -> key(row))
                .findOne();
    }

    /** Revokes a key for good; once more does nothing. False when there is none, as {@link #find} sees it. */
    public boolean revoke(Actor actor, @Nullable Long user, long id) {
        return jdbi.inTransaction(db -> {
            Optional<Key> before = find(db, actor.tenant(), user, id);
            if (before.isPresent() && db.createUpdate(REVOKE).bind("id", id).execute() == 1) {
                PostgresAudit.write(db, actor, "api_key.revoke", "api_key/" + id, json(before.get()), null);
            }
            return before.isPresent();
        });
    }

    private static Key key(ResultSet row) throws SQLException {
        return new Key(
                row.getLong("id"),
                row.getString("name"),
                row.getString("prefix"),
                scopes(row),
                row.getLong("user_id"),
                row.getString("username"),
                row.getString("made_by"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                time(row, "expires_at"),
                time(row, "last_used_at"),
                time(row, "revoked_at"));
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    /** As the audit trail shows a key, and every answer: without the key. */
    public static ObjectNode json(Key key) {
        ObjectNode json = Json.object().put("id", key.id).put("name", key.name).put("prefix", key.prefix);
        ArrayNode scopes = json.putArray("scopes");
        key.scopes.stream().sorted().map(Scope::text).forEach(scopes::add);
        return json.put("user_id", key.userId)
                .put("username", key.username)
                .put("made_by", key.madeBy)
                .put("created_at", key.createdAt.toString())
                .put("expires_at", text(key.expiresAt))
                .put("last_used_at", text(key.lastUsedAt))
                .put("revoked_at", text(key.revokedAt));
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
