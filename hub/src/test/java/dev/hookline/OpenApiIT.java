package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import com.atlassian.oai.validator.model.Request.Method;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code openapi.yaml} against the router, and against what a running hub answers to everybody and about accounts. */
class OpenApiIT extends OpenApiSetting {
    private static final String LOGIN =
            "{\"username\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\",\"database\":\"odoo\"}";

    @Test
    void documentHasNoFaults() {
        assertThat(new OpenAPIV3Parser().readContents(yaml).getMessages()).isEmpty();
    }

    @Test
    void everyRouteIsDocumentedAndNothingElseIs(@TempDir Path folder) throws Exception {
        Set<String> documented = document.getPaths().entrySet().stream()
                .flatMap(path -> operations(path.getKey(), path.getValue()))
                .collect(Collectors.toCollection(TreeSet::new));

        try (Hub wired = Hub.start(Settings.from(Map.of(
                "PORT", "0", "HOOKLINE_DATA", folder.toString(), "DATABASE_URL", url(TestDatabase.freshAddress()))))) {
            Set<String> mounted = new TreeSet<>(wired.routes().keySet());
            mounted.removeIf(route -> route.startsWith("GET /docs/") || route.startsWith("GET /graphiql/"));
            assertThat(documented).isEqualTo(mounted);
        }
    }

    private static Stream<String> operations(String path, PathItem item) {
        String pattern = path.replaceAll("\\{(\\w+)}", ":$1");
        return item.readOperationsMap().keySet().stream().map(method -> method + " " + pattern);
    }

    private static String url(DatabaseAddress address) {
        return address.jdbcUrl()
                + (address.jdbcUrl().contains("?") ? "&" : "?")
                + "user=" + URLEncoder.encode(address.user(), StandardCharsets.UTF_8)
                + "&password=" + URLEncoder.encode(address.password(), StandardCharsets.UTF_8);
    }

    @Test
    void theDocumentIsTheSameInJson() {
        HttpResponse<String> json = hub.get("/openapi.json");

        assertThat(json.statusCode()).isEqualTo(200);
        assertThat(new OpenAPIV3Parser().readContents(json.body()).getOpenAPI()).isEqualTo(document);
    }

    /** It comes to no route, and is answered as any other all the same. */
    @Test
    void whatCannotBeReadAsARequestIsAnsweredInTheEnvelopeToo() {
        HttpResponse<String> line = hub.get("/" + "x".repeat(9_000));
        HttpResponse<String> header = hub.get("/health", "X-Long", "x".repeat(40_000));

        assertThat(line.statusCode()).isEqualTo(414);
        assertThat(header.statusCode()).isEqualTo(431);
        for (HttpResponse<String> answer : List.of(line, header)) {
            assertThat(answer.headers().map()).containsKeys("x-request-id", "x-response-time");
            assertThat(HubProcess.json(answer).path("error").path("request_id").asText())
                    .isEqualTo(answer.headers().firstValue("X-Request-ID").orElseThrow());
        }
    }

    @Test
    void invalidJsonIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/booking", 400, hub.post("/api/webhook/booking", "{"));
        documented(Method.POST, "/auth/login", 400, hub.post("/auth/login", "{"));
    }

    @Test
    void largeBodyIsAnsweredAsDocumented() {
        String large = "\"" + "x".repeat(2 << 20) + "\"";

        documented(Method.POST, "/api/webhook/inventory", 413, hub.post("/api/webhook/inventory", large));
        documented(Method.POST, "/auth/login", 413, hub.post("/auth/login", large));
    }

