package dev.hookline.access;

import java.time.Instant;
import java.util.Set;

/**
 * Who is calling: a user who signed in, or a program with an API key of a user.
 *
 * @param role the user's
 * @param scopes what the API key is for; all of them for a user who signed in
 * @param credential what was shown: {@code session:<id>} or {@code key:<id>}
 * @param expiresAt when the token ends; a stream that was opened with it ends then too
 */
public record Principal(
        String tenant,
        long userId,
        String username,
        Role role,
        Set<Scope> scopes,
        String credential,
        Instant expiresAt) {
    /** The tenant of whoever runs the hub; its owners make the other tenants. */
    public static final String PLATFORM_TENANT = "default";

    static final String SESSION = "session:";
    static final String API_KEY = "key:";

    public Principal {
        scopes = Set.copyOf(scopes);
    }

    /** May everything within the tenant that is not an owner's. */
    public boolean isAdmin() {
        return role.isAtLeast(Role.ADMIN);
    }

    public boolean isApiKey() {
        return credential.startsWith(API_KEY);
    }

    /** Whether a request may name this user: the caller or, for an administrator in person or by a key for that, anybody. */
    public boolean mayActFor(long user) {
        return user == userId || (isAdmin() && scopes.contains(Scope.ADMIN));
    }
}
