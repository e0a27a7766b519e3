package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of rules, read strictly: a word that is not known is a mistake, and the message says where it stands.
 *
 * @param builtInToo whether the built-in rules follow
 */
record BusinessRuleFile(List<BusinessRule> rules, boolean builtInToo) {
    static BusinessRuleFile parse(String name, String text) {
        ObjectNode file;
        try {
            file = Json.parseObject(text.getBytes(StandardCharsets.UTF_8));
        } catch (Json.Invalid e) {
            throw new BusinessEvents.Invalid(name + ": " + e.getMessage());
        }
        return new Reader(name).file(file);
    }

    /** Knows the file's name, for messages. */
    private record Reader(String name) {
        BusinessRuleFile file(ObjectNode file) {
            only(file, "", Set.of("rules", "built_in"));
            JsonNode builtIn = file.path("built_in");
            if (!builtIn.isMissingNode() && !builtIn.isBoolean()) {
                throw wrong("built_in", "must be true or false");
            }
            List<BusinessRule> rules = new ArrayList<>();
            for (JsonNode rule : array(file, "", "rules")) {
                rules.add(rule(rule, "rules[" + rules.size() + "]"));
            }
            return new BusinessRuleFile(List.copyOf(rules), builtIn.asBoolean(true));
        }

        private BusinessRule rule(JsonNode rule, String at) {
            ObjectNode fields = object(rule, at);
            only(fields, at, Set.of("description", "type", "model", "when", "data"));
            String type = text(fields, at, "type");
            if (!EventTypeName.isRight(type)) {
                throw wrong(at + ".type", "must be " + EventTypeName.RULE);
            }
            ObjectNode when = fields.has("when") ? object(fields.get("when"), at + ".when") : Json.object();
            only(when, at + ".when", Set.of("operation", "becomes", "is", "changed", "below"));
            return new BusinessRule(
                    fields.has("description") ? text(fields, at, "description") : type,
                    type,
                    text(fields, at, "model"),
                    operations(when, at + ".when"),
                    values(when, at + ".when", "becomes"),
                    values(when, at + ".when", "is"),
                    texts(when, at + ".when", "changed"),
                    below(when.get("below"), at + ".when.below"),
                    data(fields.get("data"), at + ".data"));
        }

        private Set<Operation> operations(ObjectNode when, String at) {
            if (!when.has("operation")) {
                return EnumSet.of(Operation.CREATE, Operation.WRITE);
            }
            Set<Operation> operations = EnumSet.noneOf(Operation.class);
            for (String text : texts(when, at, "operation")) {
                Operation known = null;
                for (Operation operation : Operation.values()) {
                    known = operation.text().equals(text) ? operation : known;
                }
                if (known == null) {
                    throw wrong(at + ".operation", "knows create, write, unlink and manual, not '" + text + "'");
                }
                operations.add(known);
            }
            return operations;
        }

        private Map<String, List<JsonNode>> values(ObjectNode when, String at, String name) {
            Map<String, List<JsonNode>> values = new LinkedHashMap<>();
            if (when.has(name)) {
                ObjectNode fields = object(when.get(name), at + "." + name);
                for (var field : fields.properties()) {
                    List<JsonNode> wanted = new ArrayList<>();
                    for (JsonNode value : array(fields, at + "." + name, field.getKey())) {
                        if (value.isContainerNode()) {
                            throw wrong(
                                    at + "." + name + "." + field.getKey(),
                                    "must hold texts, numbers, true, false or null");
                        }
                        wanted.add(value);
                    }
                    values.put(field.getKey(), List.copyOf(wanted));
                }
            }
            return values;
        }

        private BusinessRule.@Nullable Below below(@Nullable JsonNode below, String at) {
            if (below == null) {
                return null;
            }
            ObjectNode fields = object(below, at);
            only(fields, at, Set.of("field", "threshold"));
            List<JsonNode> thresholds = new ArrayList<>();
            for (JsonNode threshold : oneOrMore(fields.get("threshold"), at + ".threshold")) {
                if (!threshold.isNumber() && !threshold.isTextual()) {
                    throw wrong(at + ".threshold", "must be a number, the name of a field, or a list of them");
                }
                thresholds.add(threshold);
            }
            return new BusinessRule.Below(text(fields, at, "field"), List.copyOf(thresholds));
        }

        private Map<String, List<DataField>> data(@Nullable JsonNode data, String at) {
            Map<String, List<DataField>> fields = new LinkedHashMap<>();
            if (data != null) {
                for (var field : object(data, at).properties()) {
                    String place = at + "." + field.getKey();
                    List<DataField> sources = new ArrayList<>();
                    for (JsonNode source : oneOrMore(field.getValue(), place)) {
                        DataField parsed = source.isTextual() ? DataField.parse(source.textValue()) : null;
                        if (parsed == null) {
                            throw wrong(
                                    place,
                                    "is " + source
                                            + "; it must be as \"name\", \"id(partner_id)\" or \"'USD'\", or a list of such");
                        }
                        sources.add(parsed);
                    }
                    fields.put(field.getKey(), List.copyOf(sources));
                }
            }
            return fields;
        }

        private List<JsonNode> oneOrMore(@Nullable JsonNode value, String at) {
            if (value == null || (value.isArray() && value.isEmpty())) {
                throw wrong(at, "is missing");
            }
            List<JsonNode> all = new ArrayList<>();
            if (value.isArray()) {
                value.forEach(all::add);
            } else {
                all.add(value);
            }
            return all;
        }

        private List<String> texts(ObjectNode object, String at, String field) {
            List<String> texts = new ArrayList<>();
            if (object.has(field)) {
                for (JsonNode item : array(object, at, field)) {
                    if (!item.isTextual()) {
                        throw wrong(at + "." + field, "must be a list of texts");
                    }
                    texts.add(item.textValue());
                }
            }
            return List.copyOf(texts);
        }

        private String text(ObjectNode object, String at, String field) {
            JsonNode value = object.path(field);
            if (!value.isTextual() || value.textValue().isBlank()) {
                throw wrong(at + "." + field, "must be a text");
            }
            return value.textValue();
        }

        private ArrayNode array(ObjectNode object, String at, String field) {
            if (object.get(field) instanceof ArrayNode array && !array.isEmpty()) {
                return array;
            }
            throw wrong(at.isEmpty() ? field : at + "." + field, "must be a list with something in it");
        }

        private ObjectNode object(JsonNode value, String at) {
            if (value instanceof ObjectNode object) {
                return object;
            }
            throw wrong(at, "must be an object");
        }

        private void only(ObjectNode object, String at, Set<String> known) {
            object.fieldNames().forEachRemaining(field -> {
                if (!known.contains(field)) {
                    throw wrong(at.isEmpty() ? field : at + "." + field, "is not known here");
                }
            });
        }

        private BusinessEvents.Invalid wrong(String at, String message) {
            return new BusinessEvents.Invalid(name + ": '" + at + "' " + message);
        }
    }
}
