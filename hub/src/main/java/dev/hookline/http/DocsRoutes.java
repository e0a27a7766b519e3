package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.kernel.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * {@code /docs}: Swagger UI over {@code /openapi.yaml}, to which {@code /redoc} leads as well; {@code /openapi.json}: the same
 * document; {@code /invitation}: the form for who was invited. All from the class path. The pages load nothing from elsewhere,
 * and their content security policy says so.
 */
public final class DocsRoutes implements Routes {
    private static final String SWAGGER = "META-INF/resources/webjars/swagger-ui/5.34.1/";
    private static final Map<String, String> FILES = Map.of(
            "/invitation", "docs/invitation.html",
            "/docs/invitation.js", "docs/invitation.js",
            "/docs/invitation.css", "docs/invitation.css",
            "/docs", "docs/index.html",
            "/docs/", "docs/index.html",
            "/docs/page.js", "docs/page.js",
            "/docs/page.css", "docs/page.css",
            "/docs/swagger-ui.css", SWAGGER + "swagger-ui.css",
            "/docs/swagger-ui-bundle.js", SWAGGER + "swagger-ui-bundle.js",
            "/openapi.yaml", "openapi.yaml");
    private static final Map<String, String> TYPES = Map.of(
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "html", "text/html; charset=utf-8",
            "yaml", "application/yaml; charset=utf-8");

    /** Swagger UI has its icons as data: URLs in its style sheet. */
    private static final String POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
            + "form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    private record File(Buffer content, String type, String tag) {}

    @Override
    public void mount(Api api) {
        FILES.forEach((path, resource) -> {
            File file = read(resource);
            api.files(path, context -> send(context, file));
        });
        api.files(
                "/redoc",
                context -> context.response()
                        .setStatusCode(307)
                        .putHeader(HttpHeaders.LOCATION, "/docs")
                        .end());
        api.open(HttpMethod.GET, "/openapi.json", 0, _ -> Reply.ok(InJson.DOCUMENT));
    }

    /** Made when somebody first asks for it, and kept as it is sent: it is large. */
    private static final class InJson {
        static final JsonNode DOCUMENT = new POJONode(new RawValue(Json.write(document())));

        private static Object document() {
            LoaderOptions options = new LoaderOptions();
            options.setMaxAliasesForCollections(Integer.MAX_VALUE);
            return new Yaml(new SafeConstructor(options))
                    .load(read("openapi.yaml").content.toString(StandardCharsets.UTF_8));
        }
    }

    private static void send(RoutingContext context, File file) {
        HttpServerResponse response = context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, file.type)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.ETAG, file.tag)
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff");
        if (file.tag.equals(context.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
            response.setStatusCode(304).end();
        } else {
            response.end(file.content);
        }
    }

    private static File read(String resource) {
        try (InputStream in = DocsRoutes.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + resource);
            }
            byte[] content = in.readAllBytes();
            String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException("Of what type is " + resource + "?");
            }
            return new File(Buffer.buffer(content), type, tag(content));
        } catch (IOException e) {
            throw new IllegalStateException("Cannot read " + resource, e);
        }
    }

    /** Weak, since what is sent may be compressed. */
    private static String tag(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return "W/\"" + HexFormat.of().formatHex(digest, 0, 8) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }
}
