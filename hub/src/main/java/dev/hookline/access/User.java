package dev.hookline.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A user as stored, without the password. */
public record User(
        long id,
        String tenant,
        String username,
        @Nullable String email,
        @Nullable String fullName,
        Role role,
        boolean active,
        Instant createdAt) {}
