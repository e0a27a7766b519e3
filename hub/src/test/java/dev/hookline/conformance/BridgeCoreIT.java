package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What seed 001's server does on every path, and how its clients sign in. */
@DisplayName("Seed 001, globally")
class BridgeCoreIT {
    private static final String TENANT = "/api/v1/auth/tenant";
    private static final String CREDENTIALS = "{\"username\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\"}";
    private static final String BY_EMAIL = CREDENTIALS.replace("username", "email");

    @TempDir
    static Path data;

    private static HubProcess hub;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("CORS_ORIGINS", "https://app.example.org"));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void theRootSaysWhatThisIs() {
        JsonNode root = ok(hub.get("/", "Accept", "application/json"));

        assertThat(root.fieldNames()).toIterable().contains("message", "version", "docs", "health");
        assertThat(hub.get("/docs").statusCode()).isEqualTo(200);
        assertThat(hub.get("/redoc").headers().firstValue("Location")).hasValue("/docs");
    }

    @Test
    void healthIsToldOfTheHubTheDatabaseAndRedis() {
        JsonNode health = ok(hub.get("/health"));
        JsonNode database = ok(hub.get("/health/db"));
        JsonNode redis = ok(hub.get("/health/redis"));

        assertThat(health.path("status").textValue()).isEqualTo("healthy");
        assertThat(health.fieldNames()).toIterable().contains("timestamp", "service", "environment");
        assertThat(database.path("database").textValue()).isEqualTo("connected");
        assertThat(Instant.parse(database.path("timestamp").textValue())).isBeforeOrEqualTo(Instant.now());
        assertThat(redis.path("redis").textValue()).isEqualTo("not used");
    }

    @Test
    void metricsNeedNoTokenAndBelongToPrometheus() {
        HttpResponse<String> metrics = hub.get("/metrics");

        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.body()).contains("# TYPE sync_pull_requests_total counter", "process_resident_memory_bytes");
    }

    @Test
    void pagesOfOtherOriginsMayCallWhereTheyAreNamed() {
        HttpResponse<String> named = hub.get("/health", "Origin", "https://app.example.org");
        HttpResponse<String> other = hub.get("/health", "Origin", "https://evil.example.org");

        assertThat(named.headers().firstValue("access-control-allow-origin")).hasValue("https://app.example.org");
        assertThat(named.headers().firstValue("access-control-allow-credentials"))
                .hasValue("true");
        assertThat(other.headers().firstValue("access-control-allow-origin")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/auth/login", "/api/v1/auth/login"})
    void aLoginIsAnsweredWithItsKeys(String path) {
        JsonNode login = ok(hub.post(
                path, "{\"username\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\",\"database\":\"erp\"}"));

        assertThat(login.path("access_token").isTextual()).isTrue();
        assertThat(login.path("refresh_token").isTextual()).isTrue();
        assertThat(login.path("system_id").textValue()).isEqualTo("odoo-erp");
        assertThat(login.path("user").path("id").isIntegralNumber()).isTrue();
        assertThat(login.path("user").path("username").textValue()).isEqualTo("admin");
        assertThat(login.path("user").has("company_id")).isTrue();
        assertThat(login.path("user").has("partner_id")).isTrue();
    }

    @Test
    void aLoginSaysWhatTheOldServerSaidOfTheUser() {
        JsonNode user = ok(hub.post("/auth/login", CREDENTIALS)).path("user");

        assertThat(user.path("name").textValue()).isEqualTo("admin");
        assertThat(user.path("company_id").intValue()).isEqualTo(1);
        assertThat(user.path("partner_id").longValue())
                .isEqualTo(user.path("id").longValue() + 2);
    }

    @Test
    void aSessionGoesOnIsShownAndEnds() {
        JsonNode login = ok(hub.post("/api/v1/auth/login", CREDENTIALS));

        JsonNode refreshed = ok(hub.post("/api/v1/auth/refresh", "", bearer(login, "refresh_token")));
        JsonNode me = ok(hub.get("/api/v1/auth/me", bearer(refreshed, "access_token")));
        HttpResponse<String> logout = hub.post("/api/v1/auth/logout", "", bearer(refreshed, "access_token"));

        assertThat(me.fieldNames())
                .toIterable()
                .contains("username", "email", "full_name", "id", "is_active", "is_superuser");
        assertThat(me.path("is_superuser").booleanValue()).isTrue();
        assertThat(logout.body()).isEqualTo("{}");
        assertThat(hub.get("/api/v1/auth/me", bearer(login, "access_token")).statusCode())
                .isEqualTo(401);
    }

    private static String[] bearer(JsonNode tokens, String field) {
        return new String[] {"Authorization", "Bearer " + tokens.path(field).textValue()};
    }

    @Test
    void aTokenHasTheClaimsOfBothFamilies() {
        JsonNode login = ok(hub.post("/auth/login", CREDENTIALS));

        JsonNode access = claims(login.path("access_token").textValue());
        JsonNode refresh = claims(login.path("refresh_token").textValue());

        assertThat(access.path("sub").textValue()).isEqualTo("admin");
        assertThat(access.path("user_id").longValue())
                .isEqualTo(login.path("user").path("id").longValue());
        assertThat(access.path("tenant_id").textValue()).isEqualTo("default");
        assertThat(access.path("role").textValue()).isEqualTo("owner");
        assertThat(access.path("user_type").textValue()).isEqualTo("tenant");
        assertThat(access.path("type").textValue()).isEqualTo("access");
        assertThat(refresh.path("type").textValue()).isEqualTo("refresh");
        long now = Instant.now().getEpochSecond();
        assertThat(access.path("exp").longValue() - now).isBetween(29 * 60L, 30 * 60L);
        assertThat(refresh.path("exp").longValue() - now).isBetween(7 * 86_400L - 60, 7 * 86_400L);
    }

    private static JsonNode claims(String token) {
        String[] parts = token.split("\\.", -1);
        assertThat(Json.read(decoded(parts[0])).path("alg").textValue()).isEqualTo("HS256");
        return Json.read(decoded(parts[1]));
    }

    private static String decoded(String part) {
        return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
    }

    // ---- the newer sign-in ------------------------------------------------------------------------------------------

    @Test
    void aLoginOfATenantIsAnsweredWithItsKeysAndTypes() {
        JsonNode login = ok(hub.post(TENANT + "/login", BY_EMAIL));

        assertThat(login.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "access_token",
                        "refresh_token",
                        "token_type",
                        "expires_in",
                        "user",
                        "tenant",
                        "odoo_fields_data");
        assertThat(login.path("token_type").textValue()).isEqualTo("bearer");
        assertThat(login.path("expires_in").intValue()).isEqualTo(1800);
        JsonNode user = login.path("user");
        assertThat(UUID.fromString(user.path("id").textValue())).isNotNull();
        for (String text : List.of("email", "full_name", "role")) {
            assertThat(user.path(text).isTextual()).as(text).isTrue();
        }
        assertThat(user.has("odoo_user_id")).isTrue();
        JsonNode tenant = login.path("tenant");
        for (String text : List.of("id", "name", "slug", "status")) {
            assertThat(tenant.path(text).isTextual()).as(text).isTrue();
        }
        assertThat(tenant.path("status").textValue()).isEqualTo("active");
        assertThat(tenant.has("odoo_database") && tenant.has("odoo_version")).isTrue();
        assertThat(login.path("odoo_fields_data").isNull()).isTrue();
    }

    /** The recommended login could not use the sync API at all. */
    @Test
    void a8_theTokenOfATenantsLoginIsGoodForTheSyncAndSoIsThatOfAnAdministrator() {
        JsonNode login = ok(hub.post(TENANT + "/login", BY_EMAIL));
        JsonNode admin = ok(hub.post("/api/admin/auth/login", BY_EMAIL));
        String pull = Json.object()
                .put("user_id", login.path("user").path("user_id").longValue())
                .put("device_id", "tenant-phone")
                .put("app_type", "sales_app")
                .toString();

        assertThat(hub.post(BridgeCore.PULL, pull, bearer(login, "access_token"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post(BridgeCore.PULL, pull, bearer(admin, "token")).statusCode())
                .isEqualTo(200);
        assertThat(admin.path("token_type").textValue()).isEqualTo("bearer");
        assertThat(admin.path("admin").path("email").isTextual()).isTrue();
    }

    @Test
    void aSessionOfATenantGoesOnIsShownAndEnds() {
        JsonNode login = ok(hub.post(
                TENANT + "/login",
                BY_EMAIL.replace("}", ",\"odoo_fields_check\":{\"model\":\"res.users\",\"list_fields\":[\"name\"]}}")));

        JsonNode refreshed = ok(hub.post(TENANT + "/refresh", "", bearer(login, "refresh_token")));
        JsonNode me = ok(hub.post(TENANT + "/me", "", bearer(refreshed, "access_token")));
        HttpResponse<String> logout = hub.post(TENANT + "/logout", "", bearer(refreshed, "access_token"));

        assertThat(login.path("odoo_fields_data").path("success").booleanValue())
                .isFalse();
        assertThat(refreshed.fieldNames()).toIterable().contains("access_token", "token_type", "expires_in");
        assertThat(me.path("user").path("id")).isEqualTo(login.path("user").path("id"));
        assertThat(me.path("tenant")).isEqualTo(login.path("tenant"));
        assertThat(logout.body()).isEqualTo("{\"message\":\"Logged out successfully\"}");
        assertThat(hub.post(TENANT + "/me", "", bearer(login, "access_token")).statusCode())
                .isEqualTo(401);
        assertThat(hub.post(TENANT + "/refresh", "", bearer(login, "refresh_token"))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void whoMayNotEnterIsToldSoByEveryLogin() {
        BridgeCore member = BridgeCore.user(hub, "default", "no-administrator");
        BridgeCore.user(hub, "other", "other-owner", Role.OWNER);
        for (String path : List.of(TENANT + "/login", "/api/admin/auth/login")) {
            HttpResponse<String> wrong = hub.post(path, BY_EMAIL.replace("horse", "house"));
            assertThat(wrong.statusCode()).isEqualTo(401);
            assertThat(wrong.body()).contains("Invalid email or password");
            assertThat(hub.post(path, "{\"email\":\"admin\"}").statusCode()).isEqualTo(422);
            assertThat(hub.post(path, "[]").statusCode()).isEqualTo(400);
        }
        for (String name : List.of("no-administrator", "other-owner")) {
            String body = "{\"email\":\"" + name + "\",\"password\":\"password-of-" + name + "\"}";
            assertThat(hub.post(TENANT + "/login", body).statusCode()).isEqualTo(200);
            assertThat(hub.post("/api/admin/auth/login", body).statusCode()).isEqualTo(403);
        }
        assertThat(hub.post(TENANT + "/login", BY_EMAIL.replace("}", ",\"odoo_fields_check\":7}"))
                        .statusCode())
                .isEqualTo(422);
        String user = "/api/v1/users/" + member.userId;
        BridgeCore admin = BridgeCore.admin(hub);
        assertThat(hub.send(HttpRequest.newBuilder(hub.uri(user))
                                .headers(admin.bearer)
                                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"active\":false}")))
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post(
                                TENANT + "/login",
                                "{\"email\":\"no-administrator\",\"password\":\"password-of-no-administrator\"}")
                        .statusCode())
                .isEqualTo(403);
    }

    // ---- answers ----------------------------------------------------------------------------------------------------

    @Test
    void whatHasAThousandBytesIsCompressedForWhoAsks() {
        HttpRequest.Builder large = HttpRequest.newBuilder(hub.uri("/metrics")).header("Accept-Encoding", "gzip");
        HttpRequest.Builder small = HttpRequest.newBuilder(hub.uri("/health")).header("Accept-Encoding", "gzip");

        assertThat(hub.send(large).headers().firstValue("content-encoding")).hasValue("gzip");
        assertThat(hub.send(small).headers().firstValue("content-encoding")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | BadRequest | POST | /api/v1/users | {",
                "401 | Unauthorized | POST | /auth/login | {\"username\":\"admin\",\"password\":\"x\"}",
                "403 | Forbidden | GET | /api/v1/ws/stats |",
                "404 | NotFound | GET | /api/v1/users/999999 |",
                "405 | MethodNotAllowed | POST | /api/v1/webhooks/events | {}",
                "409 | Conflict | POST | /api/v1/users | "
                        + "{\"username\":\"admin\",\"role\":\"viewer\",\"password\":\"a long password\"}",
                "422 | ValidationError | GET | /api/v1/webhooks/events?limit=0 |"
            })
    void anErrorHasTheTypeOfItsStatusAndTheRequestsId(
            int status, String type, String method, String path, String body) {
        BridgeCore caller =
                status == 403 ? BridgeCore.user(hub, "default", "a-device", Role.DEVICE) : BridgeCore.admin(hub);
        HttpResponse<String> answer = hub.send(HttpRequest.newBuilder(hub.uri(path))
                .headers(caller.bearer)
                .header("X-Request-ID", "the-request-1")
                .method(method, HttpRequest.BodyPublishers.ofString(body == null ? "" : body)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode error = HubProcess.json(answer).path("error");
        assertThat(error.path("type").textValue()).isEqualTo(type);
        assertThat(error.path("message").isTextual()).isTrue();
        assertThat(error.path("request_id").textValue()).isEqualTo("the-request-1");
        assertThat(error.has("details")).isEqualTo(status == 422);
        assertThat(answer.headers().firstValue("X-Request-ID")).hasValue("the-request-1");
        assertThat(answer.headers().firstValue("X-Response-Time").orElseThrow()).matches("\\d+\\.\\d\\dms");
    }

    @Test
    void a8_anUnknownUserIsNotMadeByItsFirstLogin() {
        HttpResponse<String> refused = hub.post("/auth/login", "{\"username\":\"nobody\",\"password\":\"whatever-1\"}");

        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(HubProcess.json(refused).path("error").path("message").textValue())
                .isEqualTo("Incorrect username or password");
    }

    @Test
    void a8_theTokenOfTheLoginIsGoodForTheSync() {
        BridgeCore admin = BridgeCore.admin(hub);

        assertThat(admin.pull(admin.pullOf("phone", "sales_app")).path("status").textValue())
                .isEqualTo("success");
    }
}
