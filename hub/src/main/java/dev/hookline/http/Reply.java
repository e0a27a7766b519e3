package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * An answer.
 *
 * @param body a missing node for none
 * @param headers besides {@code Content-Type}, which is {@code application/json}
 */
public record Reply(int status, JsonNode body, Map<String, String> headers) {
    public static Reply ok(JsonNode body) {
        return new Reply(200, body, Map.of());
    }

    public static Reply of(int status, JsonNode body) {
        return new Reply(status, body, Map.of());
    }
}
