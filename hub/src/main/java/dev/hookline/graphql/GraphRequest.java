package dev.hookline.graphql;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as GraphQL over HTTP has it, and the {@code payload} of a {@code subscribe} message. */
record GraphRequest(String query, @Nullable String operationName, Map<String, Object> variables) {
    static GraphRequest of(JsonNode json) throws Problem {
        JsonNode query = json.path("query");
        if (!query.isTextual() || query.asText().isBlank()) {
            throw Problem.field("query", "'query' is required: a GraphQL document");
        }
        JsonNode name = json.path("operationName");
        if (!name.isMissingNode() && !name.isNull() && !name.isTextual()) {
            throw Problem.field("operationName", "'operationName' must be a text");
        }
        JsonNode variables = json.path("variables");
        if (!variables.isMissingNode() && !variables.isNull() && !variables.isObject()) {
            throw Problem.field("variables", "'variables' must be an object");
        }
        return new GraphRequest(
                query.asText(),
                name.isTextual() && !name.asText().isEmpty() ? name.asText() : null,
                variables.isObject() ? Json.map(variables) : Map.of());
    }
}
