package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.OperationalTypes;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One shape of body, and the event it makes: a mapping without variants, or one of them. */
final class Shape {
    static final Set<String> KEYS = Set.of(
            "when",
            "skip_if",
            "model",
            "record_key",
            "operation",
            "event_type",
            "priority",
            "category",
            "occurred_at",
            "deduplication_key",
            "changed_fields",
            "payload",
            "fields",
            "keep_rest",
            "record",
            "business_events");
    private static final List<String> CATEGORIES = List.of("business", "system", "notification", "custom");

    private final List<Place> when;
    private final List<DefinitionReader.Skip> skips;
    private final Rule model;
    private final Rule recordKey;
    private final boolean numericKey;
    private final Rule operation;
    private final Rule eventType;
    private final Rule priority;
    private final Rule category;
    private final Rule occurredAt;
    private final Rule deduplicationKey;
    private final Rule changedFields;
    private final List<Place> payload;
    private final List<Field> fields;
    private final boolean keepRest;
    private final boolean changesRecord;
    private final boolean typeByRules;

    Shape(DefinitionReader definition) throws Problem {
        when = definition.places("when");
        skips = definition.skips();
        model = definition.requiredRule("model");
        recordKey = definition.requiredRule("record_key");
        numericKey = definition.isNumber("record_key");
        operation = definition.rule("operation");
        eventType = definition.rule("event_type");
        priority = definition.rule("priority");
        category = definition.rule("category");
        occurredAt = definition.rule("occurred_at");
        deduplicationKey = definition.rule("deduplication_key");
        changedFields = definition.rule("changed_fields");
        payload = definition.places("payload");
        fields = definition.fields();
        keepRest = definition.truth("keep_rest", true);
        changesRecord = definition.truth("record", true);
        typeByRules = definition.truth("business_events", !definition.has("event_type"));
    }

    /** Whether this shape is the body's: it is where nothing is said of when. */
    boolean fits(Input input) {
        return when.isEmpty() || Rule.first(when, input) != null;
    }

    /** The event; null where the body is only a test. */
    @Nullable
    Mapped mapUnlessTest(Input input) throws Problem {
        return skips.stream().anyMatch(skip -> skip.applies(input)) ? null : map(input);
    }

    Mapped map(Input input) throws Problem {
        String modelName = name(model, input, "model");
        Long recordId = null;
        String key = null;
        if (numericKey) {
            recordId = number(input);
            key = recordId == null ? null : recordId.toString();
        } else {
            key = recordKey.text(input);
        }
        key = checked(key, recordKey.name("record_key"));
        Operation done = operation(input);
        String type = eventType.text(input);
        String typeName = type == null ? modelName + "." + done.text() : type;
        ObjectNode data = data(input);
        return new Mapped(
                modelName,
                recordId,
                key,
                done,
                checkedType(typeName, eventType.name("event_type")),
                priority(input),
                category(input),
                occurredAt(input),
                deduplicationKey(input),
                changedFields(input),
                data,
                changesRecord ? patch(data) : null,
                typeByRules);
    }

    private static String name(Rule rule, Input input, String what) throws Problem {
        return checked(rule.text(input), rule.name(what));
    }

