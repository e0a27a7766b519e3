package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** What the tests of seed 000 share. */
final class RentalSiteCalls {
    /** The seed's own sample, of 63 hex digits. */
    static final String SECRET = "a7b3c9d5e7f1234567890abcdef1234567890abcdef1234567890abcdef123456";

    static final String BOOKING = "/api/webhook/booking";
    static final String INVENTORY = "/api/webhook/inventory";

    static final String TEST_CALL = "{\"event_type\": \"test\", \"message\": \"Test webhook\"}";

    static final String CURL = """
            curl -X POST https://your-domain.com/api/webhook/booking \\
              -H "Content-Type: application/json" \\
              -H "X-Webhook-Signature: test" \\
              -d '{"event_type": "test", "message": "Test webhook"}'""";

    /** What the seed pastes into the browser's console. */
    private RentalSiteCalls() {}

    static String booking(String reference) {
        return "{\"event_type\":\"booking.created\",\"booking_ref\":\"" + reference + "\",\"vehicle_id\":2}";
    }

    static String login() {
        return Json.object()
                .put("username", "admin")
                .put("password", HubProcess.PASSWORD)
                .toString();
    }

    static HttpResponse<String> send(HubProcess hub, String path, String body) {
        return hub.send(signed(hub, path, body.getBytes(StandardCharsets.UTF_8)));
    }

    static HttpRequest.Builder signed(HubProcess hub, String path, byte[] body) {
        return signed(hub, path, body, BodyPublishers.ofByteArray(body));
    }

    static HttpRequest.Builder signed(HubProcess hub, String path, byte[] body, BodyPublisher publisher) {
        return HttpRequest.newBuilder(hub.uri(path))
                .header("Content-Type", "application/json")
                .header("X-Webhook-Signature", hmac(body))
                .POST(publisher);
    }

    static String hmac(String body) {
        return hmac(body.getBytes(StandardCharsets.UTF_8));
    }

    static String hmac(byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static long position(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    static long events(HubProcess hub) {
        return (Long) row(hub, "SELECT count(*) FROM event").getFirst();
    }

    /** The first row of a query on the hub's database, as {@code ./hookline sql} reaches it. */
    static List<@Nullable Object> row(HubProcess hub, String sql) {
        try (Database database =
                        new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1);
                Connection connection = database.connection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).as(sql).isTrue();
            List<@Nullable Object> row = new ArrayList<>();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                row.add(rows.getObject(i));
            }
            return row;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    static String logFile(HubProcess hub) {
        try {
            return Files.readString(hub.data().resolve("logs").resolve("app.log"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The answer's body, a line break, and its status. */
    static String curl(HubProcess hub, String name) throws Exception {
        String command = CURL.replace("https://your-domain.com", hub.url()).replace("/booking", "/" + name);
        Process shell = new ProcessBuilder("sh", "-c", command + " --silent --write-out '\\n%{http_code}'").start();
        String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        return answer;
    }
}
