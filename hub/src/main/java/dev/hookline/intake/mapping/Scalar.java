package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads single values in the spellings that senders use. Null for what is not one of the kind. */
final class Scalar {
    private static final Pattern DECIMAL = Pattern.compile("[+-]?\\d{1,100}(?:\\.\\d{1,100})?");
    private static final Pattern TIME = Pattern.compile(
            "(\\d{4}-\\d{2}-\\d{2})"
                    + "(?:[T ](\\d{2}:\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9})\\d*)?)?\\s?(Z|z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)?)?");
    private static final long MILLIS_FROM = 100_000_000_000L;

    private Scalar() {}

    /** A text, or a number as text: {@code 12345} and {@code 12345.0} are {@code "12345"}. */
    static @Nullable String text(JsonNode value) {
        if (value.isTextual()) {
            return value.textValue();
        }
        if (!value.isNumber()) {
            return null;
        }
        BigInteger whole = whole(value);
        return whole == null ? value.decimalValue().toPlainString() : whole.toString();
    }

    /** A number, or the same as text, with all its digits. */
    static @Nullable BigDecimal number(JsonNode value) {
        if (value.isNumber()) {
            return value.decimalValue();
        }
        String text = value.isTextual() ? value.textValue().strip() : "";
        return DECIMAL.matcher(text).matches() ? new BigDecimal(text) : null;
    }

    /** A number without a fraction, or the same as text. */
    static @Nullable BigInteger whole(JsonNode value) {
        BigDecimal number = number(value);
        try {
            return number == null ? null : number.toBigIntegerExact();
        } catch (ArithmeticException e) {
            return null;
        }
    }

    /** A whole number of 64 bits, or the same as text. */
    static @Nullable Long wholeLong(JsonNode value) {
        BigInteger whole = whole(value);
        return whole == null || whole.bitLength() > 63 ? null : whole.longValue();
    }

    /** {@code true}, {@code false}, the same as text, 1 or 0. */
    static @Nullable Boolean truth(JsonNode value) {
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        return switch (value.asText().strip().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> null;
        };
    }

    /**
     * A time: ISO 8601, with {@code T} or a space, with a zone or in UTC without one, to the minute or finer; a date, as its
     * first instant in UTC; or a number of seconds or milliseconds since 1970.
     */
    static @Nullable Instant time(JsonNode value) {
        if (value.isNumber()) {
            return epoch(value.decimalValue());
        }
        Matcher parts = TIME.matcher(value.isTextual() ? value.textValue().strip() : "");
        if (!parts.matches()) {
            return null;
        }
        String clock = parts.group(2) == null ? "00:00" : parts.group(2);
        String seconds = parts.group(3) == null ? "00" : parts.group(3);
        String fraction = parts.group(4) == null ? "" : "." + parts.group(4);
        try {
            LocalDateTime local = LocalDateTime.parse(parts.group(1) + "T" + clock + ":" + seconds + fraction);
            return inRange(local.toInstant(zone(parts.group(5))));
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static ZoneOffset zone(@Nullable String text) {
        return text == null || !(text.startsWith("+") || text.startsWith("-")) ? ZoneOffset.UTC : ZoneOffset.of(text);
    }

    private static @Nullable Instant epoch(BigDecimal number) {
        boolean millis = number.abs().compareTo(BigDecimal.valueOf(MILLIS_FROM)) >= 0;
        BigDecimal exact = millis ? number : number.movePointRight(3);
        BigInteger whole = exact.toBigInteger();
        return whole.bitLength() > 62 ? null : inRange(Instant.ofEpochMilli(whole.longValue()));
    }

    private static @Nullable Instant inRange(Instant time) {
        int year = time.atOffset(ZoneOffset.UTC).getYear();
        return year >= 1 && year <= 9999 ? time : null;
    }

    /** The date of a time, as the sender wrote it: {@code 2024-02-01T23:00:00-05:00} is the first of February. */
    static @Nullable String date(JsonNode value) {
        if (time(value) == null) {
            return null;
        }
        return value.isTextual()
                ? value.textValue().strip().substring(0, 10)
                : String.valueOf(time(value)).substring(0, 10);
    }
}
