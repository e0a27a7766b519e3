package dev.hookline.access;

import java.util.Locale;
import java.util.Optional;

/** What a user may do within the tenant, from the least to the most: each may what those before it may. */
public enum Role {
    /** Syncs and follows events, for one user. */
    DEVICE,
    /** Reads what a tenant's events say. */
    VIEWER,
    /** Publishes, subscribes, replays. */
    MEMBER,
    /** Decides who may send and who may enter. */
    ADMIN,
    /** As an administrator, and decides who owns the tenant. */
    OWNER;

    /** As in the database and in every answer: {@code viewer}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Empty when no role has this name. */
    public static Optional<Role> of(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }

    public boolean isAtLeast(Role other) {
        return compareTo(other) >= 0;
    }

    /** The lower of the two. */
    Role least(Role other) {
        return isAtLeast(other) ? other : this;
    }
}
