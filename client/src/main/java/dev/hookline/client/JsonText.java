package dev.hookline.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON, as much of it as the client needs: maps, lists, texts, numbers, booleans and null, written and read. Numbers are read
 * as {@link BigDecimal}.
 */
final class JsonText {
    private static final int DEPTH_MAX = 100;

    /** What was read is no JSON. */
    static final class Invalid extends Exception {
        private static final long serialVersionUID = 1L;

        Invalid(String message) {
            super(message);
        }
    }

    private final String text;
    private int at;

    private JsonText(String text) {
        this.text = text;
    }

    /**
     * Writes a value. Anything but the types above is written as its text.
     */
    static String write(@Nullable Object value) {
        StringBuilder json = new StringBuilder(256);
        write(json, value);
        return json.toString();
    }

    private static void write(StringBuilder json, @Nullable Object value) {
        if (value == null || value instanceof Boolean) {
            json.append(value);
        } else if (value instanceof BigDecimal decimal) {
            json.append(decimal.toPlainString());
        } else if (value instanceof Number number && !isNoJson(number)) {
            json.append(number);
        } else if (value instanceof Map<?, ?> map) {
            json.append('{');
            String separator = "";
            for (Map.Entry<?, ?> field : map.entrySet()) {
                json.append(separator);
                quote(json, String.valueOf(field.getKey()));
                json.append(':');
                write(json, field.getValue());
                separator = ",";
            }
            json.append('}');
        } else if (value instanceof Iterable<?> items) {
            json.append('[');
            String separator = "";
            for (Object item : items) {
                json.append(separator);
                write(json, item);
                separator = ",";
            }
            json.append(']');
        } else {
            quote(json, value.toString());
        }
    }

    private static boolean isNoJson(Number number) {
        return !Double.isFinite(number.doubleValue()) && (number instanceof Double || number instanceof Float);
    }

    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20) {
                json.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    /** Reads an object. */
    static Map<String, @Nullable Object> readObject(String text) throws Invalid {
        JsonText reader = new JsonText(text);
        reader.skipSpace();
        if (reader.peek() != '{') {
            throw reader.invalid();
        }
        Map<String, @Nullable Object> object = reader.object(0);
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.invalid();
        }
        return object;
    }

    private @Nullable Object value(int depth) throws Invalid {
        if (depth > DEPTH_MAX) {
            throw invalid();
        }
        skipSpace();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            default -> literal();
        };
    }

    private Map<String, @Nullable Object> object(int depth) throws Invalid {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (peek() == '}') {
            at++;
            return object;
        }
        do {
            skipSpace();
            String name = string();
            skipSpace();
            expect(':');
            object.put(name, value(depth + 1));
            skipSpace();
        } while (goesOn('}'));
        return object;
    }

    private List<@Nullable Object> list(int depth) throws Invalid {
        List<@Nullable Object> list = new ArrayList<>();
        at++;
        skipSpace();
        if (peek() == ']') {
            at++;
            return list;
        }
        do {
            list.add(value(depth + 1));
            skipSpace();
        } while (goesOn(']'));
        return list;
    }

    /** Takes a comma, or the end. */
    private boolean goesOn(char end) throws Invalid {
        if (peek() == ',') {
            at++;
            return true;
        }
        expect(end);
        return false;
    }

    private String string() throws Invalid {
        expect('"');
        StringBuilder string = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() throws Invalid {
        char c = peek();
        at++;
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> codeUnit();
            default -> c;
        };
    }

    /** Four hex digits. */
    private char codeUnit() throws Invalid {
        int from = at;
        at += 4;
        try {
            return (char) Integer.parseInt(text, from, at, 16);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw invalid();
        }
    }

    private @Nullable Object literal() throws Invalid {
        int from = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        return switch (word) {
            case "null" -> null;
            case "true" -> true;
            case "false" -> false;
            default -> number(word);
        };
    }

    private BigDecimal number(String word) throws Invalid {
        try {
            return new BigDecimal(word);
        } catch (NumberFormatException e) {
            throw invalid();
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws Invalid {
        if (at >= text.length()) {
            throw invalid();
        }
        return text.charAt(at);
    }

    private void expect(char wanted) throws Invalid {
        if (peek() != wanted) {
            throw invalid();
        }
        at++;
    }

    private Invalid invalid() {
        return new Invalid("No JSON at character " + at);
    }
}
