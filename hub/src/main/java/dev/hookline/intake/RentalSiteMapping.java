package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The rental site's flat bodies as events. Only the record's key is required; the fields that the seed names must have the
 * seed's types when they are there; any other field is kept as it is.
 */
final class RentalSiteMapping {
    static final String SOURCE = "rental-site";
    static final String TEST = "test";

    private static final int DATE_CHARS = 10;
    private static final Pattern DATE = Pattern.compile("(\\d{4}-\\d{2}-\\d{2})(?:[T ]\\d{2}:\\d{2}.*)?");
    private static final Pattern DECIMAL = Pattern.compile("-?\\d{1,100}(?:\\.\\d{1,100})?");

    private enum Type {
        TEXT,
        INTEGER,
        DECIMAL,
        DATE
    }

    private static final Map<String, Type> FIELDS = Map.ofEntries(
            Map.entry("booking_ref", Type.TEXT),
            Map.entry("vehicle_id", Type.INTEGER),
            Map.entry("customer_email", Type.TEXT),
            Map.entry("date_from", Type.DATE),
            Map.entry("date_to", Type.DATE),
            Map.entry("total_amount", Type.DECIMAL),
            Map.entry("currency", Type.TEXT),
            Map.entry("availability_status", Type.TEXT),
            Map.entry("available_from", Type.DATE),
            Map.entry("available_to", Type.DATE),
            Map.entry("rental_price_daily", Type.DECIMAL),
            Map.entry("rental_price_weekly", Type.DECIMAL),
            Map.entry("rental_price_monthly", Type.DECIMAL));

    private RentalSiteMapping() {}

    /** For a body whose event type says where it belongs. */
    record Body(String tenant) implements BodyMapping {
        @Override
        public Events map(JsonNode body, SignedCall call, Instant now) throws Problem {
            if (!(body instanceof ObjectNode object)) {
                throw Problem.of(400, "The body must be a JSON object");
            }
            String type = eventType(object);
            if (type.equals(TEST)) {
                return new Events(List.of(), false);
            }
            RentalSiteEvent event = RentalSiteEvent.of(type);
            if (event == null) {
                throw Problem.field("event_type", "'event_type' is '" + type + "', which is none of the rental site's");
            }
            EventData data = RentalSiteMapping.map(tenant, event, object, now);
            return new Events(List.of(new One(data, IdempotencyKey.in(call))), true);
        }
    }

    static String eventType(ObjectNode body) throws Problem {
        JsonNode type = body.get("event_type");
        if (type == null || type.isNull()) {
            throw Problem.field("event_type", "'event_type' is required");
        }
        if (!type.isTextual() || type.textValue().length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    "event_type", "'event_type' must be a text of at most " + Limits.NAME_CHARS_MAX + " characters");
        }
        return type.textValue();
    }

    static EventData map(String tenant, RentalSiteEvent event, ObjectNode body, Instant now) throws Problem {
        for (Map.Entry<String, Type> field : FIELDS.entrySet()) {
            JsonNode value = body.get(field.getKey());
            if (value != null && !value.isNull()) {
                check(field.getKey(), field.getValue(), value);
            }
        }
        RentalSiteEvent.Model model = event.model;
        JsonNode key = body.get(model.keyField);
        if (key == null || key.isNull() || key.asText().isEmpty()) {
            throw Problem.field(model.keyField, "'" + model.keyField + "' is required for " + event.type);
        }
        if (key.asText().length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    model.keyField, "'" + model.keyField + "' is longer than " + Limits.NAME_CHARS_MAX + " characters");
        }
        // Written once: the payload and the patch are this text with a field more.
        body.remove("event_type");
        String rest = Json.write(body);
        boolean numeric = model == RentalSiteEvent.Model.VEHICLE;
        Long recordId = numeric ? Long.valueOf(key.asText()) : null;
        return new EventData(
                tenant,
                SOURCE,
                model.text,
                recordId,
                recordId == null ? key.asText() : recordId.toString(),
                event.operation,
                event.type,
                Priority.MEDIUM,
                EventData.BUSINESS,
                now,
                null,
                with(rest, "event_type", event.type),
                event.status == null || body.hasNonNull(model.statusField)
                        ? rest
                        : with(rest, model.statusField, event.status));
    }

    /** An object's text with one more field in front. The object has a field at least: its key. */
    private static String with(String object, String field, String value) {
        return "{\"" + field + "\":\"" + value + "\"," + object.substring(1);
    }

    private static void check(String field, Type type, JsonNode value) throws Problem {
        boolean right = switch (type) {
            case TEXT -> value.isTextual();
            case INTEGER -> isLong(value);
            case DECIMAL -> value.isNumber() || isDecimal(value);
            case DATE -> value.isTextual() && isDate(value.textValue());
        };
        if (!right) {
            String wanted = switch (type) {
                case TEXT -> "a text";
                case INTEGER -> "a whole number";
                case DECIMAL -> "a number";
                case DATE -> "a date as YYYY-MM-DD";
            };
            throw Problem.field(field, "'" + field + "' must be " + wanted);
        }
    }

    private static boolean isDecimal(JsonNode value) {
        return value.isTextual() && DECIMAL.matcher(value.textValue()).matches();
    }

    private static boolean isLong(JsonNode value) {
        if (value.isIntegralNumber()) {
            return value.canConvertToLong();
        }
        try {
            return value.isTextual() && Long.parseLong(value.textValue()) >= 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isDate(String text) {
        try {
            if (text.length() == DATE_CHARS) {
                return LocalDate.parse(text).getYear() > 0;
            }
            var parts = DATE.matcher(text);
            return parts.matches() && LocalDate.parse(parts.group(1)).getYear() > 0;
        } catch (DateTimeException e) {
            return false;
        }
    }
}
