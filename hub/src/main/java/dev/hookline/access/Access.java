package dev.hookline.access;

import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Passwords in, tokens out; tokens in, principals out. An access token lasts 30 minutes, a refresh token 7 days, a session at
 * most 30. Every refresh gives a new refresh token; the one before it ends the session when it comes back after its successor
 * was used. A client that stays with its first one is served: nobody used a successor.
 */
public final class Access {
    private static final Duration TOKEN_LASTS = Duration.ofMinutes(30);
    private static final Duration REFRESH_LASTS = Duration.ofDays(7);
    private static final Duration SESSION_LASTS_MAX = Duration.ofDays(30);
    private static final int SESSION_ID_BYTES = 15;
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(1);

    /**
     * Fresh tokens.
     *
     * @param expiresInSeconds of the access token, from now
     */
    public record Login(
            String accessToken, String refreshToken, long expiresInSeconds, Principal principal, User user) {}

    /** What becomes of a sign-in. */
    public sealed interface Outcome {
        record Accepted(Login login) implements Outcome {}

        /** The name or the password is wrong. */
        record Wrong() implements Outcome {}

        /** The password is right, and the user or the tenant is switched off. */
        record Inactive() implements Outcome {}

        /** Too many wrong ones. */
        record Locked(long secondsLeft) implements Outcome {}
    }

    private final PostgresAccess store;
    private final PostgresSessions sessions;
    private final ApiKeys apiKeys;
    private final Passwords passwords;
    private final LoginAttempts attempts;
    private final Revocations revocations;
    private final Time time;
    private final Tokens tokens;
    private Instant sweptAt = Instant.EPOCH;

    /**
     * Signs and checks with one key.
     *
     * @param signingKey at least 32 bytes
     */
    public Access(
            Vertx vertx,
            PostgresAccess store,
            PostgresSessions sessions,
            PostgresApiKeys apiKeys,
            Passwords passwords,
            Time time,
            byte[] signingKey) {
        this.store = store;
        this.sessions = sessions;
        this.passwords = passwords;
        this.attempts = new LoginAttempts(sessions);
        this.revocations = new Revocations(sessions);
        this.apiKeys = new ApiKeys(apiKeys, revocations, time);
        this.time = time;
        this.tokens = new Tokens(vertx, signingKey);
    }

    /** Checks a password, and begins a session. Blocks for some ten milliseconds. */
    public Outcome login(String username, String password, InetAddress from) {
        Checked checked = check(username, password, from);
        PostgresAccess.Account account = checked.account;
        if (account == null) {
            return checked.otherwise;
        }
        if (!account.mayEnter()) {
            return new Outcome.Inactive();
        }
        return begin(account).<Outcome>map(Outcome.Accepted::new).orElseGet(Outcome.Wrong::new);
    }

    /**
     * Why a password is not the caller's; empty when it is. Wrong ones count as in {@link #login}: whoever found a token must
     * not find the password by it. Blocks.
     */
    public Optional<Outcome> refusal(Principal caller, String password, InetAddress from) {
        Checked checked = check(caller.username(), password, from);
        return checked.account == null ? Optional.of(checked.otherwise) : Optional.empty();
    }

    /**
     * A password that was looked at.
     *
     * @param account null when the password is not its
     */
    private record Checked(PostgresAccess.@Nullable Account account, Outcome otherwise) {}

    private Checked check(String username, String password, InetAddress from) {
        long wait = attempts.secondsToWait(username, from);
        if (wait > 0) {
            return new Checked(null, new Outcome.Locked(wait));
        }
        Optional<PostgresAccess.Account> found = store.account(username);
        if (found.isEmpty()) {
            passwords.pretend(password);
            return new Checked(null, new Outcome.Wrong());
        }
        long account = found.get().user().id();
        if (!attempts.mayGuess(account, from)) {
            passwords.pretend(password);
            return new Checked(null, new Outcome.Wrong());
        }
        if (!passwords.matches(password, found.get().passwordHash())) {
            return new Checked(null, new Outcome.Wrong());
        }
        attempts.succeeded(username, account, from);
        return new Checked(found.get(), new Outcome.Wrong());
    }

    /** Empty when the account changed since its password was looked at: what was right then may be wrong now. */
    private Optional<Login> begin(PostgresAccess.Account account) {
        String session = Ids.secretText(SESSION_ID_BYTES);
        Instant expiresAt = time.now().plus(REFRESH_LASTS).truncatedTo(ChronoUnit.SECONDS);
        return sessions.start(session, account, expiresAt)
                ? Optional.of(tokens(account.user(), new Tokens.Refresh(session, 0, expiresAt)))
                : Optional.empty();
    }

