package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Limits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where one text comes from.
 *
 * @param from looked at in turn; the first that is there and not null counts
 * @param constant the value itself, where there is nothing to look for
 * @param table translates what was found
 * @param otherwise instead of what was found and the table lacks; null keeps it
 * @param prefix put before what was found
 * @param fallback where nothing was found
 * @param required whether it is an error that nothing was found
 */
record Rule(
        List<Place> from,
        @Nullable String constant,
        Map<String, String> table,
        @Nullable String otherwise,
        String prefix,
        @Nullable String fallback,
        boolean required) {
    /** Finds nothing. */
    static final Rule NOTHING = new Rule(List.of(), null, Map.of(), null, "", null, false);

    static Rule constant(String text) {
        return new Rule(List.of(), text, Map.of(), null, "", null, false);
    }

    /** What was found, and the name of the place for errors. */
    record Found(JsonNode value, String place) {}

    /** The first value that is there and not null; null when there is none. */
    static @Nullable Found first(List<Place> places, Input input) {
        for (Place place : places) {
            JsonNode value = place.in(input);
            if (value != null && !value.isNull()) {
                return new Found(value, place.toString());
            }
        }
        return null;
    }

    /** As {@link #first}; Odoo's {@code false} says that there is nothing. */
    private @Nullable Found firstSaid(Input input) {
        for (Place place : from) {
            JsonNode value = place.in(input);
            if (value != null && !value.isNull() && !(value.isBoolean() && !value.booleanValue())) {
                return new Found(value, place.toString());
            }
        }
        return null;
    }

    /** The value as it was found, for those that are no text; null when there is none. */
    @Nullable
    Found found(Input input) {
        if (constant != null) {
            return new Found(TextNode.valueOf(constant), constant);
        }
        Found found = firstSaid(input);
        return found != null || fallback == null ? found : new Found(TextNode.valueOf(fallback), fallback);
    }

    /** With something to fall back on, what cannot be used is passed over. */
    private @Nullable Found firstUsable(Input input) {
        for (Place place : from) {
            JsonNode value = place.in(input);
            String text = value == null ? null : Scalar.text(value);
            if (value != null && text != null && !text.isBlank() && text.length() <= Limits.NAME_CHARS_MAX) {
                return new Found(value, place.toString());
            }
        }
        return null;
    }

    /** The text; null when nothing was found. */
    @Nullable
    String text(Input input) throws Problem {
        if (constant != null) {
            return constant;
        }
        Found found = fallback == null ? firstSaid(input) : firstUsable(input);
        if (found == null) {
            if (required) {
                throw Problem.field(name(""), "'" + name("") + "' is required");
            }
            return fallback;
        }
        String text = Scalar.text(found.value);
        if (text == null) {
            throw Problem.field(found.place, "'" + found.place + "' must be a text");
        }
        String translated = table.get(text);
        if (translated != null) {
            return prefix + translated;
        }
        return otherwise == null ? prefix + text : otherwise;
    }

    /** What to call it in an error where nothing was found. */
    String name(String otherwise) {
        return from.isEmpty() ? otherwise : from.getFirst().toString();
    }
}
