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
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * {@code /docs}: Swagger UI over {@code /openapi.yaml}, the document that {@code /openapi.json} has in JSON; {@code /graphiql}:
 * GraphiQL over {@code /graphql}; {@code /invitation}: the form for who was invited. All from the class path. The pages load
 * nothing from elsewhere, and their content security policy says so.
 */
public final class DocsRoutes implements Routes {
    private static final String WEBJARS = "META-INF/resources/webjars/";
    private static final String SWAGGER = WEBJARS + "swagger-ui/5.34.1/";
    private static final String GRAPHIQL = WEBJARS + "graphiql/2.4.7/";
    private static final Map<String, String> FILES = Map.ofEntries(
            Map.entry("/invitation", "docs/invitation.html"),
            Map.entry("/docs/invitation.js", "docs/invitation.js"),
            Map.entry("/docs/invitation.css", "docs/invitation.css"),
            Map.entry("/docs", "docs/index.html"),
            Map.entry("/docs/", "docs/index.html"),
            Map.entry("/docs/page.js", "docs/page.js"),
            Map.entry("/docs/page.css", "docs/page.css"),
            Map.entry("/docs/swagger-ui.css", SWAGGER + "swagger-ui.css"),
            Map.entry("/docs/swagger-ui-bundle.js", SWAGGER + "swagger-ui-bundle.js"),
            Map.entry("/graphiql", "graphiql/index.html"),
            Map.entry("/graphiql/", "graphiql/index.html"),
            Map.entry("/graphiql/page.js", "graphiql/page.js"),
            Map.entry("/graphiql/fetcher.js", "graphiql/fetcher.js"),
            Map.entry("/graphiql/page.css", "graphiql/page.css"),
            Map.entry("/graphiql/graphiql.min.css", GRAPHIQL + "graphiql.min.css"),
            Map.entry("/graphiql/graphiql.min.js", GRAPHIQL + "graphiql.min.js"),
            Map.entry("/graphiql/react.js", WEBJARS + "react/18.2.0/umd/react.production.min.js"),
            Map.entry("/graphiql/react-dom.js", WEBJARS + "react-dom/18.2.0/umd/react-dom.production.min.js"),
            Map.entry("/openapi.yaml", "openapi.yaml"));
    private static final Map<String, String> TYPES = Map.of(
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "html", "text/html; charset=utf-8",
            "yaml", "application/yaml; charset=utf-8");

    /** Of the style that GraphiQL adds to the page behind a dialog. */
    private static final String DIALOG_STYLE = "'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='";

    /** Swagger UI has its icons as data: URLs in its style sheet, GraphiQL its fonts. */
    private static final String POLICY = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; "
            + "style-src 'self' " + DIALOG_STYLE
            + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    private record File(Buffer content, String type, String tag) {}

    /** By path, read once for all event loops. */
    private final Map<String, File> files =
            FILES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> read(entry.getValue())));

    @Override
    public void mount(Api api) {
        files.forEach((path, file) -> api.files(path, context -> send(context, file)));
        api.files("/redoc", DocsRoutes::redirect);
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

    private static void redirect(RoutingContext context) {
        context.response()
                .setStatusCode(302)
                .putHeader(HttpHeaders.LOCATION, "/docs")
                .end();
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
