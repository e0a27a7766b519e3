package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A kind of event.
 *
 * @param name {@code sales_order.confirmed}, matched exactly
 * @param description a sentence for people
 * @param schema JSON Schema (2020-12) of the payload; null takes any object
 * @param sample a payload that the schema takes; null where none was given
 * @param createdAt null for a built-in type
 * @param updatedAt null for a built-in type
 */
public record EventType(
        String name,
        String description,
        @Nullable ObjectNode schema,
        @Nullable ObjectNode sample,
        @Nullable Instant createdAt,
        @Nullable Instant updatedAt) {

    /** Whether it comes with the hub, the same for every tenant. */
    public boolean builtIn() {
        return createdAt == null;
    }
}
