package dev.hookline.access;

import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Passwords in, tokens out; tokens in, principals out. Tokens are JWTs under HS256 and last 30 minutes. */
public final class Access {
    private static final Duration TOKEN_LASTS = Duration.ofMinutes(30);

    /**
     * A fresh token.
     *
     * @param expiresInSeconds from now
     */
    public record Login(String accessToken, long expiresInSeconds, Principal principal) {}

    private final PostgresAccess store;
    private final Passwords passwords;
    private final Time time;
    private final JWTAuth jwt;

    /**
     * Signs and checks with one key.
     *
     * @param signingKey at least 32 bytes
     */
    public Access(Vertx vertx, PostgresAccess store, Passwords passwords, Time time, byte[] signingKey) {
        this.store = store;
        this.passwords = passwords;
        this.time = time;
        this.jwt = JWTAuth.create(
                vertx,
                new JWTAuthOptions()
                        .addPubSecKey(
                                new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(Buffer.buffer(signingKey))));
    }

    /** Checks a password; empty when the name or the password is wrong. Blocks for some ten milliseconds. */
    public Optional<Login> login(String username, String password) {
        Optional<User> found = store.find(username);
        if (found.isEmpty()) {
            passwords.pretend(password);
            return Optional.empty();
        }
        User user = found.get();
        if (!passwords.matches(password, user.passwordHash())) {
            return Optional.empty();
        }
        Instant expiresAt = time.now().plus(TOKEN_LASTS);
        JsonObject claims = new JsonObject()
                .put("sub", user.username())
                .put("user_id", user.id())
                .put("tenant_id", user.tenant())
                .put("role", user.role())
                .put("type", "access")
                .put("exp", expiresAt.getEpochSecond());
        String token = jwt.generateToken(claims, new JWTOptions().setAlgorithm("HS256"));
        Principal principal = new Principal(user.tenant(), user.id(), user.username(), user.role(), expiresAt);
        return Optional.of(new Login(token, TOKEN_LASTS.toSeconds(), principal));
    }

    /** Who a token belongs to; empty when it is not ours, not an access token, or over. Does not block. */
    public Optional<Principal> principal(String token) {
        var checked = jwt.authenticate(new TokenCredentials(token));
        if (!checked.succeeded()) {
            return Optional.empty();
        }
        try {
            return principal(checked.result().attributes().getJsonObject("accessToken"));
        } catch (ClassCastException e) {
            return Optional.empty();
        }
    }

    /** From the claims of a token that we may not have made, only someone with our key. */
    private Optional<Principal> principal(JsonObject claims) {
        String tenant = claims.getString("tenant_id");
        Long userId = claims.getLong("user_id");
        String username = claims.getString("sub");
        String role = claims.getString("role");
        Long expires = claims.getLong("exp");
        if (tenant == null || userId == null || username == null || role == null || expires == null) {
            return Optional.empty();
        }
        Instant expiresAt = Instant.ofEpochSecond(expires);
        boolean counts = "access".equals(claims.getString("type")) && expiresAt.isAfter(time.now());
        return counts ? Optional.of(new Principal(tenant, userId, username, role, expiresAt)) : Optional.empty();
    }
}
