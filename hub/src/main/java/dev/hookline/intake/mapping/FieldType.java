package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a field's value becomes. An empty text counts as null for every type but {@link #TEXT} and {@link #JSON}. */
enum FieldType {
    TEXT("a text") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            String text = Scalar.text(value);
            return text == null ? null : TextNode.valueOf(text);
        }
    },
    INTEGER("a whole number") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            if (value.isIntegralNumber()) {
                return value;
            }
            BigInteger whole = Scalar.whole(value);
            if (whole == null) {
                return null;
            }
            return whole.bitLength() > 63 ? BigIntegerNode.valueOf(whole) : LongNode.valueOf(whole.longValue());
        }
    },
    /** A JSON number with the sender's digits: {@code "120.00"} becomes {@code 120.00}. */
    NUMBER("a number") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            if (value.isNumber()) {
                return value;
            }
            BigDecimal number = Scalar.number(value);
            return number == null ? null : DecimalNode.valueOf(number);
        }
    },
    /** A number as text, with the sender's digits: {@code 120.00} becomes {@code "120.00"}. */
    DECIMAL("a number") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            BigDecimal number = Scalar.number(value);
            return number == null ? null : TextNode.valueOf(number.toPlainString());
        }
    },
    DATE("a date as 2024-02-14") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            String date = Scalar.date(value);
            return date == null ? null : TextNode.valueOf(date);
        }
    },
    /** An instant, as ISO 8601 with Z. */
    TIME("a time as 2024-02-14T15:30:45Z") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            Instant time = Scalar.time(value);
            return time == null ? null : TextNode.valueOf(time.toString());
        }
    },
    BOOLEAN("true or false") {
        @Override
        @Nullable
        JsonNode read(JsonNode value) {
            Boolean truth = Scalar.truth(value);
            return truth == null ? null : BooleanNode.valueOf(truth);
        }
    },
    /** Anything, as it is. */
    JSON("JSON") {
        @Override
        JsonNode read(JsonNode value) {
            return value;
        }
    };

    private final String text = name().toLowerCase(Locale.ROOT);

    /** What it has to be, for an error: {@code 'price' must be a number}. */
    final String wanted;

    FieldType(String wanted) {
        this.wanted = wanted;
    }

    /** The value in this type; null when it is not one. */
    abstract @Nullable JsonNode read(JsonNode value);

    boolean isBlank(JsonNode value) {
        return this != TEXT
                && this != JSON
                && value.isTextual()
                && value.textValue().isBlank();
    }

    String text() {
        return text;
    }

    static @Nullable FieldType of(String text) {
        for (FieldType type : values()) {
            if (type.text.equals(text)) {
                return type;
            }
        }
        return null;
    }
}
