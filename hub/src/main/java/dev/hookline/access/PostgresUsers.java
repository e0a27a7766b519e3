package dev.hookline.access;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The users of tenants, as administrators see and change them. Every change is in the audit trail, or did not happen. */
public final class PostgresUsers {
    private static final String COLUMNS = """
            id, tenant, username, email, full_name, role, active, created_at
            """;

    private static final String LIST = "SELECT " + COLUMNS + """
            FROM app_user WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit
            """;

    private static final String FIND = "SELECT " + COLUMNS + """
            FROM app_user WHERE tenant = :tenant AND id = :id
            """;

    private static final String INSERT = """
            INSERT INTO app_user (tenant, username, email, full_name, role, password_hash)
            SELECT :tenant, :username, :email, :fullName, :role, :passwordHash
            WHERE NOT EXISTS (SELECT FROM app_user WHERE lower(username) = lower(:username))
            ON CONFLICT DO NOTHING
            RETURNING
            """ + COLUMNS;

    private static final String UPDATE = """
            UPDATE app_user SET email = :email, full_name = :fullName, role = :role, active = :active,
              password_hash = coalesce(:passwordHash, password_hash)
            WHERE id = :id
            """;

    private static final String EMAIL_TAKEN = """
            SELECT EXISTS (SELECT FROM app_user WHERE lower(email) = lower(:email) AND id <> :id)
            """;

    private static final String DELETE = """
            DELETE FROM app_user WHERE id = :id
            """;

    private static final String REVOKE_KEYS = """
            WITH ended AS (
              UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE user_id = :id OR made_by = :id RETURNING id)
            INSERT INTO revocation (credential) SELECT 'key:' || id FROM ended ON CONFLICT DO NOTHING
            """;

    /** One change of a tenant's users at a time: so that the last owner is told from the others. */
    private static final String LOCK_TENANT = """
            SELECT id FROM tenant WHERE id = :tenant FOR UPDATE
            """;

    private static final String OTHER_OWNERS = """
            SELECT count(*) FROM app_user WHERE tenant = :tenant AND id <> :id AND role = 'owner' AND active
            """;

    /**
     * A user who is not stored yet.
     *
     * @param passwordHash Argon2id in its own notation, with salt and costs
     */
    public record NewUser(
            String username,
            @Nullable String email,
            @Nullable String fullName,
            Role role,
            String passwordHash) {
        @Override
        public String toString() {
            return "NewUser[username=" + username + ", role=" + role + "]";
        }
    }

    /**
     * What a user becomes.
     *
     * @param passwordHash null to leave the password as it is
     */
    public record Changed(
            @Nullable String email,
            @Nullable String fullName,
            Role role,
            boolean active,
            @Nullable String passwordHash) {
        @Override
        public String toString() {
            return "Changed[role=" + role + ", active=" + active + "]";
        }
    }

    /**
     * What surrounds a user while it is changed.
     *
     * @param otherOwners how many active owners the tenant has beside this user
     * @param emailTaken whether another user, of whichever tenant, has an email address
     */
    public record Around(long otherOwners, Predicate<String> emailTaken) {}

    /** Decides while nobody else changes the tenant's users; what it throws leaves all as it was. */
    public interface Edit<T, E extends Exception> {
        T apply(User before, Around around) throws E;
    }

    private final Jdbi jdbi;

    public PostgresUsers(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** In the order of their ids, all above the one given. */
    public List<User> list(String tenant, long after, int limit) {
        return jdbi.withHandle(db -> db.createQuery(LIST)
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> PostgresAccess.user(row))
                .list());
    }

    public Optional<User> find(String tenant, long id) {
        return jdbi.withHandle(db -> find(db, tenant, id));
    }

