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
                return new Events(List.of(), null, false);
            }
            RentalSiteEvent event = RentalSiteEvent.of(type);
            if (event == null) {
                throw Problem.field("event_type", "'event_type' is '" + type + "', which is none of the rental site's");
            }
            return new Events(
                    List.of(RentalSiteMapping.map(tenant, event, object, now)), IdempotencyKey.in(call), true);
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
                Json.write(body),
                Json.write(patch(event, body)));
    }

    private static ObjectNode patch(RentalSiteEvent event, ObjectNode body) {
        ObjectNode patch = body.deepCopy();
        patch.remove("event_type");
        if (event.status != null && !patch.hasNonNull(event.model.statusField)) {
            patch.put(event.model.statusField, event.status);
        }
        return patch;
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
        var parts = DATE.matcher(text);
        try {
            return parts.matches() && LocalDate.parse(parts.group(1)).getYear() > 0;
        } catch (DateTimeException e) {
            return false;
        }
    }
}