    @Test
    void wrongFieldIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/booking", 422, hub.post("/api/webhook/booking", "{}"));
        documented(Method.POST, "/auth/login", 422, hub.post("/auth/login", "{\"username\":\"admin\"}"));
        documented(Method.GET, "/api/v1/records/booking", 422, hub.get("/api/v1/records/booking?limit=0", token));
        documented(Method.GET, "/api/events", 422, hub.get("/api/events?since=never", token));
    }

    @Test
    void missingTokenIsAnsweredAsDocumented() {
        documented(Method.GET, "/api/events", 401, hub.get("/api/events"));
        documented(Method.GET, "/api/v1/records/booking", 401, hub.get("/api/v1/records/booking"));
        documented(Method.GET, "/api/v1/records/booking/OA-1", 401, hub.get("/api/v1/records/booking/OA-1"));
    }

    @Test
    void loginIsAnsweredAsDocumented() {
        documented(Method.POST, "/auth/login", 200, posted("/auth/login", LOGIN));
        documented(Method.POST, "/api/v1/auth/login", 200, posted("/api/v1/auth/login", LOGIN));
        documented(
                Method.POST,
                "/auth/login",
                401,
                hub.post("/auth/login", "{\"username\":\"admin\",\"password\":\"wrong\"}"));
    }

    @Test
    void sessionIsAnsweredAsDocumented() {
        for (String family : new String[] {"/auth", "/api/v1/auth"}) {
            var login = HubProcess.json(hub.post(family + "/login", LOGIN));
            String[] access = {
                "Authorization", "Bearer " + login.path("access_token").asText()
            };
            String[] refresh = {
                "Authorization", "Bearer " + login.path("refresh_token").asText()
            };
            documented(Method.GET, family + "/me", 200, hub.get(family + "/me", access));
            documented(Method.POST, family + "/refresh", 200, hub.post(family + "/refresh", "", refresh));
            documented(Method.POST, family + "/refresh", 401, hub.post(family + "/refresh", "", access));
            documented(Method.POST, family + "/logout", 200, hub.post(family + "/logout", "", access));
            documented(Method.POST, family + "/logout", 401, hub.post(family + "/logout", "", access));
            documented(Method.GET, family + "/me", 401, hub.get(family + "/me", access));
        }
    }

    @Test
    void bridgeCoresNewerSignInIsAnsweredAsDocumented() {
        String credentials = "{\"email\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\"}";
        String check = ",\"odoo_fields_check\":{\"model\":\"res.users\",\"list_fields\":[\"name\"]}}";
        String family = "/api/v1/auth/tenant";
        documented(Method.POST, family + "/login", 200, posted(family + "/login", credentials));
        documented(Method.POST, family + "/login", 200, hub.post(family + "/login", credentials.replace("}", check)));
        documented(Method.POST, family + "/login", 422, hub.post(family + "/login", "{}"));
        documented(Method.POST, family + "/login", 401, hub.post(family + "/login", credentials.replace("horse", "x")));
        documented(Method.POST, "/api/admin/auth/login", 200, posted("/api/admin/auth/login", credentials));
        var login = HubProcess.json(hub.post(family + "/login", credentials));
        String[] access = {
            "Authorization", "Bearer " + login.path("access_token").asText()
        };
        String[] refresh = {
            "Authorization", "Bearer " + login.path("refresh_token").asText()
        };
        documented(Method.POST, family + "/me", 200, hub.post(family + "/me", "", access));
        documented(Method.POST, family + "/me", 401, hub.post(family + "/me", ""));
        documented(Method.POST, family + "/refresh", 200, hub.post(family + "/refresh", "", refresh));
        documented(Method.POST, family + "/logout", 200, hub.post(family + "/logout", "", access));
        documented(Method.POST, family + "/logout", 401, hub.post(family + "/logout", "", access));
    }

    @Test
    void accountsAreAnsweredAsDocumented() {
        String users = "/api/v1/users";
        String jo = "{\"username\":\"jo\",\"role\":\"viewer\",\"password\":\"twelve or more\"}";
        HttpResponse<String> user = hub.post(users, jo, token);
        documented(Method.POST, users, 201, user);
        documented(Method.POST, users, 409, hub.post(users, jo, token));
        documented(Method.POST, users, 422, hub.post(users, "{}", token));
        documented(Method.GET, users, 200, hub.get(users, token));
        String one = users + "/" + HubProcess.json(user).path("id").asText();
        documented(Method.GET, one, 200, hub.get(one, token));
        documented(Method.PATCH, one, 200, sent("PATCH", one, "{\"full_name\":\"Jo\",\"role\":\"member\"}"));
        documented(Method.DELETE, one, 204, sent("DELETE", one, ""));
        documented(Method.DELETE, one, 404, sent("DELETE", one, ""));

        String invitations = "/api/v1/invitations";
        HttpResponse<String> invitation = hub.post(invitations, "{\"role\":\"device\"}", token);
        documented(Method.POST, invitations, 201, invitation);
        documented(Method.GET, invitations, 200, hub.get(invitations, token));
        String open = invitations + "/" + HubProcess.json(invitation).path("id").asText();
        String accept = invitations + "/accept";
        String guest = "{\"token\":\"x\",\"username\":\"guest\",\"password\":\"twelve or more\"}";
        documented(Method.POST, accept, 404, hub.post(accept, guest));
        String shown = HubProcess.json(invitation).path("token").asText();
        documented(Method.POST, accept, 201, hub.post(accept, guest.replace("\"x\"", "\"" + shown + "\"")));
        documented(Method.DELETE, open, 404, sent("DELETE", open, ""));

        String keys = "/api/v1/api-keys";
        HttpResponse<String> key = hub.post(keys, "{\"name\":\"k\",\"scopes\":[\"sync\"]}", token);
        documented(Method.POST, keys, 201, key);
        documented(Method.POST, keys, 422, hub.post(keys, "{\"name\":\"k\"}", token));
        documented(Method.GET, keys, 200, hub.get(keys, token));
        String made = keys + "/" + HubProcess.json(key).path("id").asText();
        documented(Method.GET, made, 200, hub.get(made, token));
        documented(Method.DELETE, made, 204, sent("DELETE", made, ""));

        String tenants = "/api/v1/tenants";
        documented(Method.POST, tenants, 201, hub.post(tenants, "{\"id\":\"acme\",\"name\":\"Acme\"}", token));
        documented(Method.POST, tenants, 409, hub.post(tenants, "{\"id\":\"acme\",\"name\":\"Acme\"}", token));
        documented(Method.GET, tenants, 200, hub.get(tenants, token));
        documented(Method.GET, tenants + "/acme", 200, hub.get(tenants + "/acme", token));
        documented(Method.PATCH, tenants + "/acme", 200, sent("PATCH", tenants + "/acme", "{\"active\":false}"));
        documented(Method.GET, "/api/v1/audit", 200, hub.get("/api/v1/audit", token));
        documented(Method.GET, "/api/v1/audit", 422, hub.get("/api/v1/audit?before=x", token));
        String wrong = "{\"current_password\":\"wrong\",\"new_password\":\"twelve or more\"}";
        documented(Method.POST, "/api/v1/auth/password", 422, hub.post("/api/v1/auth/password", wrong, token));
    }

    /** Java's own HTTP client offers to change to HTTP/2 with the first request of each connection. */
    @Test
    void longAnswerArrivesOnEveryNewConnectionOfAClientThatOffersHttp2() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
                HttpRequest request =
                        HttpRequest.newBuilder(hub.uri("/openapi.yaml")).build();
                assertThat(client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                                .get(10, TimeUnit.SECONDS)
                                .body())
                        .isEqualTo(yaml);
            }
        }
    }

    @Test
    void operatorsPagesAreAnsweredAsDocumented() {
        String retention = "/api/v1/admin/retention";
        documented(Method.GET, retention, 200, hub.get(retention, token));
        documented(Method.GET, retention, 401, hub.get(retention));
        for (String path : new String[] {
            "/", "/health", "/health/db", "/health/redis", "/metrics", "/docs", "/graphiql", "/openapi.yaml"
        }) {
            documented(Method.GET, path, 200, hub.get(path));
        }
        documented(Method.GET, "/redoc", 302, hub.get("/redoc"));
    }
}
