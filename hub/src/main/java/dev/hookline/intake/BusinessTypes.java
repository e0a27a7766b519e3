package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.BusinessEvents;
import dev.hookline.catalogue.Change;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import dev.hookline.records.ChangeMeaning;
import dev.hookline.records.PostgresOrders;
import org.jspecify.annotations.Nullable;

/**
 * Business types by rules. A matching rule gives the event its type, and its payload the rule's data under {@link
 * EventData#BUSINESS_DATA}. Senders of orders do not say which are new: an order that there was not is created.
 */
public final class BusinessTypes implements ChangeMeaning {
    private final BusinessEvents rules;

    public BusinessTypes(BusinessEvents rules) {
        this.rules = rules;
    }

    /** Not of a creation: before it there was nothing. */
    @Override
    public boolean asksForState(EventData event) {
        return event.operation() != Operation.CREATE && rules.concern(event.model(), event.operation());
    }

    @Override
    public EventData settle(EventData event, ObjectNode patch, @Nullable ObjectNode before, @Nullable Long id) {
        Operation operation = event.operation();
        String type = event.eventType();
        boolean newOrder =
                before == null && event.recordPatch() != null && event.model().equals(PostgresOrders.MODEL);
        if (newOrder && operation == Operation.WRITE) {
            operation = Operation.CREATE;
            type = type.equals(technical(event, Operation.WRITE)) ? technical(event, operation) : type;
        }
        if (!rules.concern(event.model(), operation)) {
            return event.settled(operation, type, event.payload());
        }
        ObjectNode fields =
                id == null || patch.has("id") ? patch : patch.deepCopy().put("id", id);
        var derived = rules.derive(new Change(event.model(), operation, event.changedFields(), fields, before));
        return derived.isEmpty()
                ? event.settled(operation, type, event.payload())
                : event.settled(
                        operation,
                        derived.get().eventType(),
                        with(event.payload(), derived.get().data()));
    }

    private static String technical(EventData event, Operation operation) {
        return event.model() + "." + operation.text();
    }

    /** The payload is not parsed: this runs under the lock on the log's head. */
    private static String with(String payload, ObjectNode data) {
        if (payload.contains("\"" + EventData.BUSINESS_DATA + "\"")) {
            ObjectNode object = (ObjectNode) Json.read(payload);
            object.set(EventData.BUSINESS_DATA, data);
            return Json.write(object);
        }
        String start = payload.substring(0, payload.lastIndexOf('}'));
        String comma = start.equals("{") ? "" : ",";
        return start + comma + "\"" + EventData.BUSINESS_DATA + "\":" + Json.write(data) + "}";
    }
}
