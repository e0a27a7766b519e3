package dev.hookline.access;

import dev.hookline.kernel.Ids;
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
            UPDATE app_user SET password_hash = :passwordHash WHERE username = :username
            """;

    private static final String FIND_USER = """
            SELECT id, tenant, username, password_hash, role FROM app_user WHERE username = :username
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
    public boolean makeUser(String tenant, String username, String passwordHash, String role) {
        return jdbi.withHandle(db -> db.createUpdate(INSERT_USER)
                        .bind("tenant", tenant)
                        .bind("username", username)
                        .bind("passwordHash", passwordHash)
                        .bind("role", role)
                        .execute())
                == 1;
    }

    /** Gives a user a new password; false when there is no such user. */
    public boolean changePassword(String username, String passwordHash) {
        return jdbi.withHandle(db -> db.createUpdate(UPDATE_PASSWORD)
                        .bind("username", username)
                        .bind("passwordHash", passwordHash)
                        .execute())
                == 1;
    }

    public boolean hasUser(String username) {
        return find(username).isPresent();
    }

    Optional<User> find(String username) {
        return jdbi.withHandle(db -> db.createQuery(FIND_USER)
                .bind("username", username)
                .map((row, context) -> new User(
                        row.getLong("id"),
                        row.getString("tenant"),
                        row.getString("username"),
                        row.getString("password_hash"),
                        row.getString("role")))
                .findOne());
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
