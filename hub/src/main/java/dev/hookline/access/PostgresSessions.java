package dev.hookline.access;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The tables {@code user_session}, {@code revocation} and {@code login_attempt}. */
public final class PostgresSessions implements Revocations.Source {
    /** Waits for whoever changes the tenant or its users, and keeps them waiting: the tenant's row first, as they do. */
    private static final String HOLD_TENANT = """
            SELECT id FROM tenant WHERE id = :tenant AND active FOR SHARE
            """;

    private static final String INSERT = """
            INSERT INTO user_session (id, tenant, user_id, expires_at)
            SELECT :id, tenant, id, :expiresAt FROM app_user
            WHERE id = :user AND tenant = :tenant AND active AND role = :role AND password_hash = :passwordHash
            FOR SHARE
            """;

    private static final String GO_ON = """
            UPDATE user_session SET generation = :generation, expires_at = least(:expiresAt, started_at + :longest)
            WHERE id = :id AND generation <= :generation AND ended_at IS NULL AND expires_at > now()
            RETURNING user_id, expires_at
            """;

    private static final String IS_LATER = """
            SELECT generation > :generation FROM user_session WHERE id = :id AND ended_at IS NULL
            """;

    private static final String END = """
            WITH ended AS (
              UPDATE user_session SET ended_at = now() WHERE id = :id AND ended_at IS NULL RETURNING id)
            INSERT INTO revocation (credential) SELECT 'session:' || id FROM ended ON CONFLICT DO NOTHING
            """;

    private static final String END_OF_USER = """
            WITH ended AS (
              UPDATE user_session SET ended_at = now()
              WHERE user_id = :user AND ended_at IS NULL AND expires_at > now() RETURNING id)
            INSERT INTO revocation (credential) SELECT 'session:' || id FROM ended ON CONFLICT DO NOTHING
            """;

    private static final String REVOKED_SINCE = """
            SELECT credential, at FROM revocation WHERE at >= :since
            """;

    private static final String SWEEP_SESSIONS = """
            DELETE FROM user_session WHERE expires_at < now() - interval '1 day'
            """;

    private static final String SWEEP_REVOCATIONS = """
            DELETE FROM revocation WHERE at < now() - interval '1 day'
            """;

    private static final String SWEEP_ATTEMPTS = """
            DELETE FROM login_attempt WHERE began_at < now() - :window
            """;

    private static final String ATTEMPT = """
            INSERT INTO login_attempt AS held (key, name, began_at, attempts) VALUES (:key, :name, now(), 1)
            ON CONFLICT (key) DO UPDATE SET
              attempts = CASE WHEN held.began_at < now() - :window THEN 1 ELSE held.attempts + 1 END,
              began_at = CASE WHEN held.began_at < now() - :window THEN now() ELSE held.began_at END
            RETURNING attempts, extract(epoch FROM began_at + :window - now())::bigint + 1 AS seconds_left
            """;

    private static final String FORGIVE = """
            UPDATE login_attempt SET attempts = greatest(attempts - 1, 0) WHERE key = :key
            """;

    private static final String FORGET = """
            DELETE FROM login_attempt WHERE key = :key
            """;

    private static final String FORGET_NAME = """
            DELETE FROM login_attempt WHERE name = :name
            """;

    /** A session that goes on. */
    record Going(long userId, Instant expiresAt) {}

    /**
     * How often a key was tried.
     *
     * @param secondsLeft until the count begins anew
     */
    record Attempts(int count, long secondsLeft) {}

    private final Jdbi jdbi;

