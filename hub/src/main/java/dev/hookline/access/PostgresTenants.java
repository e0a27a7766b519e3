package dev.hookline.access;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The table {@code tenant}, for the owners of the hub. */
public final class PostgresTenants {
    private static final String LIST = """
            SELECT id, name, active, created_at FROM tenant WHERE id > :after ORDER BY id LIMIT :limit
            """;

    private static final String FIND = """
            SELECT id, name, active, created_at FROM tenant WHERE id = :id
            """;

    private static final String INSERT = """
            INSERT INTO tenant (id, name) VALUES (:id, :name) ON CONFLICT DO NOTHING
            RETURNING id, name, active, created_at
            """;

    private static final String UPDATE = """
            UPDATE tenant SET name = :name, active = :active WHERE id = :id
            """;

    private static final String END_SESSIONS = """
            WITH ended AS (
              UPDATE user_session SET ended_at = now()
              WHERE tenant = :id AND ended_at IS NULL AND expires_at > now() RETURNING id)
            INSERT INTO revocation (credential) SELECT 'session:' || id FROM ended ON CONFLICT DO NOTHING
            """;

    /** A tenant as stored. */
    public record Tenant(String id, String name, boolean active, Instant createdAt) {}

    /** A new tenant, and the invitation of its first owner. */
    public record Made(Tenant tenant, PostgresInvitations.Made invitation) {}

    private final Jdbi jdbi;

    public PostgresTenants(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** In the order of their ids, all after the one given. */
    public List<Tenant> list(String after, int limit) {
        return jdbi.withHandle(db -> db.createQuery(LIST)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> tenant(row))
                .list());
    }

    public Optional<Tenant> find(String id) {
        return jdbi.withHandle(db -> find(db, FIND, id));
    }

    private static Optional<Tenant> find(Handle db, String sql, String id) {
        return db.createQuery(sql).bind("id", id).map((row, _) -> tenant(row)).findOne();
    }

    /** Makes a tenant and invites its owner; empty when the id is taken. */
    public Optional<Made> create(
            Actor actor, String id, String name, @Nullable String ownerEmail, Duration invitationLasts) {
        return jdbi.inTransaction(db -> {
            Optional<Tenant> made = db.createQuery(INSERT)
                    .bind("id", id)
                    .bind("name", name)
                    .map((row, _) -> tenant(row))
                    .findOne();
            return made.map(tenant -> {
                PostgresAudit.write(db, actor, "tenant.create", "tenant/" + id, null, json(tenant));
                return new Made(
                        tenant, PostgresInvitations.create(db, actor, id, Role.OWNER, ownerEmail, invitationLasts));
            });
        });
    }

    /** Names a tenant, or switches it off or on; off, all its sessions end. Null leaves a part as it is. */
    public Optional<Tenant> change(Actor actor, String id, @Nullable String name, @Nullable Boolean active) {
        return jdbi.inTransaction(db -> {
            Optional<Tenant> found = find(db, FIND + " FOR UPDATE", id);
            return found.map(before -> {
                db.createUpdate(UPDATE)
                        .bind("id", id)
                        .bind("name", name == null ? before.name : name)
                        .bind("active", active == null ? before.active : active)
                        .execute();
                if (Boolean.FALSE.equals(active)) {
                    db.createUpdate(END_SESSIONS).bind("id", id).execute();
                }
                Tenant after = find(db, FIND, id).orElseThrow();
                PostgresAudit.write(db, actor, "tenant.change", "tenant/" + id, json(before), json(after));
                return after;
            });
        });
    }

    private static Tenant tenant(ResultSet row) throws SQLException {
        return new Tenant(
                row.getString("id"),
                row.getString("name"),
                row.getBoolean("active"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    /** As the audit trail shows a tenant, and every answer. */
    public static ObjectNode json(Tenant tenant) {
        return Json.object()
                .put("id", tenant.id)
                .put("name", tenant.name)
                .put("active", tenant.active)
                .put("created_at", tenant.createdAt.toString());
    }
}
