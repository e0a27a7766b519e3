package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What seed 001's server does on every path, and how its clients sign in. */
@DisplayName("Seed 001, globally")
class BridgeCoreIT {
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
