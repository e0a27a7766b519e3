package dev.hookline.access;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import java.net.InetAddress;
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

/**
 * The table {@code invitation}. Whoever has the link becomes a user, once, until it expires, and while who made it is active
 * and has at least the role. The token in it is 32 random bytes; only its SHA-256 is stored.
 */
public final class PostgresInvitations {
    private static final int TOKEN_BYTES = 32;

    private static final String COLUMNS = """
            id, role, email, invited_by, created_at, expires_at, accepted_at, accepted_by
            """;

    private static final String INSERT = """
            INSERT INTO invitation (tenant, role, email, token_hash, invited_by, invited_by_id, expires_at)
            VALUES (:tenant, :role, :email, :hash, :invitedBy, :inviter, now() + :lasts)
            RETURNING
            """ + COLUMNS;

    private static final String LIST = "SELECT " + COLUMNS + """
            FROM invitation WHERE tenant = :tenant AND id < :below ORDER BY id DESC LIMIT :limit
            """;

    private static final String DELETE = """
            DELETE FROM invitation WHERE tenant = :tenant AND id = :id AND accepted_at IS NULL
            RETURNING
            """ + COLUMNS;

    private static final String OPEN = """
            SELECT i.id, i.tenant, i.role, i.email, u.role AS inviters_role
            FROM invitation i
            JOIN tenant t ON t.id = i.tenant AND t.active
            JOIN app_user u ON u.id = i.invited_by_id AND u.active
            WHERE i.token_hash = :hash AND i.accepted_at IS NULL AND i.expires_at > now()
            """;

    /** While somebody accepts, no user of the tenant changes: neither does who invited. */
    private static final String LOCK_TENANT = """
            SELECT t.id FROM invitation i JOIN tenant t ON t.id = i.tenant WHERE i.token_hash = :hash FOR UPDATE OF t
            """;

    private static final String ACCEPT = """
            UPDATE invitation SET accepted_at = now(), accepted_by = :user WHERE id = :id
            """;

    /** An invitation as stored. */
    public record Invitation(
            long id,
            Role role,
            @Nullable String email,
            String invitedBy,
            Instant createdAt,
            Instant expiresAt,
            @Nullable Instant acceptedAt,
            @Nullable Long acceptedBy) {}

    /** A new one, and the token that is in its link and nowhere else. */
    public record Made(Invitation invitation, String token) {
        @Override
        public String toString() {
            return "Made[invitation=" + invitation + "]";
        }
    }

    /** What becomes of a token that is shown. */
    public sealed interface Outcome {
        record Accepted(User user) implements Outcome {}

        /** It never was, was used, was taken back, or has expired; or who made it may not give that role any more. */
        record Unknown() implements Outcome {}

        /** The name or the email address is another user's; the invitation stays open. */
        record Taken() implements Outcome {}
    }

    private record Open(
            long id, String tenant, Role role, @Nullable String email) {}

    private record Found(Open open, Role invitersRole) {}

    private final Jdbi jdbi;

