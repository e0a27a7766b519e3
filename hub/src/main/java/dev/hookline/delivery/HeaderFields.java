package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.http.Problem;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The headers that a subscriber wants besides the hub's: at most 20, with a name of HTTP's and a value of visible ASCII, blanks
 * and tabs. None of those that sign, that describe the body, or that HTTP itself needs.
 */
final class HeaderFields {
    private static final int HEADERS_MAX = 20;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");
    private static final Pattern VALUE = Pattern.compile("([!-~]([ \\t!-~]{0,1998}[!-~])?)?");
    private static final Set<String> RESERVED = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-signature",
            "x-webhook-signature",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature");

    private HeaderFields() {}

    /** The field {@code headers}, an object of texts; empty for null. */
    static Map<String, String> read(@Nullable JsonNode given) throws Problem {
        if (given == null) {
            return Map.of();
        }
        if (!given.isObject()) {
            throw Problem.field("headers", "'headers' must be an object of texts");
        }
        if (given.size() > HEADERS_MAX) {
            throw Problem.field("headers", "'headers' must be " + HEADERS_MAX + " at most");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (var field : given.properties()) {
            String name = field.getKey();
            String lower = name.toLowerCase(Locale.ROOT);
            if (!NAME.matcher(name).matches()) {
                throw Problem.field("headers", "A header has the name '" + name + "', which HTTP does not allow");
            }
            if (RESERVED.contains(lower) || lower.startsWith("proxy-")) {
                throw Problem.field("headers", "The header '" + name + "' is set by the hub");
            }
            if (!names.add(name)) {
                throw Problem.field("headers", "The header '" + name + "' is given twice");
            }
            JsonNode value = field.getValue();
            if (!value.isTextual() || !VALUE.matcher(value.textValue()).matches()) {
                throw Problem.field(
                        "headers",
                        "The value of the header '" + name
                                + "' must be a text of 2,000 visible ASCII characters at most, blanks and tabs between them");
            }
            headers.put(name, value.textValue());
        }
        return headers;
    }
}
