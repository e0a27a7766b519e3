package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one JSON object of a definition; every error names the place: {@code mapping.fields[2].type}. */
final class DefinitionReader {
    private static final int ITEMS_MAX = 500;
    private static final Set<String> FIELD_KEYS =
            Set.of("name", "from", "join", "type", "required", "table", "constant", "default");
    private static final Set<String> RULE_KEYS =
            Set.of("from", "table", "otherwise", "prefix", "default", "number", "required");

    private final ObjectNode json;
    private final String at;

    private DefinitionReader(ObjectNode json, String at) {
        this.json = json;
        this.at = at;
    }

    /** Takes an object whose keys are all known. */
    static DefinitionReader of(@Nullable JsonNode json, String at, Set<String> known) throws Problem {
        if (!(json instanceof ObjectNode object)) {
            throw Problem.field(at, "'" + at + "' must be an object");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!known.contains(entry.getKey())) {
                String place = at + "." + entry.getKey();
                throw Problem.field(place, "'" + place + "' is not known here");
            }
        }
        return new DefinitionReader(object, at);
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    private Problem wrong(String key, String wanted) {
        String place = at + "." + key;
        return Problem.field(place, "'" + place + "' must be " + wanted);
    }

    boolean truth(String key, boolean otherwise) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw wrong(key, "true or false");
        }
        return value.booleanValue();
    }

    @Nullable
    String text(String key) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual() || value.textValue().length() > Limits.NAME_CHARS_MAX) {
            throw wrong(key, "a text of at most " + Limits.NAME_CHARS_MAX + " characters");
        }
        return value.textValue();
    }

    @Nullable
    JsonPath path(String key) throws Problem {
        String text = text(key);
        return text == null ? null : JsonPath.parse(text, at + "." + key);
    }

    /** A place, or a list of places; empty when there is none. */
    List<Place> places(String key) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (value.isTextual()) {
            return List.of(Place.parse(value.textValue(), at + "." + key));
        }
        List<Place> places = new ArrayList<>();
        for (JsonNode item : list(key)) {
            if (!item.isTextual()) {
                throw wrong(key, "a path, or a list of paths");
            }
            places.add(Place.parse(item.textValue(), at + "." + key + "[" + places.size() + "]"));
        }
        return places;
    }

    /** A list of at least one item; empty when there is none. */
    private Iterable<JsonNode> list(String key) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!(value instanceof ArrayNode array) || array.isEmpty() || array.size() > ITEMS_MAX) {
            throw wrong(key, "a list of 1 to " + ITEMS_MAX);
        }
        return array;
    }

    private Map<String, String> table() throws Problem {
        JsonNode value = json.get("table");
        if (value == null || value.isNull()) {
            return Map.of();
        }
        if (!(value instanceof ObjectNode object) || object.size() > ITEMS_MAX) {
            throw wrong("table", "an object of texts");
        }
        Map<String, String> table = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!entry.getValue().isTextual()) {
                throw wrong("table." + entry.getKey(), "a text");
            }
            table.put(entry.getKey(), entry.getValue().textValue());
        }
        return table;
    }

    /** A constant, or where to look; {@link Rule#NOTHING} when there is none. */
    Rule rule(String key) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return Rule.NOTHING;
        }
        if (value.isTextual()) {
            return Rule.constant(value.textValue());
        }
        DefinitionReader reader = of(value, at + "." + key, RULE_KEYS);
        List<Place> from = reader.places("from");
        if (from.isEmpty()) {
            throw reader.wrong("from", "given: a path, or a list of paths");
        }
        String prefix = reader.text("prefix");
        return new Rule(
                from,
                null,
                reader.table(),
                reader.text("otherwise"),
                prefix == null ? "" : prefix,
                reader.text("default"),
                reader.truth("required", false));
    }

    Rule requiredRule(String key) throws Problem {
        if (!has(key)) {
            String place = at + "." + key;
            throw Problem.field(place, "'" + place + "' is required");
        }
        return rule(key);
    }

    /** Whether a rule's value has to be a whole number. */
    boolean isNumber(String key) throws Problem {
        JsonNode value = json.get(key);
        return value instanceof ObjectNode
                && of(value, at + "." + key, RULE_KEYS).truth("number", false);
    }

    List<Field> fields() throws Problem {
        List<Field> fields = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode item : list("fields")) {
            String place = at + ".fields[" + fields.size() + "]";
            Field field = of(item, place, FIELD_KEYS).field();
            if (!names.add(field.name())) {
                throw Problem.field(place + ".name", "'" + place + ".name' is '" + field.name() + "', as another's");
            }
            fields.add(field);
        }
        return fields;
    }

    private Field field() throws Problem {
        String name = text("name");
        if (name == null || name.isBlank()) {
            throw wrong("name", "a text");
        }
        String typeName = text("type");
        FieldType type = typeName == null ? FieldType.JSON : FieldType.of(typeName);
        if (type == null) {
            throw wrong("type", "text, integer, number, decimal, date, time, boolean or json");
        }
        List<Place> join = places("join");
        List<Place> from = places("from");
        if (from.isEmpty() && join.isEmpty()) {
            from = List.of(Place.parse(name, at + ".name"));
        }
        JsonNode constant = json.get("constant");
        return new Field(name, from, join, type, truth("required", false), table(), constant, typed("default", type));
    }

    private @Nullable JsonNode typed(String key, FieldType type) throws Problem {
        JsonNode value = json.get(key);
        if (value == null || value.isNull()) {
            return value;
        }
        JsonNode read = type.read(value);
        if (read == null) {
            throw wrong(key, type.wanted);
        }
        return read;
    }

    List<Skip> skips() throws Problem {
        List<Skip> skips = new ArrayList<>();
        for (JsonNode item : list("skip_if")) {
            DefinitionReader reader = of(item, at + ".skip_if[" + skips.size() + "]", Set.of("from", "is"));
            List<Place> from = reader.places("from");
            if (from.isEmpty()) {
                throw reader.wrong("from", "given: a path, or a list of paths");
            }
            skips.add(new Skip(from, reader.json.get("is")));
        }
        return skips;
    }

    /**
     * What marks a body that is only a test.
     *
     * @param is the value; null for any that is there
     */
    record Skip(List<Place> from, @Nullable JsonNode is) {
        boolean applies(Input input) {
            Rule.Found found = Rule.first(from, input);
            if (found == null) {
                return false;
            }
            return is == null || found.value().asText().equals(is.asText());
        }
    }

    List<ObjectNode> variants() throws Problem {
        List<ObjectNode> variants = new ArrayList<>();
        for (JsonNode item : list("variants")) {
            if (!(item instanceof ObjectNode object)) {
                throw wrong("variants", "a list of mappings");
            }
            variants.add(object);
        }
        return variants;
    }

    /** The definition itself, without what was given as null. */
    ObjectNode copy() {
        ObjectNode copy = json.deepCopy();
        copy.properties().removeIf(entry -> entry.getValue().isNull());
        return copy;
    }

    static void requireSmall(JsonNode definition, int charsMax, String at) throws Problem {
        if (Json.write(definition).length() > charsMax) {
            throw Problem.field(at, "'" + at + "' has more than " + charsMax + " characters");
        }
    }
}
