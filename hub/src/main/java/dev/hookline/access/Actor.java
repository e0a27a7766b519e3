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
    /** The id of the API key that was shown; null for who showed none. */
    @Nullable
    Long apiKey() {
        return credential == null || !credential.startsWith(Principal.API_KEY)
                ? null
                : (Long) Long.parseLong(credential.substring(Principal.API_KEY.length()));
    }

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
