package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.kernel.Json;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub whose committer has ended before its time. */
class CommitterDeathIT {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static Set<Thread> committers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("committer"))
                .collect(Collectors.toSet());
    }

    private static String url(DatabaseAddress address) {
        return address.jdbcUrl()
                + (address.jdbcUrl().contains("?") ? "&" : "?")
                + "user=" + URLEncoder.encode(address.user(), StandardCharsets.UTF_8)
                + "&password=" + URLEncoder.encode(address.password(), StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> sent(Hub hub, HttpRequest.Builder request, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + hub.ports().getFirst() + path);
        return HTTP.send(request.uri(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder booking() {
        return HttpRequest.newBuilder()
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"event_type\":\"booking.created\",\"booking_ref\":\"OA-1\"}"));
    }

    @Test
    void isUnhealthyRefusesWebhooksAndAsksToBeStartedAgain(@TempDir Path folder) throws Exception {
        Set<Thread> others = committers();
        try (Hub hub = Hub.start(Settings.from(Map.of(
                "PORT", "0", "HOOKLINE_DATA", folder.toString(), "DATABASE_URL", url(TestDatabase.freshAddress()))))) {
            assertThat(sent(hub, HttpRequest.newBuilder(), "/health").statusCode())
                    .isEqualTo(200);
            assertThat(sent(hub, booking(), "/api/webhook/booking").statusCode())
                    .isEqualTo(200);
            Set<Thread> ours = committers();
            ours.removeAll(others);
            assertThat(ours).hasSize(1);

            ours.iterator().next().interrupt();

            assertThat(hub.failure().get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            HttpResponse<String> health = sent(hub, HttpRequest.newBuilder(), "/health");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(Json.read(health.body()).path("status").asText()).isEqualTo("unhealthy");
            assertThat(Json.read(health.body()).path("database").asText()).isEqualTo("connected");
            assertThat(sent(hub, booking(), "/api/webhook/booking").statusCode())
                    .isEqualTo(503);
        }
    }
}
