package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which schemas a tenant may bring: valid ones of 2020-12 whose references stay within the schema, do not go in circles, and
 * spread out to 1,000 subschemas at most. So the work for a payload is bounded, and nothing outside is ever read.
 */
final class SchemaRules {
    private static final int SUBSCHEMAS_MAX = 1_000;
    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
    private static final List<String> ONE_SCHEMA = List.of(
            "items",
            "additionalProperties",
            "not",
            "if",
            "then",
            "else",
            "contains",
            "propertyNames",
            "unevaluatedItems",
            "unevaluatedProperties",
            "contentSchema");
    private static final List<String> LIST_OF_SCHEMAS = List.of("allOf", "anyOf", "oneOf", "prefixItems");
    private static final List<String> NAMED_SCHEMAS = List.of("properties", "patternProperties", "dependentSchemas");
    private static final List<String> NOT_TAKEN =
            List.of("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor");

    /** Loaded on first use: most hubs never need it. */
    private static final class Meta {
        static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaLocation.of(DIALECT));
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    private final JsonNode root;
    private final Set<JsonNode> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private int subschemas;

    private SchemaRules(JsonNode root) {
        this.root = root;
    }

    /** Why a schema is not taken; null when it is. */
    static @Nullable String refusal(ObjectNode schema) {
        JsonNode dialect = schema.path("$schema");
        if (!dialect.isMissingNode() && !dialect.asText().replace("#", "").equals(DIALECT)) {
            return "'$schema' must be " + DIALECT;
        }
        List<com.networknt.schema.Error> errors = Meta.SCHEMA.validate(schema);
        if (!errors.isEmpty()) {
            com.networknt.schema.Error first = errors.getFirst();
            return "it is not a valid JSON Schema: at '" + first.getInstanceLocation() + "', " + first.getMessage();
        }
        try {
            new SchemaRules(schema).visit(schema);
        } catch (Refused e) {
            return e.getMessage();
        }
        try {
            PayloadSchema.untrusted(schema);
            return null;
        } catch (RuntimeException e) {
            return "it cannot be used: " + e.getMessage();
        }
    }

    private void visit(JsonNode schema) throws Refused {
        if (!schema.isObject()) {
            return;
        }
        if (++subschemas > SUBSCHEMAS_MAX) {
            throw new Refused("it has more than " + SUBSCHEMAS_MAX + " subschemas, references followed");
        }
        if (!open.add(schema)) {
            throw new Refused("it refers to itself");
        }
        for (String keyword : NOT_TAKEN) {
            if (schema.has(keyword)) {
                throw new Refused("'" + keyword + "' is not supported; refer with '#/$defs/…'");
            }
        }
        requirePattern(schema.path("pattern").asText());
        for (Map.Entry<String, JsonNode> each : schema.path("patternProperties").properties()) {
            requirePattern(each.getKey());
        }
        if (schema.has("$ref")) {
            visit(target(schema.get("$ref").asText()));
        }
        for (String keyword : ONE_SCHEMA) {
            visit(schema.path(keyword));
        }
        for (String keyword : LIST_OF_SCHEMAS) {
            for (JsonNode each : schema.path(keyword)) {
                visit(each);
            }
        }
        for (String keyword : NAMED_SCHEMAS) {
            for (Map.Entry<String, JsonNode> each : schema.path(keyword).properties()) {
                visit(each.getValue());
            }
        }
        open.remove(schema);
    }

    private static void requirePattern(String pattern) throws Refused {
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw new Refused("the pattern '" + pattern + "' is not supported: " + e.getDescription());
        }
    }

    private JsonNode target(String reference) throws Refused {
        JsonNode target = reference.startsWith("#/") ? root.at(reference.substring(1)) : null;
        if (target == null || target.isMissingNode()) {
            throw new Refused("'$ref' is '" + reference + "', which is not in this schema; refer with '#/$defs/…'");
        }
        return target;
    }
}
