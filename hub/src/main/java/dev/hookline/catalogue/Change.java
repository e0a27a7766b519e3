package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of a record, as a source tells it.
 *
 * @param model Odoo's technical name, or a built-in model
 * @param changedFields where the source says which
 * @param payload the record's fields, all or only those that changed
 * @param previous the record's fields before, where they are known
 */
public record Change(
        String model,
        Operation operation,
        @Nullable List<String> changedFields,
        ObjectNode payload,
        @Nullable ObjectNode previous) {

    /** A field's value now; missing where neither the payload nor the record before has it. Odoo's {@code false} is null. */
    JsonNode now(String field) {
        JsonNode value = payload.get(field);
        if (value == null && previous != null) {
            value = previous.get(field);
        }
        return value == null ? MissingNode.getInstance() : value;
    }

    /** Whether a field has another value than before, or seems to: where nothing is known of before, it does if it was sent. */
    boolean changed(String field) {
        if (!payload.has(field)) {
            return false;
        }
        if (previous != null && previous.has(field)) {
            return !same(payload.get(field), previous.get(field));
        }
        return operation == Operation.CREATE || changedFields == null || changedFields.contains(field);
    }

    /** The fields that changed, with their values now. */
    ObjectNode changes() {
        ObjectNode changes = Json.object();
        payload.properties().forEach(field -> {
            if (!field.getKey().equals("id") && changed(field.getKey())) {
                changes.set(field.getKey(), field.getValue());
            }
        });
        return changes;
    }

    /** Numbers are the same when their values are: {@code 5} and {@code 5.0}. */
    static boolean same(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue()) == 0;
        }
        return one.equals(other);
    }

    /** A number, also one sent as text; null for anything else. */
    static @Nullable BigDecimal number(JsonNode value) {
        if (value.isNumber()) {
            return value.decimalValue();
        }
        if (!value.isTextual()) {
            return null;
        }
        try {
            return new BigDecimal(value.textValue().strip());
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
