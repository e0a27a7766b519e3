package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a caller gives by name, in a JSON body or in the query, read in one way: a number may be written as a text, and a list
 * in a query is separated by commas. A wrong one is 422 and named.
 */
public final class Inputs {
    private interface Source {
        @Nullable
        JsonNode value(String name) throws Problem;
    }

    private final Source source;
    private final boolean inQuery;

    private Inputs(Source source, boolean inQuery) {
        this.source = source;
        this.inQuery = inQuery;
    }

    public static Inputs body(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        return new Inputs(body::get, false);
    }

    public static Inputs query(Call call) {
        return new Inputs(
                name -> {
                    String value = call.query(name);
                    return value == null ? null : TextNode.valueOf(value);
                },
                true);
    }

    /** As it was given; null for null, and for nothing. */
    public @Nullable JsonNode value(String name) throws Problem {
        JsonNode value = source.value(name);
        return value == null || value.isNull() ? null : value;
    }

    public @Nullable Long number(String name, long min, long max) throws Problem {
        JsonNode value = value(name);
        return value == null ? null : (Long) number(name, value, min, max);
    }

    public long number(String name, long otherwise, long min, long max) throws Problem {
        Long number = number(name, min, max);
        return number == null ? otherwise : number;
    }

    public long required(String name, long min, long max) throws Problem {
        Long number = number(name, min, max);
        if (number == null) {
            throw missing(name);
        }
        return number;
    }

    private long number(String name, JsonNode value, long min, long max) throws Problem {
        try {
            long number = value.isTextual()
                    ? Long.parseLong(value.textValue().strip())
                    : value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : notANumber();
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw wrong(name, "'" + name + "' must be a whole number");
        }
        throw wrong(
                name,
                max == Long.MAX_VALUE
                        ? "'" + name + "' must be at least " + min
                        : "'" + name + "' must be from " + min + " to " + max);
    }

    private static long notANumber() {
        throw new NumberFormatException();
    }

    /** Numbers of a JSON list. */
    public List<Long> numbers(String name, int sizeMin, int sizeMax) throws Problem {
        List<Long> numbers = new ArrayList<>();
        for (JsonNode element : list(name, sizeMin, sizeMax)) {
            numbers.add(number(name, element, Long.MIN_VALUE, Long.MAX_VALUE));
        }
        return numbers;
    }

    public @Nullable String text(String name, int charsMin, int charsMax) throws Problem {
        JsonNode value = value(name);
        if (value == null) {
            return null;
        }
        if (!value.isTextual()
                || value.textValue().length() < charsMin
                || value.textValue().length() > charsMax) {
            throw wrong(name, "'" + name + "' must be a text of " + charsMin + " to " + charsMax + " characters");
        }
        return value.textValue();
    }

    public String required(String name, int charsMin, int charsMax) throws Problem {
        String text = text(name, charsMin, charsMax);
        if (text == null) {
            throw missing(name);
        }
        return text;
    }

    public boolean flag(String name, boolean otherwise) throws Problem {
        JsonNode value = value(name);
        if (value == null) {
            return otherwise;
        }
        return switch (value.asText().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw wrong(name, "'" + name + "' must be true or false");
        };
    }

    public @Nullable String oneOf(String name, List<String> choices) throws Problem {
        String text = text(name, 0, Integer.MAX_VALUE);
        if (text != null && !choices.contains(text)) {
            throw wrong(name, "'" + name + "' must be one of " + String.join(", ", choices));
        }
        return text;
    }

    /** Texts of a list; empty for none, and for an empty list. */
    public List<String> texts(String name, int sizeMax, int charsMax) throws Problem {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : list(name, 0, sizeMax)) {
            String text = element.isTextual() ? element.textValue().strip() : "";
            if (text.isEmpty() || text.length() > charsMax) {
                throw wrong(name, "'" + name + "' must be a list of texts of 1 to " + charsMax + " characters");
            }
            texts.add(text);
        }
        return texts;
    }

    private List<JsonNode> list(String name, int sizeMin, int sizeMax) throws Problem {
        JsonNode value = value(name);
        List<JsonNode> elements = new ArrayList<>();
        if (value != null && value.isTextual()) {
            for (String part : value.textValue().split(",", -1)) {
                if (!part.isBlank()) {
                    elements.add(TextNode.valueOf(part.strip()));
                }
            }
        } else if (value != null && value.isArray()) {
            value.forEach(elements::add);
        } else if (value != null) {
            throw wrong(name, "'" + name + "' must be a list");
        }
        if (elements.size() < sizeMin || elements.size() > sizeMax) {
            throw wrong(name, "'" + name + "' must be a list of " + sizeMin + " to " + sizeMax);
        }
        return elements;
    }

    private Problem missing(String name) {
        return wrong(name, "'" + name + "' is required");
    }

    private Problem wrong(String name, String message) {
        return inQuery ? Problem.query(name, message) : Problem.field(name, message);
    }
}
