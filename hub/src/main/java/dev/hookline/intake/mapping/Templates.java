package dev.hookline.intake.mapping;

import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The mappings on the class path, under {@code mappings}. */
final class Templates {
    private static final List<String> NAMES = List.of("raw", "order");

    static final Map<String, Mapping> ALL = read();

    private Templates() {}

    private static Map<String, Mapping> read() {
        Map<String, Mapping> all = new LinkedHashMap<>();
        NAMES.forEach(name -> all.put(name, read(name)));
        return Collections.unmodifiableMap(all);
    }

    private static Mapping read(String name) {
        String resource = "mappings/" + name + ".json";
        try (InputStream in = Templates.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + resource);
            }
            return Mapping.parse(Json.parse(in.readAllBytes()));
        } catch (IOException | Json.Invalid | Problem e) {
            throw new IllegalStateException("Cannot read " + resource + ": " + e.getMessage(), e);
        }
    }
}
