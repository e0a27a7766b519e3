package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.HubProcess;
import dev.hookline.access.Role;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The request limits of seed 001's tables, each per user. */
@DisplayName("Seed 001, limits of requests")
class RequestLimitsIT {
    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore ann;
    private static BridgeCore bob;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("RATE_LIMIT_ENABLED", "true", "RATE_LIMIT_PER_MINUTE", "6"));
        ann = BridgeCore.user(hub, "default", "ann", Role.ADMIN);
        bob = BridgeCore.user(hub, "default", "bob", Role.ADMIN);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/webhooks/events?limit=1, 100, 60",
        "GET, /api/v1/webhooks/events/enhanced?limit=1, 200, 60",
        "GET, /api/v1/webhooks/check-updates, 50, 60",
        "GET, /api/v1/webhooks/configs, 30, 60",
        "GET, /api/v1/webhooks/dead-letter/stats, 30, 60",
        "GET, /api/v1/webhooks/statistics, 20, 60",
        "POST, /api/v1/webhooks/retry, 50, 60",
        "POST, /api/v1/webhooks/retry/bulk, 10, 60",
        "DELETE, /api/v1/webhooks/cleanup?before=2020-01-01, 10, 3600",
        "POST, /api/v2/sync/pull, 200, 60",
        "GET, /api/v2/sync/state?user_id=1&device_id=x, 100, 60",
        "POST, /api/v2/sync/reset?user_id=1&device_id=x, 10, 3600",
        "POST, /api/v1/odoo-sync/pull, 60, 60",
        "POST, /api/v1/odoo-sync/ack, 60, 60",
        "POST, /api/v1/odoo-sync/sync-state, 30, 60",
        "POST, /api/v1/odoo-sync/sync-state/update, 60, 60",
        "GET, /api/v1/odoo-sync/sync-state/stats?user_id=1, 30, 60",
        "POST, /api/v1/odoo-sync/smart-pull, 30, 60",
        "GET, /api/v1/odoo-sync/stats, 10, 60"
    })
    void whatIsBeyondTheFigureIs429WithRetryAfterAndOthersAreNotConcerned(
            String method, String path, int requests, int windowSeconds) {
        for (int i = 0; i < requests; i++) {
            assertThat(call(ann, method, path).statusCode()).isNotEqualTo(429);
        }

        HttpResponse<String> refused = call(ann, method, path);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(HubProcess.json(refused).path("error").path("type").textValue())
                .isEqualTo("RateLimitExceeded");
        assertThat(HubProcess.json(refused).path("error").path("message").textValue())
                .isEqualTo("Too many requests. Please try again later.");
        int wait = Integer.parseInt(refused.headers().firstValue("Retry-After").orElseThrow());
        assertThat(wait).isBetween(windowSeconds == 60 ? 1 : 61, windowSeconds);
        assertThat(call(bob, method, path).statusCode()).isNotEqualTo(429);
    }

    /** Who brings no token that counts is known by the address only. */
    @Test
    void withoutATokenThatCountsTheAddressIsCountedAndWhoBringsOneFromThereIsServed() {
        assertThat(hub.get("/api/v1/webhooks/events").statusCode()).isEqualTo(401);
        assertThat(hub.get("/api/v2/sync/state", "Authorization", "Bearer wrong")
                        .statusCode())
                .isEqualTo(401);
        assertThat(hub.get("/graphql", "X-API-Key", "hlk_" + "x".repeat(43)).statusCode())
                .isEqualTo(401);
        assertThat(hub.get("/api/v1/check-updates", "Cookie", "session_id=old").statusCode())
                .isEqualTo(401);
        assertThat(hub.post("/api/v1/auth/refresh", "").statusCode()).isEqualTo(401);
        assertThat(hub.post("/api/v1/auth/tenant/logout", "").statusCode()).isEqualTo(401);

        for (String path : new String[] {"/api/v1/webhooks/events", "/api/v1/records/booking", "/api/events"}) {
            HttpResponse<String> refused = hub.get(path);
            assertThat(refused.statusCode()).as(path).isEqualTo(429);
            assertThat(HubProcess.json(refused).path("error").path("type").textValue())
                    .isEqualTo("RateLimitExceeded");
            assertThat(Integer.parseInt(
                            refused.headers().firstValue("Retry-After").orElseThrow()))
                    .isBetween(1, 60);
        }
        assertThat(BridgeCore.user(hub, "default", "dora")
                        .get("/api/v1/auth/me")
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.get("/health").statusCode()).isEqualTo(200);
    }

    private static HttpResponse<String> call(BridgeCore user, String method, String path) {
        return switch (method) {
            case "GET" -> user.get(path);
            case "DELETE" -> user.delete(path);
            default -> user.post(path, "{}");
        };
    }

    @Test
    void theOldServersPathsShareTheirCountWithTheNewOnes() {
        BridgeCore carol = BridgeCore.user(hub, "default", "carol");
        IntStream.range(0, 50).forEach(_ -> carol.get("/api/v1/check-updates?since=2999-01-01"));

        assertThat(carol.get("/api/v1/webhooks/check-updates").statusCode()).isEqualTo(429);
    }

    @Test
    void a11_15_aRefusalIs429AndNeitherReceivingNorHealthIsRefused() {
        for (int i = 0; i < 250; i++) {
            assertThat(hub.get("/api/v2/sync/health").statusCode()).isEqualTo(200);
        }
        assertThat(ann.push("sale.order", 1, "write")).isPositive();
    }
}
