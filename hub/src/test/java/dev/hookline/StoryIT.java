package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.hookline.kernel.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
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

/** The whole way: signed in, pushed to a browser, delivered on, verified by the seed's own Python, listed. */
class StoryIT {
    private static final String SECRET = "a7b3c9d5e7f1234567890abcdef1234567890abcdef1234567890abcdef123456";
    private static final String BOOKING =
            "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-2024-0001\",\"vehicle_id\":1,"
                    + "\"total_amount\":600.50,\"currency\":\"USD\"}";
    private static final Path RESOURCES = Path.of("src", "test", "resources");

    @TempDir
    Path data;

    @Test
    void aSignedBookingReachesTheBrowserAndTheSubscriber() throws Exception {
        List<String> said = new CopyOnWriteArrayList<>();
        Process python = new ProcessBuilder(
                        "python3",
                        RESOURCES.resolve("receiver.py").toString(),
                        Subscriber.SECRET,
                        RESOURCES
                                .resolve("seeds")
                                .resolve("004_verify_webhook.py")
                                .toString())
                .redirectErrorStream(true)
                .start();
        Thread.ofVirtual().start(() -> follow(python, said));
        Map<String, String> environment = Map.of("ODOO_WEBHOOK_SECRET", SECRET, "HOOKLINE_DELIVERY_ALLOW", "127.0.0.1");
        try (HubProcess hub = HubProcess.start(data, environment);
                Chromium chromium = new Chromium();
                Chromium.Tab tab = chromium.open(ColorScheme.LIGHT)) {
            await().until(() -> !said.isEmpty());
            String port = said.getFirst().replaceAll("\\D", "");
            Subscriber tenant = new Subscriber(hub);
            long subscription = tenant.subscribe("http://127.0.0.1:" + port + "/hook", "booking.created");
            Page page = tab.page();
            listen(page, hub);

            HttpResponse<String> answer =
                    hub.post("/api/webhook/booking", BOOKING, "X-Webhook-Signature", sign(BOOKING));

            assertThat(answer.statusCode()).isEqualTo(200);
            page.waitForFunction("() => window.seen.length > 0");
            String seen = (String) page.evaluate("() => JSON.stringify(window.seen[0])");
            assertThat(Json.read(seen).path("data").path("data")).isEqualTo(Json.read(BOOKING));
            assertThat(Json.read(seen).path("id").asText())
                    .isEqualTo(HubProcess.json(answer).path("event_id").asText());
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> tenant.status(subscription).equals("delivered"));
            assertThat(said).hasSize(2).last().asString().startsWith("verified {\"event\":\"booking.created\"");
        } finally {
            python.destroy();
        }
    }

    private static void listen(Page page, HubProcess hub) {
        page.navigate(hub.url() + "/docs");
        page.evaluate("""
                async password => {
                  const login = await fetch('/auth/login', {
                    method: 'POST', body: JSON.stringify({username: 'admin', password})
                  });
                  if (!login.ok) throw new Error('login: ' + login.status);
                  window.seen = [];
                  window.stream = new EventSource('/api/events');
                  window.stream.onmessage = e => window.seen.push({id: e.lastEventId, data: JSON.parse(e.data)});
                  await new Promise((opened, failed) => {
                    window.stream.onopen = opened;
                    window.stream.onerror = failed;
                  });
                }
                """, HubProcess.PASSWORD);
    }

    private static void follow(Process process, List<String> lines) {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("ended: " + e.getMessage());
        }
    }

    private static String sign(String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
    }
}