    private Login tokens(User user, Tokens.Refresh refresh) {
        Instant expiresAt = time.now().plus(TOKEN_LASTS);
        Principal principal = new Principal(
                user.tenant(),
                user.id(),
                user.username(),
                user.role(),
                Set.of(Scope.values()),
                Principal.SESSION + refresh.session(),
                expiresAt);
        return new Login(tokens.access(principal), tokens.refresh(refresh), TOKEN_LASTS.toSeconds(), principal, user);
    }

    /** New tokens for a refresh token; empty when it is wrong or over, or was replaced by one that was used. Blocks. */
    public Optional<Login> refresh(String refreshToken) {
        Instant now = time.now();
        Optional<Tokens.Refresh> read = tokens.readRefresh(refreshToken, now);
        if (read.isEmpty()) {
            return Optional.empty();
        }
        Tokens.Refresh shown = read.get();
        Instant expiresAt = now.plus(REFRESH_LASTS).truncatedTo(ChronoUnit.SECONDS);
        Optional<PostgresSessions.Going> going =
                sessions.goOn(shown.session(), shown.generation(), expiresAt, SESSION_LASTS_MAX);
        if (going.isEmpty()) {
            if (sessions.isLater(shown.session(), shown.generation())) {
                // Two have this session, and one of them is a thief.
                end(shown.session());
            }
            return Optional.empty();
        }
        return store.account(going.get().userId())
                .filter(PostgresAccess.Account::mayEnter)
                .map(account -> tokens(
                        account.user(),
                        new Tokens.Refresh(
                                shown.session(),
                                shown.generation() + 1,
                                going.get().expiresAt())));
    }

    /** Ends the session of a token: at once here, within a second or two on other nodes. Blocks. */
    public void logout(Principal principal) {
        if (!principal.isApiKey()) {
            end(principal.credential().substring(Principal.SESSION.length()));
        }
    }

    /** Ends the session of a refresh token; false when it is none. Blocks. */
    public boolean logout(String refreshToken) {
        Optional<Tokens.Refresh> refresh = tokens.readRefresh(refreshToken, time.now());
        refresh.ifPresent(shown -> end(shown.session()));
        return refresh.isPresent();
    }

    private void end(String session) {
        sessions.end(session);
        revocations.add(Principal.SESSION + session, time.now());
    }

    /** Whether this is an API key by its looks; {@link #principalOfKey} knows whether it is one. */
    public static boolean looksLikeKey(String token) {
        return token.startsWith(ApiKeys.PREFIX);
    }

    /**
     * Who a token belongs to; empty when it is not ours, not an access token, over, or revoked. Of API keys it knows those
     * that were used in the last seconds. Does not block.
     */
    public Optional<Principal> principal(String token) {
        Optional<Principal> principal =
                looksLikeKey(token) ? apiKeys.known(token) : tokens.readAccess(token, time.now());
        return principal.filter(one -> !revocations.contains(one.credential()));
    }

    /** Who an API key belongs to; empty when it is wrong, over, or revoked. Blocks. */
    public Optional<Principal> principalOfKey(String key) {
        return apiKeys.find(key);
    }

    /** Whether the token that a stream was opened with still counts. Does not block. */
    public boolean stillCounts(Principal principal) {
        return !revocations.contains(principal.credential())
                && principal.expiresAt().isAfter(time.now());
    }

    /** The caller as stored; empty when it was deleted meanwhile. Blocks. */
    public Optional<User> user(Principal caller) {
        return store.user(caller.tenant(), caller.userId());
    }

    /** Whether the tenant has a user of this id. Blocks. */
    public boolean hasUser(String tenant, long userId) {
        return store.user(tenant, userId).isPresent();
    }

    /** Ends here at once what a change of users, keys or tenants has ended in the database. Blocks. */
    public void readRevocations() {
        revocations.step();
    }

    /** Ends here what ended on other nodes, and now and then deletes what is long over. Called each second, by one thread. */
    public void step() {
        revocations.step();
        Instant now = time.now();
        if (now.isAfter(sweptAt.plus(SWEEP_EVERY))) {
            sessions.sweep(LoginAttempts.WINDOW);
            sweptAt = now;
        }
    }
}
