package dev.hookline.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /docs}: Swagger UI over {@code /openapi.yaml}, both from the class path. */
public final class DocsRoutes implements Routes {
    private static final String SWAGGER = "META-INF/resources/webjars/swagger-ui/5.34.1/";
    private static final Map<String, String> TYPES = Map.of(
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "html", "text/html; charset=utf-8",
            "png", "image/png",
            "svg", "image/svg+xml",
            "yaml", "application/yaml; charset=utf-8");

    @Override
    public void mount(Api api) {
        api.files("/docs", context -> send(context, "docs/index.html"));
        api.files("/docs/", context -> send(context, "docs/index.html"));
        api.files("/docs/page.js", context -> send(context, "docs/page.js"));
        api.files("/docs/page.css", context -> send(context, "docs/page.css"));
        api.files("/openapi.yaml", context -> send(context, "openapi.yaml"));
        for (String file : new String[] {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}) {
            api.files("/docs/" + file, context -> send(context, SWAGGER + file));
        }
    }

    private static void send(RoutingContext context, String resource) {
        Buffer content = read(resource);
        if (content == null) {
            context.fail(404);
            return;
        }
        HttpServerResponse response = context.response();
        String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
        if (type != null) {
            response.putHeader("Content-Type", type);
        }
        response.putHeader("Cache-Control", "no-cache").end(content);
    }

    private static @Nullable Buffer read(String resource) {
        try (InputStream in = DocsRoutes.class.getClassLoader().getResourceAsStream(resource)) {
            return in == null ? null : Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("Cannot read " + resource, e);
        }
    }
}
