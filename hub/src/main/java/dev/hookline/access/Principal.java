package dev.hookline.access;

import java.time.Instant;

/**
 * Who is calling.
 *
 * @param role {@code admin} may do everything within the tenant; no other has rights of its own so far
 * @param expiresAt when the token ends; a stream that was opened with it ends then too
 */
public record Principal(String tenant, long userId, String username, String role, Instant expiresAt) {
    public static final String ADMIN = "admin";

    public boolean isAdmin() {
        return role.equals(ADMIN);
    }
}
