package dev.hookline.kernel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as the log can keep it. Numbers keep their digits ({@code 600.00} stays {@code 600.00}); of a repeated key the last
 * one counts; and everything that {@link #parse} lets through, a {@code jsonb} column takes.
 */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(Limits.JSON_DEPTH_MAX)
                            .maxNumberLength(Limits.NUMBER_DIGITS_MAX)
                            .maxStringLength(Limits.PUBLISH_BYTES_MAX)
                            .build())
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** Reads one value out of a longer text. */
    private static final ObjectReader PART =
            MAPPER.readerFor(JsonNode.class).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final String EMPTY = "Invalid JSON: the body is empty";
    private static final String NO_OBJECT = "The body must be a JSON object";
    private static final int PLAIN_DIGITS_MAX = Limits.PUBLISH_BYTES_MAX / 8;

    private Json() {}

    /** Takes what a list holds, one after the other. */
    public interface Elements<E extends Exception> {
        void take(int index, JsonNode element) throws E;
    }

    /** The body is not JSON, or holds something that cannot be stored. The message names the place. */
    public static final class Invalid extends Exception {
        private static final long serialVersionUID = 1L;

        public Invalid(String message) {
            super(message);
        }
    }

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Parses UTF-8 bytes, with or without a byte-order mark, into a value that {@code jsonb} can hold. */
    public static JsonNode parse(byte[] utf8) throws Invalid {
        JsonNode node;
        try {
            node = MAPPER.readTree(utf8);
        } catch (IOException e) {
            throw invalid(e);
        }
        if (node == null || node.isMissingNode()) {
            throw new Invalid(EMPTY);
        }
        requireStorable(node, "");
        requireShort(plainDigits(node));
        return node;
    }

    /** As {@link #parse}, for a body that has to be an object. */
    public static ObjectNode parseObject(byte[] utf8) throws Invalid {
        if (parse(utf8) instanceof ObjectNode object) {
            return object;
        }
        throw new Invalid(NO_OBJECT);
    }

    /**
     * As {@link #parseObject(byte[])}, but the elements of one list are given away as they are read, each checked, instead of
     * being kept in the object: so a large body is never in memory as a whole tree. What comes after an element may still turn
     * out to be invalid.
     *
     * @param list the name of the list; an empty one, and a field of this name that is no list, are kept
     */
    public static <E extends Exception> ObjectNode parseObject(byte[] utf8, String list, Elements<E> elements)
            throws Invalid, E {
        ObjectNode rest = object();
        try (JsonParser parser = MAPPER.createParser(utf8)) {
            JsonToken first = parser.nextToken();
            if (first != JsonToken.START_OBJECT) {
                throw new Invalid(first == null ? EMPTY : NO_OBJECT);
            }
            long digits = 0;
            boolean listed = false;
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                requireStorable(name, "a field name");
                if (parser.nextToken() != JsonToken.START_ARRAY || !name.equals(list)) {
                    JsonNode value = PART.readTree(parser);
                    requireStorable(value, name);
                    digits += plainDigits(value);
                    requireShort(digits);
                    rest.set(name, value);
                    continue;
                }
                if (listed) {
                    throw new Invalid("'" + list + "' is there twice");
                }
                listed = true;
                int i = 0;
                for (; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                    JsonNode element = PART.readTree(parser);
                    requireStorable(element, list + "[" + i + "]");
                    digits += plainDigits(element);
                    requireShort(digits);
                    elements.take(i, element);
                }
                if (i == 0) {
                    rest.putArray(list);
                }
            }
            if (parser.nextToken() != null) {
                throw new Invalid("Invalid JSON: something follows the object");
            }
        } catch (IOException e) {
            throw invalid(e);
        }
        return rest;
    }

    /** Reads JSON that this program wrote. */
    public static JsonNode read(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Stored JSON does not parse", e);
        }
    }

    /** An object as maps, lists and plain values. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> map(JsonNode object) {
        return MAPPER.convertValue(object, Map.class);
    }

    /** Compact JSON. */
    public static String write(@Nullable Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Cannot write JSON", e);
        }
    }

    /** A JSON string literal, quoted and escaped. */
    public static String quote(String text) {
        return write(text);
    }

    private static Invalid invalid(IOException e) {
        return e instanceof JsonProcessingException json
                ? new Invalid("Invalid JSON" + place(json.getLocation()) + ": " + firstLine(json.getOriginalMessage()))
                : new Invalid("Invalid JSON: " + e.getMessage());
    }

    private static void requireShort(long plainDigits) throws Invalid {
        if (plainDigits > PLAIN_DIGITS_MAX) {
            throw new Invalid("The body's numbers are too long when written out in full");
        }
    }

    private static void requireStorable(JsonNode node, String path) throws Invalid {
        switch (node.getNodeType()) {
            case OBJECT -> {
                for (var field : node.properties()) {
                    String name = field.getKey();
                    requireStorable(name, path.isEmpty() ? "a field name" : "a field name in " + path);
                    requireStorable(field.getValue(), path.isEmpty() ? name : path + "." + name);
                }
            }
            case ARRAY -> {
                for (int i = 0; i < node.size(); i++) {
                    requireStorable(node.get(i), path + "[" + i + "]");
                }
            }
            case STRING -> requireStorable(node.textValue(), path);
            case NUMBER -> {
                if (node.isBigDecimal()) {
                    requireStorable(node.decimalValue(), path);
                }
            }
            default -> {}
        }
    }

    private static void requireStorable(String text, String place) throws Invalid {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new Invalid("The character \\u0000 cannot be stored, in " + place);
            }
            if (Character.isSurrogate(c)) {
                boolean paired = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!paired) {
                    throw new Invalid("Half of a surrogate pair cannot be stored, in " + place);
                }
                i++;
            }
        }
    }

    private static void requireStorable(BigDecimal number, String path) throws Invalid {
        long digits = Math.max(number.precision(), (long) number.precision() - number.scale());
        if (Math.max(digits, number.scale()) > Limits.NUMBER_DIGITS_MAX) {
            throw new Invalid(
                    "A number of more than " + Limits.NUMBER_DIGITS_MAX + " digits cannot be stored, in " + path);
        }
    }

    /** Digits of all numbers with a fraction or an exponent, written out in full. */
    private static long plainDigits(JsonNode node) {
        if (node.isBigDecimal()) {
            BigDecimal number = node.decimalValue();
            return Math.max(number.precision(), Math.abs((long) number.precision() - number.scale()));
        }
        long digits = 0;
        for (JsonNode child : node) {
            digits += plainDigits(child);
        }
        return digits;
    }

    private static String place(JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private static String firstLine(String message) {
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
