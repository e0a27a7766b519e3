package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.NullValue;
import dev.cel.runtime.CelVariableResolver;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An event as filters see it; its payload is parsed for the first that looks. For one thread. */
final class FilterInput implements CelVariableResolver {
    private final EventData event;
    private @Nullable Object data;

    FilterInput(Event event) {
        this.event = event.data();
    }

    int payloadChars() {
        return event.payload().length();
    }

    @Override
    public Optional<Object> find(String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "event_type" -> event.eventType();
                    case "model" -> event.model();
                    case "record_id" -> Objects.requireNonNullElse(event.recordId(), NullValue.NULL_VALUE);
                    case "record_key" -> event.recordKey();
                    case "operation" -> event.operation().text();
                    case "priority" -> event.priority().text();
                    case "source" -> event.source();
                    case "changed_fields" -> Objects.requireNonNullElse(event.changedFields(), List.of());
                    case "data" -> data();
                    default -> null;
                });
    }

    private Object data() {
        Object known = data;
        if (known == null) {
            known = value(Json.read(event.payload()));
            data = known;
        }
        return known;
    }

    /** Whole numbers that fit are {@code int}, all others {@code double}. */
    private static Object value(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                Map<String, Object> map = new HashMap<>();
                node.properties().forEach(field -> map.put(field.getKey(), value(field.getValue())));
                yield map;
            }
            case ARRAY -> {
                List<Object> list = new ArrayList<>(node.size());
                node.forEach(element -> list.add(value(element)));
                yield list;
            }
            case STRING -> node.textValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER ->
                node.isIntegralNumber() && node.canConvertToLong() ? (Object) node.longValue() : node.doubleValue();
            default -> NullValue.NULL_VALUE;
        };
    }
}
