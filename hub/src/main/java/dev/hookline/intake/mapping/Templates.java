package dev.hookline.intake.mapping;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
    private static final List<String> NAMES =
            List.of("raw", "order", "shopify-order", "woocommerce-order", "github-push", "odoo-native", "odoo-module");

    static final Map<String, Mapping> ALL = read();

    private Templates() {}

    private static Map<String, Mapping> read() {
        Map<String, Mapping> all = new LinkedHashMap<>();
        NAMES.forEach(name -> all.put(name, read(name)));
        all.put("odoo", odoo(read("odoo-native"), read("odoo-module")));
        return Collections.unmodifiableMap(all);
    }

    /** Both ways of Odoo at once: the module's, and in front the native one, known by its {@code _model}. */
    private static Mapping odoo(Mapping nativeAction, Mapping module) {
        ObjectNode first = nativeAction.definition();
        first.remove("description");
        first.put("when", "_model");
        ObjectNode both = module.definition().put("description", "What Odoo sends, with the module or without.");
        both.withArray("variants").insert(0, first);
        try {
            return Mapping.parse(both);
        } catch (Problem e) {
            throw new IllegalStateException("The mappings of Odoo do not go together: " + e.getMessage(), e);
        }
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
