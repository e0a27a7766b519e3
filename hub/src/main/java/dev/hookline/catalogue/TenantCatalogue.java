package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types that one tenant knows at one moment. Safe for many threads; schemas are compiled on first use. */
public final class TenantCatalogue {
    private static final class Entry {
        final EventType type;
        private volatile @Nullable PayloadSchema compiled;

        Entry(EventType type) {
            this.type = type;
        }

        List<Violation> check(ObjectNode payload) {
            ObjectNode schema = type.schema();
            if (schema == null) {
                return List.of();
            }
            PayloadSchema ready = compiled;
            if (ready == null) {
                ready = type.builtIn() ? PayloadSchema.trusted(schema) : PayloadSchema.untrusted(schema);
                compiled = ready;
            }
            return ready.check(payload);
        }
    }

    private static final Map<String, Entry> BUILT_IN =
            BuiltInTypes.ALL.stream().collect(Collectors.toUnmodifiableMap(EventType::name, Entry::new));

    private final long version;
    private final Validation validation;
    private final Map<String, Entry> own = new TreeMap<>();

    TenantCatalogue(long version, Validation validation, List<EventType> own) {
        this.version = version;
        this.validation = validation;
        own.forEach(type -> this.own.put(type.name(), new Entry(type)));
    }

    /** Whether a type comes with the hub. */
    public static boolean isBuiltIn(String name) {
        return BUILT_IN.containsKey(name);
    }

    long version() {
        return version;
    }

    public Validation validation() {
        return validation;
    }

    /** A type by its exact name; null when it is not known. */
    public @Nullable EventType find(String name) {
        Entry entry = entry(name);
        return entry == null ? null : entry.type;
    }

    /** The built-in types in the order of their file, then the tenant's own by name. */
    public Collection<EventType> all() {
        List<EventType> all = new ArrayList<>(BuiltInTypes.ALL);
        own.values().forEach(entry -> all.add(entry.type));
        return Collections.unmodifiableList(all);
    }

    /** What is wrong with a payload of this type; null when the type is not known. */
    public @Nullable List<Violation> check(String name, ObjectNode payload) {
        Entry entry = entry(name);
        return entry == null ? null : entry.check(payload);
    }

    private @Nullable Entry entry(String name) {
        Entry builtIn = BUILT_IN.get(name);
        return builtIn == null ? own.get(name) : builtIn;
    }
}
