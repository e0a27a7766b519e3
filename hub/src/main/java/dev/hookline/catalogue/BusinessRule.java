package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One rule: a change of this model on which all the conditions hold has this type.
 *
 * @param operations those it is for
 * @param becomes fields that change, each to one of these values, from another where that is known
 * @param is fields that have one of these values; null stands for empty, unknown, and Odoo's {@code false}
 * @param changed at least one of these fields changes; empty asks nothing
 * @param below a quantity that falls under a threshold
 * @param data where the fields of the event's data come from, first choice first
 */
record BusinessRule(
        String description,
        String type,
        String model,
        Set<Operation> operations,
        Map<String, List<JsonNode>> becomes,
        Map<String, List<JsonNode>> is,
        List<String> changed,
        @Nullable Below below,
        Map<String, List<DataField>> data) {

    /**
     * A quantity that falls under a threshold: one that was under it before does not count again.
     *
     * @param thresholds fields or numbers, first choice first
     */
    record Below(String field, List<JsonNode> thresholds) {
        /** The threshold that a change fell under; null when it did not. */
        @Nullable
        BigDecimal crossed(Change change) {
            BigDecimal now = Change.number(change.now(field));
            BigDecimal threshold = threshold(change);
            if (now == null || threshold == null || !change.changed(field) || now.compareTo(threshold) >= 0) {
                return null;
            }
            ObjectNode previous = change.previous();
            BigDecimal before = previous == null ? null : Change.number(previous.path(field));
            return before == null || before.compareTo(threshold) >= 0 ? threshold : null;
        }

        private @Nullable BigDecimal threshold(Change change) {
            for (JsonNode source : thresholds) {
                BigDecimal number = Change.number(source.isTextual() ? change.now(source.textValue()) : source);
                if (number != null) {
                    return number;
                }
            }
            return null;
        }
    }

    boolean matches(Change change) {
        return model.equals(change.model())
                && operations.contains(change.operation())
                && becomes.entrySet().stream().allMatch(field -> becomes(change, field.getKey(), field.getValue()))
                && is.entrySet().stream().allMatch(field -> oneOf(field.getValue(), change.now(field.getKey())))
                && (changed.isEmpty() || changed.stream().anyMatch(change::changed))
                && (below == null || below.crossed(change) != null);
    }

    private static boolean becomes(Change change, String field, List<JsonNode> wanted) {
        ObjectNode previous = change.previous();
        boolean wasAlready = previous != null && previous.has(field) && oneOf(wanted, previous.path(field));
        return change.changed(field) && oneOf(wanted, change.now(field)) && !wasAlready;
    }

    /** The event's data, in the shape of its type's schema as far as the change has what it takes. */
    ObjectNode data(Change change) {
        BigDecimal threshold = below == null ? null : below.crossed(change);
        ObjectNode data = Json.object();
        this.data.forEach((name, sources) -> {
            JsonNode value = DataField.firstValue(sources, change, threshold);
            if (value != null) {
                data.set(name, value);
            }
        });
        return data;
    }

    private static boolean oneOf(List<JsonNode> wanted, JsonNode value) {
        boolean empty = value.isMissingNode() || value.isNull() || (value.isBoolean() && !value.booleanValue());
        return wanted.stream().anyMatch(each -> each.isNull() ? empty : Change.same(each, value));
    }
}