    private static Optional<User> find(Handle db, String tenant, long id) {
        return db.createQuery(FIND)
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> PostgresAccess.user(row))
                .findOne();
    }

    /** Empty when the name or the email address is taken, by whichever tenant. */
    public Optional<User> create(Actor actor, NewUser wanted) {
        return jdbi.inTransaction(db -> {
            Optional<User> made = insert(db, actor.tenant(), wanted);
            made.ifPresent(
                    user -> PostgresAudit.write(db, actor, "user.create", "user/" + user.id(), null, json(user)));
            return made;
        });
    }

    static Optional<User> insert(Handle db, String tenant, NewUser wanted) {
        return db.createQuery(INSERT)
                .bind("tenant", tenant)
                .bind("username", wanted.username)
                .bind("email", wanted.email)
                .bind("fullName", wanted.fullName)
                .bind("role", wanted.role.text())
                .bind("passwordHash", wanted.passwordHash)
                .map((row, _) -> PostgresAccess.user(row))
                .findOne();
    }

    /**
     * Changes a user. The user's sessions end when the role, the password or the right to enter is another afterwards.
     *
     * @return empty when the tenant has no such user
     */
    public <E extends Exception> Optional<User> change(Actor actor, long id, Edit<Changed, E> edit) throws E {
        return jdbi.<Optional<User>, E>inTransaction(db -> {
            Optional<User> before = lock(db, actor.tenant(), id);
            if (before.isEmpty()) {
                return before;
            }
            User user = before.get();
            Changed changed = edit.apply(user, around(db, user));
            db.createUpdate(UPDATE)
                    .bind("id", id)
                    .bind("email", changed.email)
                    .bind("fullName", changed.fullName)
                    .bind("role", changed.role.text())
                    .bind("active", changed.active)
                    .bind("passwordHash", changed.passwordHash)
                    .execute();
            boolean entersOtherwise = changed.role != user.role() || changed.active != user.active();
            if (entersOtherwise || changed.passwordHash != null) {
                PostgresSessions.endOfUser(db, id);
            }
            User after = find(db, actor.tenant(), id).orElseThrow();
            ObjectNode shown = json(after);
            if (changed.passwordHash != null) {
                PostgresSessions.forgetAccount(db, id);
                PostgresSessions.forgetName(db, user.username());
                if (user.email() != null) {
                    PostgresSessions.forgetName(db, user.email());
                }
                shown.put("password_changed", true);
            }
            PostgresAudit.write(db, actor, "user.change", "user/" + id, json(user), shown);
            return Optional.of(after);
        });
    }

    /** Deletes a user with all sessions, devices and API keys, and ends the keys made for others; false when the tenant has no such user. */
    public <E extends Exception> boolean delete(Actor actor, long id, Edit<User, E> check) throws E {
        return jdbi.<Boolean, E>inTransaction(db -> {
            Optional<User> found = lock(db, actor.tenant(), id);
            if (found.isEmpty()) {
                return false;
            }
            User user = check.apply(found.get(), around(db, found.get()));
            PostgresSessions.endOfUser(db, id);
            db.createUpdate(REVOKE_KEYS).bind("id", id).execute();
            db.createUpdate(DELETE).bind("id", id).execute();
            PostgresAudit.write(db, actor, "user.delete", "user/" + id, json(user), null);
            return true;
        });
    }

    private static Optional<User> lock(Handle db, String tenant, long id) {
        db.createQuery(LOCK_TENANT).bind("tenant", tenant).mapTo(String.class).one();
        return find(db, tenant, id);
    }

    private static Around around(Handle db, User user) {
        long otherOwners = db.createQuery(OTHER_OWNERS)
                .bind("tenant", user.tenant())
                .bind("id", user.id())
                .mapTo(Long.class)
                .one();
        return new Around(
                otherOwners,
                email -> db.createQuery(EMAIL_TAKEN)
                        .bind("email", email)
                        .bind("id", user.id())
                        .mapTo(Boolean.class)
                        .one());
    }

    /** As the audit trail shows a user, and every answer. */
    public static ObjectNode json(User user) {
        return Json.object()
                .put("id", user.id())
                .put("username", user.username())
                .put("email", user.email())
                .put("full_name", user.fullName())
                .put("role", user.role().text())
                .put("active", user.active())
                .put("created_at", user.createdAt().toString());
    }
}
