package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.kernel.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of one event through the running process, and starts that are refused. */
class SliceIT {
    private static final String SECRET = "a7b3c9d5e7f1234567890abcdef1234567890abcdef1234567890abcdef123456";
    private static final String BOOKING =
            "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-2024-0001\",\"vehicle_id\":1,"
                    + "\"customer_email\":\"customer@example.com\",\"date_from\":\"2024-02-01\",\"date_to\":\"2024-02-05\","
                    + "\"total_amount\":600.00,\"currency\":\"USD\"}";

    @TempDir
    Path data;

    private static String sign(String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(body.getBytes(UTF_8)));
    }

    /** Reads an event stream's lines in the background. */
    private static List<String> listen(HubProcess hub, String token) {
        List<String> lines = new CopyOnWriteArrayList<>();
        HttpClient.newHttpClient()
                .sendAsync(
                        HttpRequest.newBuilder(hub.uri("/api/events?access_token=" + token))
                                .build(),
                        HttpResponse.BodyHandlers.ofLines())
                .thenAccept(answer -> answer.body().forEach(lines::add))
                .exceptionally(cut -> null);
        return lines;
    }

    @Test
    void aSignedBookingIsStoredPushedShownAndStillThereAfterARestart() throws Exception {
        try (HubProcess hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", SECRET))) {
            String token = hub.token();
            List<String> stream = listen(hub, token);
            await().until(() -> stream.stream().anyMatch(line -> line.startsWith(": Connected")));

            HttpResponse<String> answer =
                    hub.post("/api/webhook/booking", BOOKING, "X-Webhook-Signature", sign(BOOKING));

            assertThat(answer.statusCode()).isEqualTo(200);
            long position = HubProcess.json(answer).path("event_id").asLong();
            await().atMost(Duration.ofSeconds(5)).until(() -> stream.contains("id: " + position));
            String pushed = stream.stream()
                    .filter(line -> line.startsWith("data: "))
                    .findFirst()
                    .orElseThrow();
            assertThat(Json.read(pushed.substring(6)).path("data")).isEqualTo(Json.read(BOOKING));

            String path = "/api/v1/records/booking/BK-2024-0001";
            HttpResponse<String> record = hub.get(path, "Authorization", "Bearer " + token);
            assertThat(record.statusCode()).isEqualTo(200);
            assertThat(HubProcess.json(record).path("last_position").asLong()).isEqualTo(position);
            assertThat(HubProcess.json(record)
                            .path("state")
                            .path("total_amount")
                            .decimalValue())
                    .isEqualTo(new BigDecimal("600.00"));

            hub.restart();

            HttpResponse<String> after = hub.get(path, "Authorization", "Bearer " + token);
            assertThat(after.body()).isEqualTo(record.body());
        }
    }

    @Test
    void aSecondHubOnOneFolderIsRefusedAndTheFirstGoesOn() {
        try (HubProcess hub = HubProcess.start(data, Map.of())) {
            HubProcess.Refused second = HubProcess.startRefused(data, Map.of());

            assertThat(second.output())
                    .contains("hookline: ")
                    .contains(Long.toString(hub.process().pid()));
            assertThat(hub.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void productionRefusesAnUnsafeSettingAndNamesIt() {
        HubProcess.Refused refused = HubProcess.startRefused(data, Map.of("HOOKLINE_ENV", "production"));

        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("ODOO_WEBHOOK_SECRET is not set");
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            HubProcess.Refused refused = HubProcess.startRefused(data, Map.of("PORT", port));

            assertThat(refused.output()).contains("hookline: ").contains(port).contains("PORT");
        }
    }
}
