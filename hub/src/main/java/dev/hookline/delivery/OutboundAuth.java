package dev.hookline.delivery;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How the hub signs in at a subscriber's, beside its signature. */
sealed interface OutboundAuth {
    /** Not at all. */
    record None() implements OutboundAuth {}

    /** RFC 7617, in UTF-8. */
    record Basic(String username, String password) implements OutboundAuth {
        @Override
        public String toString() {
            return "Basic[username=" + username + "]";
        }
    }

    /** A token that does not change. */
    record Bearer(String token) implements OutboundAuth {
        @Override
        public String toString() {
            return "Bearer[…]";
        }
    }

    /**
     * The client credentials grant of RFC 6749, section 4.4.
     *
     * @param inBody whether id and secret go in the form; else in a Basic header
     */
    record OAuth2(
            URI tokenUrl,
            String clientId,
            String clientSecret,
            @Nullable String scope,
            @Nullable String audience,
            boolean inBody)
            implements OutboundAuth {
        @Override
        public String toString() {
            return "OAuth2[tokenUrl=" + tokenUrl + ", clientId=" + clientId + "]";
        }
    }

    static OutboundAuth none() {
        return new None();
    }

    /** The value of the header {@code Authorization}; null for none, or where it takes a token first. */
    default @Nullable String header() {
        return switch (this) {
            case None _, OAuth2 _ -> null;
            case Basic(String username, String password) -> basic(username, password);
            case Bearer(String token) -> "Bearer " + token;
        };
    }

    static String basic(String username, String password) {
        byte[] both = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(both);
    }
}
