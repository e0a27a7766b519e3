package dev.hookline.access;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who does something that the audit trail keeps, and from where.
 *
 * @param userId null for who is no user yet
 * @param credential as {@link Principal#credential}; null for who has none yet
 */
public record Actor(
        String tenant,
        @Nullable Long userId,
        String username,
        @Nullable String credential,
        InetAddress address,
        String requestId) {
    public static Actor of(Principal principal, InetAddress address, String requestId) {
        return new Actor(
                principal.tenant(),
                principal.userId(),
                principal.username(),
                principal.credential(),
                address,
                requestId);
    }
}
