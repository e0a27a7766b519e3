package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a JSON object; one that is wrong is named in the problem, in an inner object as {@code outer.inner}. */
public final class FieldReader {
    private final ObjectNode body;
    private final String prefix;

    public FieldReader(ObjectNode body) {
        this(body, "");
    }

    private FieldReader(ObjectNode body, String prefix) {
        this.body = body;
        this.prefix = prefix;
    }

    /** Whether the field is there at all, if only as null. */
    public boolean has(String field) {
        return body.has(field);
    }

    /** The field as it is; null for null, and for none. */
    public @Nullable JsonNode value(String field) {
        JsonNode value = body.get(field);
        return value == null || value.isNull() ? null : value;
    }

    /** A problem with a field. */
    public Problem problem(String field, String message) {
        return Problem.field(prefix + field, message);
    }

    private Problem must(String field, String what) {
        return problem(field, "'" + prefix + field + "' must be " + what);
    }

    public @Nullable String text(String field, int min, int max) throws Problem {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        int chars = value.isTextual() ? value.textValue().length() : -1;
        if (chars < min || chars > max) {
            throw must(field, "a text of " + min + " to " + max + " characters");
        }
        return value.textValue();
    }

    String required(String field, int min, int max) throws Problem {
        String text = text(field, min, max);
        if (text == null) {
            throw problem(field, "'" + prefix + field + "' is required");
        }
        return text;
    }

    /** As {@link #required}, of a secret: not one of ours as it is shown. */
    String requiredSecret(String field, int min, int max) throws Problem {
        String text = required(field, min, max);
        if (text.startsWith(Masked.MARK)) {
            throw problem(field, "'" + prefix + field + "' is masked; give the secret itself, or leave it out");
        }
        return text;
    }

    public @Nullable Boolean bool(String field) throws Problem {
        JsonNode value = value(field);
        if (value != null && !value.isBoolean()) {
            throw must(field, "true or false");
        }
        return value == null ? null : (Boolean) value.booleanValue();
    }

    public @Nullable Integer number(String field, int min, int max) throws Problem {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!isNumber(value, min, max)) {
            throw must(field, "a whole number from " + min + " to " + max);
        }
        return value.intValue();
    }

    static boolean isNumber(JsonNode value, int min, int max) {
        return value.isIntegralNumber()
                && value.canConvertToInt()
                && value.intValue() >= min
                && value.intValue() <= max;
    }

    public @Nullable String oneOf(String field, List<String> choices) throws Problem {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isTextual() || !choices.contains(value.textValue())) {
            throw must(field, "one of " + String.join(", ", choices));
        }
        return value.textValue();
    }

    /** The fields of an inner object; null for null, and for none. */
    public @Nullable FieldReader inner(String field) throws Problem {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (value instanceof ObjectNode object) {
            return new FieldReader(object, prefix + field + ".");
        }
        throw must(field, "an object");
    }
}
