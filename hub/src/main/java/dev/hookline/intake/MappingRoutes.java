package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code GET /api/v1/mappings/templates} lists the mappings that come with the hub; {@code POST /api/v1/mappings/try} shows
 * what one would make of a body, {@code {"template" or "mapping", "payload", "headers"?, "query"?}}. Nothing is stored.
 */
public final class MappingRoutes implements Routes {
    private static final Rule READ = Rule.of(Role.VIEWER, Scope.SOURCES_READ);
    private static final int TRY_BYTES_MAX = 2 * Limits.WEBHOOK_BYTES_MAX;

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, "/api/v1/mappings/templates", READ, 0, this::templates);
        api.secured(HttpMethod.POST, "/api/v1/mappings/try", READ, TRY_BYTES_MAX, this::tryOn);
    }

    private Reply templates(Call call) {
        ObjectNode answer = Json.object();
        ArrayNode list = answer.putArray("templates");
        Mapping.templates().forEach((name, mapping) -> {
            ObjectNode definition = mapping.definition();
            String description = definition.path("description").asText();
            list.addObject().put("name", name).put("description", description).set("mapping", definition);
        });
        return Reply.ok(answer);
    }

    private Reply tryOn(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        JsonNode payload = body.get("payload");
        if (payload == null) {
            throw Problem.field("payload", "'payload' is required: the body to try the mapping on");
        }
        Map<String, String> headers = texts(body, "headers", new TreeMap<>(String.CASE_INSENSITIVE_ORDER));
        Map<String, String> query = texts(body, "query", new TreeMap<>());
        return Reply.ok(mapping(body).tryOn(payload, headers::get, query::get));
    }

    private static Mapping mapping(ObjectNode body) throws Problem {
        if (body.hasNonNull("mapping") == body.hasNonNull("template")) {
            throw Problem.field("mapping", "Either 'mapping', a definition, or 'template', a name, is required");
        }
        if (body.hasNonNull("mapping")) {
            return Mapping.parse(body.get("mapping"));
        }
        Mapping template = Mapping.templates().get(body.get("template").asText());
        if (template == null) {
            throw Problem.field(
                    "template",
                    "'template' must be one of "
                            + String.join(", ", Mapping.templates().keySet()));
        }
        return template;
    }

    private static Map<String, String> texts(ObjectNode body, String field, Map<String, String> texts) throws Problem {
        JsonNode given = body.get(field);
        if (given == null || given.isNull()) {
            return texts;
        }
        if (!given.isObject()) {
            throw Problem.field(field, "'" + field + "' must be an object of texts");
        }
        given.properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }
}
