package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.ChildProcess;
import dev.hookline.HubProcess;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What the tests of seed 002 share. */
final class OrderCalls {
    static final String SECRET = "your-webhook-secret";
    static final String ORDERS = "/api/v2/webhooks/orders";
    static final String LOGS = "/api/v2/webhooks/logs";
    static final String SEED_ORIGIN = "http://localhost:8001";

    private OrderCalls() {}

    static void assertRefused(HttpResponse<String> answer, int status, String message) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode body = HubProcess.json(answer);
        assertThat(body.path("success")).isEqualTo(Json.read("false"));
        assertThat(body.path("message").asText()).contains(message);
    }

    /** The seed's address is a name of loopback, and so is the test's. */
    static String origin(HubProcess at) {
        return at.url().replace("127.0.0.1", "localhost");
    }

    static byte[] hmac(String body) {
        return new HmacSha256(SECRET.getBytes(StandardCharsets.UTF_8)).sign(body.getBytes(StandardCharsets.UTF_8));
    }

    static long orders(HubProcess at) {
        String table = at.sql("SELECT count(*) FROM event WHERE model = 'order'");
        return Long.parseLong(table.lines().toList().get(2).strip());
    }

    static ChildProcess shell(HubProcess at, Path folder, String script) {
        return ChildProcess.run(folder, "bash", "-c", script.replace(SEED_ORIGIN, origin(at)));
    }
}