    public PostgresSessions(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Begins a session; false when the account is not any more as it was read, while its password was looked at. A change
     * that comes later finds the session, and ends it.
     */
    boolean start(String id, PostgresAccess.Account account, Instant expiresAt) {
        User user = account.user();
        return jdbi.inTransaction(db -> {
            boolean open = db.createQuery(HOLD_TENANT)
                    .bind("tenant", user.tenant())
                    .mapTo(String.class)
                    .findOne()
                    .isPresent();
            return open
                    && db.createUpdate(INSERT)
                                    .bind("id", id)
                                    .bind("tenant", user.tenant())
                                    .bind("user", user.id())
                                    .bind("role", user.role().text())
                                    .bind("passwordHash", account.passwordHash())
                                    .bind("expiresAt", utc(expiresAt))
                                    .execute()
                            == 1;
        });
    }

    /** Takes a refresh token of this generation; empty when the session is over, or a later one was shown already. */
    Optional<Going> goOn(String id, int generation, Instant expiresAt, Duration longest) {
        return jdbi.withHandle(db -> db.createQuery(GO_ON)
                .bind("id", id)
                .bind("generation", generation)
                .bind("expiresAt", utc(expiresAt))
                .bind("longest", longest)
                .map((row, _) -> new Going(
                        row.getLong("user_id"),
                        row.getObject("expires_at", OffsetDateTime.class).toInstant()))
                .findOne());
    }

    /** Whether the session goes on, and a refresh token later than this one was shown. */
    boolean isLater(String id, int generation) {
        return jdbi.withHandle(db -> db.createQuery(IS_LATER)
                .bind("id", id)
                .bind("generation", generation)
                .mapTo(Boolean.class)
                .findOne()
                .orElse(false));
    }

    void end(String id) {
        jdbi.useHandle(db -> db.createUpdate(END).bind("id", id).execute());
    }

    /** Ends a user's sessions within the caller's transaction. */
    static void endOfUser(Handle db, long user) {
        db.createUpdate(END_OF_USER).bind("user", user).execute();
    }

    @Override
    public Revocations.Newest since(Instant since) {
        return jdbi.inTransaction(db -> {
            Map<String, Instant> revoked = new HashMap<>();
            db.createQuery(REVOKED_SINCE)
                    .bind("since", utc(since))
                    .map((row, _) -> Map.entry(
                            row.getString("credential"),
                            row.getObject("at", OffsetDateTime.class).toInstant()))
                    .forEach(entry -> revoked.put(entry.getKey(), entry.getValue()));
            return new Revocations.Newest(revoked, now(db));
        });
    }

    @Override
    public Instant now() {
        return jdbi.withHandle(PostgresSessions::now);
    }

    private static Instant now(Handle db) {
        return db.createQuery("SELECT now()").mapTo(OffsetDateTime.class).one().toInstant();
    }

    /** Deletes what no token and no sign-in asks for any more. */
    void sweep(Duration window) {
        jdbi.useHandle(db -> {
            db.createUpdate(SWEEP_SESSIONS).execute();
            db.createUpdate(SWEEP_REVOCATIONS).execute();
            db.createUpdate(SWEEP_ATTEMPTS).bind("window", window).execute();
        });
    }

    /** Counts an attempt before it is made, so that many at once are not more than one after the other. */
    Attempts attempt(String key, @Nullable String name, Duration window) {
        return jdbi.withHandle(db -> db.createQuery(ATTEMPT)
                .bind("key", key)
                .bind("name", name)
                .bind("window", window)
                .map((row, _) -> new Attempts(row.getInt("attempts"), row.getLong("seconds_left")))
                .one());
    }

    /** Forgets the attempts on a name within the caller's transaction: its password is another one now. */
    static void forgetName(Handle db, String name) {
        db.createUpdate(FORGET_NAME).bind("name", LoginAttempts.nameKey(name)).execute();
    }

    /** As {@link #forgetName}, those on an account by whichever name. */
    static void forgetAccount(Handle db, long user) {
        db.createUpdate(FORGET_NAME)
                .bind("name", LoginAttempts.accountKey(user))
                .execute();
    }

    /** Takes an attempt back that was none to guess. */
    void forgive(String key) {
        jdbi.useHandle(db -> db.createUpdate(FORGIVE).bind("key", key).execute());
    }

    void forget(String key) {
        jdbi.useHandle(db -> db.createUpdate(FORGET).bind("key", key).execute());
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
