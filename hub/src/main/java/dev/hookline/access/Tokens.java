package dev.hookline.access;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** JWTs under HS256: access tokens, which say who calls, and refresh tokens, which say which session goes on. */
final class Tokens {
    private static final String ACCESS = "access";
    private static final String REFRESH = "refresh";
    private static final Set<Scope> ALL_SCOPES = Set.of(Scope.values());

    /**
     * What a refresh token says.
     *
     * @param generation counts the refresh tokens of a session from 0
     */
    record Refresh(String session, int generation, Instant expiresAt) {}

    private final JWTAuth jwt;

    /**
     * Signs and checks with one key.
     *
     * @param signingKey at least 32 bytes
     */
    Tokens(Vertx vertx, byte[] signingKey) {
        this.jwt = JWTAuth.create(
                vertx,
                new JWTAuthOptions()
                        .addPubSecKey(
                                new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(Buffer.buffer(signingKey))));
    }

    String access(Principal principal) {
        return sign(new JsonObject()
                .put("sub", principal.username())
                .put("user_id", principal.userId())
                .put("tenant_id", principal.tenant())
                .put("role", principal.role().text())
                .put("user_type", "tenant")
                .put("sid", principal.credential().substring(Principal.SESSION.length()))
                .put("type", ACCESS)
                .put("exp", principal.expiresAt().getEpochSecond()));
    }

    String refresh(Refresh refresh) {
        return sign(new JsonObject()
                .put("sid", refresh.session())
                .put("generation", refresh.generation())
                .put("type", REFRESH)
                .put("exp", refresh.expiresAt().getEpochSecond()));
    }

    /** Empty when the token is not ours, not an access token, or over. Does not block. */
    Optional<Principal> readAccess(String token, Instant now) {
        return read(token, ACCESS, now, Tokens::principal);
    }

    /** Empty when the token is not ours, not a refresh token, or over. Does not block. */
    Optional<Refresh> readRefresh(String token, Instant now) {
        return read(token, REFRESH, now, (claims, expiresAt) -> {
            String session = claims.getString("sid");
            Integer generation = claims.getInteger("generation");
            return session == null || generation == null
                    ? Optional.empty()
                    : Optional.of(new Refresh(session, generation, expiresAt));
        });
    }

    private static Optional<Principal> principal(JsonObject claims, Instant expiresAt) {
        String tenant = claims.getString("tenant_id");
        Long userId = claims.getLong("user_id");
        String username = claims.getString("sub");
        String session = claims.getString("sid");
        String role = claims.getString("role");
        if (tenant == null || userId == null || username == null || session == null || role == null) {
            return Optional.empty();
        }
        return Role.of(role)
                .map(known -> new Principal(
                        tenant, userId, username, known, ALL_SCOPES, Principal.SESSION + session, expiresAt));
    }

    private String sign(JsonObject claims) {
        return jwt.generateToken(claims, new JWTOptions().setAlgorithm("HS256"));
    }

    private <T> Optional<T> read(
            String token, String type, Instant now, BiFunction<JsonObject, Instant, Optional<T>> reader) {
        var checked = jwt.authenticate(new TokenCredentials(token));
        if (!checked.succeeded()) {
            return Optional.empty();
        }
        JsonObject claims = checked.result().attributes().getJsonObject("accessToken");
        try {
            Long expires = claims.getLong("exp");
            if (expires == null || !type.equals(claims.getString("type"))) {
                return Optional.empty();
            }
            Instant expiresAt = Instant.ofEpochSecond(expires);
            return expiresAt.isAfter(now) ? reader.apply(claims, expiresAt) : Optional.empty();
        } catch (ClassCastException e) {
            // Claims of other types than ours: signed with our key by another program.
            return Optional.empty();
        }
    }
}
