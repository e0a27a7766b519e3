package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.hookline.http.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A field of the event's data.
 *
 * @param name what it is called here
 * @param from its aliases and paths; of several that are given the first that is not null counts, and the others stay
 *     under their own names
 * @param join places whose texts are put together with a space between them, in place of {@code from}
 * @param table translates a text
 * @param constant its value, whatever the sender says
 * @param fallback its value where the sender says nothing
 */
record Field(
        String name,
        List<Place> from,
        List<Place> join,
        FieldType type,
        boolean required,
        Map<String, String> table,
        @Nullable JsonNode constant,
        @Nullable JsonNode fallback) {

    /** The value for this input; null where the sender says nothing, which is not the same as JSON's null. */
    @Nullable
    JsonNode value(Input input, Set<String> used) throws Problem {
        if (constant != null) {
            return constant;
        }
        JsonNode value = join.isEmpty() ? lookUp(input, used) : joined(input);
        if (value == null) {
            value = fallback;
        }
        if (required && (value == null || value.isNull())) {
            String first = from.isEmpty() ? name : from.getFirst().toString();
            throw Problem.field(first, "'" + first + "' is required");
        }
        return value;
    }

    private @Nullable JsonNode lookUp(Input input, Set<String> used) throws Problem {
        boolean cleared = false;
        for (Place place : from) {
            JsonNode given = place.in(input);
            if (given == null) {
                continue;
            }
            boolean empty = given.isNull() || type.isBlank(given);
            String key = place instanceof Place.InBody(JsonPath path) ? path.topLevelKey() : null;
            if (key != null) {
                used.add(key);
            }
            if (!empty) {
                return read(given, place);
            }
            cleared = true;
        }
        return cleared ? NullNode.getInstance() : null;
    }

    private JsonNode read(JsonNode given, Place place) throws Problem {
        JsonNode value = type.read(given);
        if (value == null) {
            throw Problem.field(place.toString(), "'" + place + "' must be " + type.wanted);
        }
        String translated = value.isTextual() ? table.get(value.textValue()) : null;
        return translated == null ? value : TextNode.valueOf(translated);
    }

    private @Nullable JsonNode joined(Input input) {
        List<String> texts = new ArrayList<>();
        for (Place place : join) {
            JsonNode given = place.in(input);
            String text = given == null ? null : Scalar.text(given);
            if (text != null && !text.isBlank()) {
                texts.add(text.strip());
            }
        }
        return texts.isEmpty() ? null : TextNode.valueOf(String.join(" ", texts));
    }
}
