package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The seventeen types of seed 004 and the hub's own operational ones, from {@code catalogue/event-types.json}. */
final class BuiltInTypes {
    static final List<EventType> ALL = read();

    private static final String DEFINITIONS = "$defs";

    private BuiltInTypes() {}

    static String resource(String name) {
        try (InputStream file = BuiltInTypes.class.getResourceAsStream("/catalogue/" + name)) {
            if (file == null) {
                throw new IllegalStateException("The jar has no catalogue/" + name);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<EventType> read() {
        JsonNode file = Json.read(resource("event-types.json"));
        List<EventType> types = new ArrayList<>();
        for (JsonNode type : file.path("types")) {
            types.add(new EventType(
                    type.path("name").textValue(),
                    type.path("description").textValue(),
                    withDefinitions((ObjectNode) type.get("schema"), file.path(DEFINITIONS)),
                    (ObjectNode) type.get("sample"),
                    null,
                    null));
        }
        return List.copyOf(types);
    }

    /** The file shares its definitions; each schema is given those that it refers to, so that it stands alone. */
    private static ObjectNode withDefinitions(ObjectNode schema, JsonNode definitions) {
        ObjectNode whole = Json.object().put("$schema", "https://json-schema.org/draft/2020-12/schema");
        whole.setAll(schema);
        Set<String> used = new TreeSet<>();
        schema.findValuesAsText("$ref").forEach(reference -> used.add(reference.substring("#/$defs/".length())));
        ObjectNode own = whole.putObject(DEFINITIONS);
        used.forEach(name -> own.set(name, definitions.get(name)));
        return whole;
    }
}
