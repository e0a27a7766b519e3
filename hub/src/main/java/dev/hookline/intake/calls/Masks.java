package dev.hookline.intake.calls;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Errors;
import dev.hookline.kernel.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keeps secrets out of the log of calls. What a name says is secret is written as {@code ***}. */
final class Masks {
    static final int BODY_BYTES_MAX = 64 << 10;
    private static final int HEADER_CHARS_MAX = 500;
    private static final int HEADERS_MAX = 60;
    private static final int URI_CHARS_MAX = 2_000;
    private static final String MASK = "***";

    private static final Pattern SECRET_NAME = Pattern.compile(
            "auth|cookie|signature|hmac|secret|token|passw|api[-_]?key|^key$|^sig$", Pattern.CASE_INSENSITIVE);

    private static final String SECRET_WORD =
            "(?:passw(?:or)?d|secret|token|api[-_]?key|authorization|credit[-_]?card|card[-_]?number|cvv|cvc)";

    /** A member of a JSON object. Where the body was cut, its value may lack the end. */
    private static final Pattern SECRET_MEMBER = Pattern.compile(
            "(\"[^\"\\\\]{0,40}" + SECRET_WORD + "[^\"\\\\]{0,20}\"\\s*:\\s*)"
                    + "(\"(?:[^\"\\\\]|\\\\.)*+(?:\"|\\\\?\\z)|-?\\d[\\d.eE+-]*)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern URL = Pattern.compile("(?:https?://[^/?\\s]*)?(/\\S*)");

    private static final Pattern FORM = Pattern.compile("[\\w.%+\\[\\]*-]{1,200}=");

    private static final Pattern SECRET_PARAMETER =
            Pattern.compile("((?:^|&)[^=&]{0,60}" + SECRET_WORD + "[^=&]{0,20}=)[^&]++", Pattern.CASE_INSENSITIVE);

    /** As {@link #SECRET_MEMBER}, where the JSON is a parameter of a form. */
    private static final Pattern SECRET_ENCODED_MEMBER = Pattern.compile(
            "(%22[^%&]{0,40}" + SECRET_WORD + "[^%&]{0,20}%22(?:\\+|%20)*(?:%3A|:)(?:\\+|%20)*)"
                    + "(?:%22(?:[^%&]|%5C%..|%(?!22|5C))*+(?:%22)?|-?\\d[\\d.eE+-]*)",
            Pattern.CASE_INSENSITIVE);

    /** A body as it is kept. */
    record Kept(String text, boolean base64, boolean cut, boolean masked) {}

    private Masks() {}

    static String headers(Iterable<Map.Entry<String, String>> headers, Set<String> secretNames) {
        ObjectNode json = Json.object();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (json.size() < HEADERS_MAX && !json.has(name)) {
                json.put(storable(name), isSecret(name, secretNames) ? MASK : cut(url(header.getValue(), secretNames)));
            }
        }
        return Json.write(json);
    }

    private static boolean isSecret(String name, Set<String> secretNames) {
        return SECRET_NAME.matcher(name).find() || secretNames.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Proxies say in headers of their own what was asked for. */
    private static String url(String value, Set<String> secretNames) {
        Matcher url = URL.matcher(value);
        return url.matches() ? value.substring(0, url.start(1)) + uri(url.group(1), secretNames) : value;
    }

    private static String cut(String value) {
        return storable(value.length() > HEADER_CHARS_MAX ? value.substring(0, HEADER_CHARS_MAX) + "…" : value);
    }

    /** Masks what follows a source in its path, and secret parameters. */
    static String uri(String uri, Set<String> secretNames) {
        String text = storable(uri.length() > URI_CHARS_MAX ? uri.substring(0, URI_CHARS_MAX) : uri);
        int question = text.indexOf('?');
        String path = Errors.loggable(question < 0 ? text : text.substring(0, question));
        if (question < 0) {
            return path;
        }
        StringBuilder masked = new StringBuilder(path);
        char separator = '?';
        for (String parameter : text.substring(question + 1).split("[&;]", -1)) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            // A name that is written oddly may be any.
            boolean secret = isSecret(name, secretNames) || name.indexOf('%') >= 0;
            masked.append(separator).append(secret ? name + "=" + MASK : parameter);
            separator = '&';
        }
        return masked.toString();
    }

    static Kept body(byte[] body) {
        boolean cut = body.length > BODY_BYTES_MAX;
        byte[] kept = cut ? Arrays.copyOf(body, BODY_BYTES_MAX) : body;
        String text;
        try {
            text = decode(kept, cut);
        } catch (CharacterCodingException _) {
            return new Kept(Base64.getEncoder().encodeToString(kept), true, cut, false);
        }
        if (text.indexOf('\0') >= 0) {
            return new Kept(Base64.getEncoder().encodeToString(kept), true, cut, false);
        }
        String masked = FORM.matcher(text).lookingAt()
                ? SECRET_ENCODED_MEMBER
                        .matcher(SECRET_PARAMETER.matcher(text).replaceAll("$1" + MASK))
                        .replaceAll("$1%22" + MASK + "%22")
                : SECRET_MEMBER.matcher(text).replaceAll("$1\"" + MASK + "\"");
        return new Kept(masked, false, cut, !masked.equals(text));
    }

    /** Where the bytes were cut, the last character may be half. */
    private static String decode(byte[] bytes, boolean cut) throws CharacterCodingException {
        int end = bytes.length;
        while (cut && end > 0 && (bytes[end - 1] & 0xC0) == 0x80) {
            end--;
        }
        if (cut && end > 0 && (bytes[end - 1] & 0x80) != 0) {
            end--;
        }
        return StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(bytes, 0, end))
                .toString();
    }

    static String storable(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
    }
}