    private static String checked(@Nullable String value, String field) throws Problem {
        if (value == null || value.isBlank()) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        if (value.length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    field, "'" + field + "' must be a text of at most " + Limits.NAME_CHARS_MAX + " characters");
        }
        return value;
    }

    private static String checkedType(String type, String field) throws Problem {
        if (OperationalTypes.contains(type)) {
            throw Problem.field(field, "'" + field + "' is a type of event that the hub alone makes");
        }
        return checked(type, field);
    }

    private @Nullable Long number(Input input) throws Problem {
        Rule.Found found = recordKey.found(input);
        if (found == null) {
            return null;
        }
        Long number = Scalar.wholeLong(found.value());
        if (number == null) {
            throw Problem.field(found.place(), "'" + found.place() + "' must be a whole number");
        }
        return number;
    }

    private Operation operation(Input input) throws Problem {
        String text = operation.text(input);
        if (text == null) {
            return Operation.WRITE;
        }
        for (Operation one : Operation.values()) {
            if (one.text().equals(text.toLowerCase(Locale.ROOT))) {
                return one;
            }
        }
        String field = operation.name("operation");
        throw Problem.field(field, "'" + field + "' must be create, write, unlink or manual");
    }

    private Priority priority(Input input) throws Problem {
        String text = priority.text(input);
        if (text == null) {
            return Priority.MEDIUM;
        }
        for (Priority one : Priority.values()) {
            if (one.text().equals(text.toLowerCase(Locale.ROOT))) {
                return one;
            }
        }
        String field = priority.name("priority");
        throw Problem.field(field, "'" + field + "' must be high, medium or low");
    }

    private String category(Input input) throws Problem {
        String text = category.text(input);
        if (text == null) {
            return EventData.BUSINESS;
        }
        if (!CATEGORIES.contains(text)) {
            String field = category.name("category");
            throw Problem.field(field, "'" + field + "' must be one of " + String.join(", ", CATEGORIES));
        }
        return text;
    }

    private @Nullable Instant occurredAt(Input input) throws Problem {
        Rule.Found found = occurredAt.found(input);
        if (found == null || FieldType.TIME.isBlank(found.value())) {
            return null;
        }
        Instant time = Scalar.time(found.value());
        if (time == null) {
            throw Problem.field(found.place(), "'" + found.place() + "' must be " + FieldType.TIME.wanted);
        }
        return time;
    }

    private @Nullable String deduplicationKey(Input input) throws Problem {
        String key = deduplicationKey.text(input);
        return key == null || key.isBlank() ? null : checked(key, deduplicationKey.name("deduplication_key"));
    }

    private @Nullable List<String> changedFields(Input input) throws Problem {
        Rule.Found found = changedFields.found(input);
        if (found == null) {
            return null;
        }
        List<String> names = new ArrayList<>();
        for (JsonNode name : found.value()) {
            if (name.isTextual()) {
                names.add(name.textValue());
            }
        }
        if (!found.value().isArray() || names.size() != found.value().size()) {
            throw Problem.field(found.place(), "'" + found.place() + "' must be a list of texts");
        }
        return names;
    }

    /** The data: the fields under their names, and the rest where it is kept. */
    private ObjectNode data(Input input) throws Problem {
        Rule.Found part = payload.isEmpty() ? null : Rule.first(payload, input);
        JsonNode base = part == null ? payload.isEmpty() ? input.body() : Json.object() : part.value();
        if (!(base instanceof ObjectNode object)) {
            String field = part == null ? JsonPath.BODY : part.place();
            throw Problem.field(field, "'" + field + "' must be an object");
        }
        if (fields.isEmpty()) {
            return keepRest ? object : Json.object();
        }
        ObjectNode mapped = Json.object();
        Set<String> used = new HashSet<>();
        for (Field field : fields) {
            JsonNode value = field.value(input, used);
            if (value != null) {
                mapped.set(field.name(), value);
            }
        }
        if (keepRest) {
            for (Map.Entry<String, JsonNode> rest : object.properties()) {
                if (!mapped.has(rest.getKey()) && (part != null || !used.contains(rest.getKey()))) {
                    mapped.set(rest.getKey(), rest.getValue());
                }
            }
        }
        return mapped;
    }

    /** The data without what is about the message: fields that begin with an underscore. */
    private static ObjectNode patch(ObjectNode data) {
        ObjectNode patch = Json.object();
        for (Map.Entry<String, JsonNode> field : data.properties()) {
            if (!field.getKey().startsWith("_")) {
                patch.set(field.getKey(), field.getValue());
            }
        }
        return patch;
    }
}
