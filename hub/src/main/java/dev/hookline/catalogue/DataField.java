package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a field of a business event's data comes from: {@code name}, {@code id(partner_id)}, {@code 'USD'}. {@code
 * docs/business-events.md} has the list.
 */
record DataField(Function function, String argument) {
    private static final Pattern CALL = Pattern.compile("(\\w+)\\(([\\w.]*)\\)");
    private static final Pattern FIELD = Pattern.compile("[\\w.]+");
    private static final int AMOUNT_DECIMALS_MIN = 2;

    enum Function {
        /** A text as given in the rules. */
        CONSTANT,
        /** The field as text. */
        TEXT,
        /** The id of a many2one, or the first of a list of them. */
        ID,
        /** The name of a many2one. */
        NAME,
        /** A decimal number as text, with two decimals at least. */
        AMOUNT,
        /** A decimal number as text, without zeros at its end. */
        QUANTITY,
        /** How many items a list has; a whole number counts itself. */
        COUNT,
        /** Odoo's {@code 2024-02-14 15:30:45} as ISO 8601. */
        TIME,
        /** The fields that changed. */
        CHANGES,
        /** The threshold that a quantity fell under. */
        THRESHOLD
    }

    /** Reads an expression; null when it is none. */
    static @Nullable DataField parse(String text) {
        if (text.length() > 1 && text.startsWith("'") && text.endsWith("'")) {
            return new DataField(Function.CONSTANT, text.substring(1, text.length() - 1));
        }
        if (FIELD.matcher(text).matches()) {
            return new DataField(Function.TEXT, text);
        }
        Matcher call = CALL.matcher(text);
        if (!call.matches()) {
            return null;
        }
        for (Function function : Function.values()) {
            boolean takesField = function != Function.CHANGES && function != Function.THRESHOLD;
            if (function != Function.CONSTANT
                    && function.name().toLowerCase(Locale.ROOT).equals(call.group(1))
                    && takesField != call.group(2).isEmpty()) {
                return new DataField(function, call.group(2));
            }
        }
        return null;
    }

    /** The value, or null where the change does not have it. */
    @Nullable
    JsonNode value(Change change, @Nullable BigDecimal threshold) {
        return switch (function) {
            case CONSTANT -> TextNode.valueOf(argument);
            case CHANGES -> change.changes();
            case THRESHOLD -> threshold == null ? null : TextNode.valueOf(plain(threshold));
            case TEXT -> text(field(change));
            case ID -> text(id(field(change)));
            case NAME -> text(name(field(change)));
            case AMOUNT -> {
                BigDecimal amount = Change.number(field(change));
                yield amount == null
                        ? null
                        : TextNode.valueOf(amount.setScale(Math.max(AMOUNT_DECIMALS_MIN, amount.scale()))
                                .toPlainString());
            }
            case QUANTITY -> {
                BigDecimal quantity = Change.number(field(change));
                yield quantity == null ? null : TextNode.valueOf(plain(quantity));
            }
            case COUNT -> count(field(change));
            case TIME -> {
                JsonNode time = text(field(change));
                yield time == null ? null : TextNode.valueOf(time.textValue().replaceFirst("^(\\S{10}) ", "$1T"));
            }
        };
    }

    /** The first of several that has a value. */
    static @Nullable JsonNode firstValue(List<DataField> sources, Change change, @Nullable BigDecimal threshold) {
        for (DataField source : sources) {
            JsonNode value = source.value(change, threshold);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private JsonNode field(Change change) {
        int dot = argument.indexOf('.');
        if (dot < 0) {
            return change.now(argument);
        }
        return change.now(argument.substring(0, dot))
                .at("/" + argument.substring(dot + 1).replace('.', '/'));
    }

    private static @Nullable JsonNode text(JsonNode value) {
        if (value.isNumber()) {
            return TextNode.valueOf(value.decimalValue().toPlainString());
        }
        return value.isTextual() && !value.textValue().isEmpty() ? value : null;
    }

    private static JsonNode id(JsonNode value) {
        return value.isArray() ? id(value.path(0)) : value.isObject() ? value.path("id") : value;
    }

    private static JsonNode name(JsonNode value) {
        if (value.isArray()) {
            return value.path(1);
        }
        if (value.isObject()) {
            return value.has("display_name") ? value.path("display_name") : value.path("name");
        }
        return value.isTextual() ? value : value.path("name");
    }

    private static @Nullable JsonNode count(JsonNode value) {
        if (value.isArray()) {
            return IntNode.valueOf(value.size());
        }
        BigDecimal number = Change.number(value);
        if (number == null
                || number.signum() < 0
                || number.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) > 0
                || number.stripTrailingZeros().scale() > 0) {
            return null;
        }
        return IntNode.valueOf(number.intValue());
    }

    private static String plain(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }
}
