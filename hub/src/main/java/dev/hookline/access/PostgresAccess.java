package dev.hookline.access;

import dev.hookline.kernel.Ids;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** The tables {@code tenant}, {@code app_user} and {@code sealed_secret}. */
public final class PostgresAccess {
    private static final String INSERT_TENANT = """
            INSERT INTO tenant (id, name) VALUES (:id, :name) ON CONFLICT DO NOTHING
            """;

    private static final String INSERT_USER = """
            INSERT INTO app_user (tenant, username, password_hash, role)
            VALUES (:tenant, :username, :passwordHash, :role)
            ON CONFLICT DO NOTHING
            """;

    private static final String UPDATE_PASSWORD = """
            UPDATE app_user SET password_hash = :passwordHash WHERE username = :username RETURNING id
            """;

    private static final String ACCOUNT = """
            SELECT u.id, u.tenant, u.username, u.email, u.full_name, u.role, u.active, u.created_at, u.password_hash,
              u.active AND t.active AS may_enter
            FROM app_user u JOIN tenant t ON t.id = u.tenant
            """;

    private static final String USER = """
            SELECT id, tenant, username, email, full_name, role, active, created_at
            FROM app_user WHERE tenant = :tenant AND id = :id
            """;

    private static final String INSERT_SECRET = """
            INSERT INTO sealed_secret (name, sealed) VALUES (:name, :sealed) ON CONFLICT DO NOTHING
            """;

    private static final String FIND_SECRET = """
            SELECT sealed FROM sealed_secret WHERE name = :name
            """;

    private final Jdbi jdbi;

    public PostgresAccess(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    public void makeTenant(String id, String name) {
        jdbi.useHandle(db ->
                db.createUpdate(INSERT_TENANT).bind("id", id).bind("name", name).execute());
    }

    /** Makes a user; false when the name is taken. */
    public boolean makeUser(String tenant, String username, String passwordHash, Role role) {
        return jdbi.withHandle(db -> db.createUpdate(INSERT_USER)
                        .bind("tenant", tenant)
                        .bind("username", username)
                        .bind("passwordHash", passwordHash)
                        .bind("role", role.text())
                        .execute())
                == 1;
    }

    /** Gives a user a new password, and ends the user's sessions; false when there is no such user. */
    public boolean changePassword(String username, String passwordHash) {
        return jdbi.inTransaction(db -> {
            Optional<Long> user = db.createQuery(UPDATE_PASSWORD)
                    .bind("passwordHash", passwordHash)
                    .bind("username", username)
                    .mapTo(Long.class)
                    .findOne();
            user.ifPresent(id -> {
                PostgresSessions.endOfUser(db, id);
                PostgresSessions.forgetAccount(db, id);
            });
            PostgresSessions.forgetName(db, username);
            return user.isPresent();
        });
    }

    public boolean hasUser(String username) {
        return account(username).isPresent();
    }

    /**
     * A user with what a sign-in needs to know. The hash is Argon2id in its own notation, with salt and costs.
     *
     * @param mayEnter whether both the user and the tenant are active
     */
    record Account(User user, String passwordHash, boolean mayEnter) {
        @Override
        public String toString() {
            return "Account[user=" + user + ", mayEnter=" + mayEnter + "]";
        }
    }

    /** By the name, else by the email address, which nobody else has for a name. */
    Optional<Account> account(String username) {
        return jdbi.withHandle(
                db -> db.createQuery(ACCOUNT + "WHERE u.username = :name OR lower(u.email) = lower(:name)"
                                + " ORDER BY u.username = :name DESC LIMIT 1")
                        .bind("name", username)
                        .map((row, _) -> account(row))
                        .findOne());
    }

    Optional<Account> account(long id) {
        return jdbi.withHandle(db -> db.createQuery(ACCOUNT + "WHERE u.id = :id")
                .bind("id", id)
                .map((row, _) -> account(row))
                .findOne());
    }

    Optional<User> user(String tenant, long id) {
        return jdbi.withHandle(db -> db.createQuery(USER)
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> user(row))
                .findOne());
    }

    private static Account account(ResultSet row) throws SQLException {
        return new Account(user(row), row.getString("password_hash"), row.getBoolean("may_enter"));
    }

    static User user(ResultSet row) throws SQLException {
        return new User(
                row.getLong("id"),
                row.getString("tenant"),
                row.getString("username"),
                row.getString("email"),
                row.getString("full_name"),
                Role.of(row.getString("role")).orElseThrow(),
                row.getBoolean("active"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    /**
     * A secret of the hub itself, shared by all its nodes; made on first use.
     *
     * @throws IllegalStateException when it was sealed under another master key
     */
    public byte[] hubSecret(String name, int bytes, MasterKey masterKey) {
        byte[] sealed = jdbi.withHandle(db -> {
            db.createUpdate(INSERT_SECRET)
                    .bind("name", name)
                    .bind("sealed", masterKey.seal(Ids.secret(bytes)))
                    .execute();
            return db.createQuery(FIND_SECRET)
                    .bind("name", name)
                    .mapTo(byte[].class)
                    .one();
        });
        return masterKey
                .open(sealed)
                .orElseThrow(() -> new IllegalStateException("The secret '" + name
                        + "' in the database was sealed under another master key. Start with the HOOKLINE_MASTER_KEY (or"
                        + " the file keys/master.key) of the node that made this database"));
    }
}