    public PostgresInvitations(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    public Made create(Actor actor, String tenant, Role role, @Nullable String email, Duration lasts) {
        return jdbi.inTransaction(db -> create(db, actor, tenant, role, email, lasts));
    }

    static Made create(Handle db, Actor actor, String tenant, Role role, @Nullable String email, Duration lasts) {
        String token = Ids.secretText(TOKEN_BYTES);
        Invitation made = db.createQuery(INSERT)
                .bind("tenant", tenant)
                .bind("role", role.text())
                .bind("email", email)
                .bind("hash", Secrets.hash(token))
                .bind("invitedBy", actor.username())
                .bind("inviter", actor.userId())
                .bind("lasts", lasts)
                .map((row, _) -> invitation(row))
                .one();
        PostgresAudit.write(db, actor, "invitation.create", "invitation/" + made.id, null, json(made));
        return new Made(made, token);
    }

    /** The newest first, all with an id below the one given. */
    public List<Invitation> list(String tenant, long below, int limit) {
        return jdbi.withHandle(db -> db.createQuery(LIST)
                .bind("tenant", tenant)
                .bind("below", below)
                .bind("limit", limit)
                .map((row, _) -> invitation(row))
                .list());
    }

    /** Takes an invitation back; false when the tenant has none of this id that is still open or was left to expire. */
    public boolean delete(Actor actor, long id) {
        return jdbi.inTransaction(db -> {
            Optional<Invitation> deleted = db.createQuery(DELETE)
                    .bind("tenant", actor.tenant())
                    .bind("id", id)
                    .map((row, _) -> invitation(row))
                    .findOne();
            deleted.ifPresent(
                    one -> PostgresAudit.write(db, actor, "invitation.delete", "invitation/" + id, json(one), null));
            return deleted.isPresent();
        });
    }

    /** Whether a token would be accepted now. */
    public boolean isOpen(String token) {
        return jdbi.withHandle(db -> open(db, OPEN, token).isPresent());
    }

    /** Makes the user that was invited. Of two who show the same token at once, one becomes it. */
    public Outcome accept(
            String token,
            String username,
            @Nullable String fullName,
            String passwordHash,
            InetAddress address,
            String requestId) {
        return jdbi.inTransaction(db -> {
            db.createQuery(LOCK_TENANT)
                    .bind("hash", Secrets.hash(token))
                    .mapTo(String.class)
                    .findOne();
            Optional<Open> found = open(db, OPEN + " FOR UPDATE OF i FOR SHARE OF u", token);
            if (found.isEmpty()) {
                return new Outcome.Unknown();
            }
            Open open = found.get();
            Optional<User> made = PostgresUsers.insert(
                    db,
                    open.tenant,
                    new PostgresUsers.NewUser(username, open.email, fullName, open.role, passwordHash));
            if (made.isEmpty()) {
                return new Outcome.Taken();
            }
            User user = made.get();
            db.createUpdate(ACCEPT).bind("id", open.id).bind("user", user.id()).execute();
            Actor actor = new Actor(open.tenant, user.id(), user.username(), null, address, requestId);
            PostgresAudit.write(
                    db, actor, "invitation.accept", "invitation/" + open.id, null, PostgresUsers.json(user));
            return new Outcome.Accepted(user);
        });
    }

    private static Optional<Open> open(Handle db, String sql, String token) {
        return db.createQuery(sql)
                .bind("hash", Secrets.hash(token))
                .map((row, _) -> new Found(
                        new Open(
                                row.getLong("id"),
                                row.getString("tenant"),
                                Role.of(row.getString("role")).orElseThrow(),
                                row.getString("email")),
                        Role.of(row.getString("inviters_role")).orElseThrow()))
                .findOne()
                .filter(found -> found.invitersRole.isAtLeast(found.open.role))
                .map(Found::open);
    }

    private static Invitation invitation(ResultSet row) throws SQLException {
        OffsetDateTime accepted = row.getObject("accepted_at", OffsetDateTime.class);
        return new Invitation(
                row.getLong("id"),
                Role.of(row.getString("role")).orElseThrow(),
                row.getString("email"),
                row.getString("invited_by"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("expires_at", OffsetDateTime.class).toInstant(),
                accepted == null ? null : accepted.toInstant(),
                row.getObject("accepted_by", Long.class));
    }

    /** As the audit trail shows an invitation, and every answer: without the token. */
    public static ObjectNode json(Invitation invitation) {
        Instant accepted = invitation.acceptedAt;
        return Json.object()
                .put("id", invitation.id)
                .put("role", invitation.role.text())
                .put("email", invitation.email)
                .put("invited_by", invitation.invitedBy)
                .put("created_at", invitation.createdAt.toString())
                .put("expires_at", invitation.expiresAt.toString())
                .put("accepted_at", accepted == null ? null : accepted.toString())
                .put("accepted_by", invitation.acceptedBy);
    }
}
