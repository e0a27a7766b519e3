package dev.hookline.client;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who calls.
 *
 * @param token null for one who signs in
 */
record Credentials(
        @Nullable String token,
        @Nullable String username,
        @Nullable String password) {
    static Credentials token(String token) {
        return new Credentials(token, null, null);
    }

    static Credentials login(String username, String password) {
        return new Credentials(null, username, password);
    }

    /** The body of a login. */
    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("username", username);
        json.put("password", password);
        return json;
    }

    @Override
    public String toString() {
        return token == null ? "Credentials[" + username + "]" : "Credentials[token]";
    }
}
