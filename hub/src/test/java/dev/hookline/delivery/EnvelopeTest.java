package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvelopeTest {
    private static final String DATA =
            "{\"invoice_id\":\"inv-123\",\"invoice_number\":\"INV-2024-001\",\"amount\":\"1500.00\","
                    + "\"currency\":\"USD\",\"customer_name\":\"Acme Corp\",\"status\":\"draft\","
                    + "\"created_at\":\"2024-02-14T15:30:45.123456\"}";

    @Test
    void isTheSeedsExampleInItsOrder() {
        Event event = event("tenant-uuid", "invoice.created", "inv-123", "2024-02-14T15:30:45.123456Z", DATA);
        assertThat(text(event, "gestiqcloud"))
                .isEqualTo(
                        "{\"event\":\"invoice.created\",\"resource_type\":\"invoice\",\"resource_id\":\"inv-123\","
                                + "\"timestamp\":\"2024-02-14T15:30:45.123456\",\"data\":" + DATA
                                + ",\"metadata\":{\"tenant_id\":\"tenant-uuid\",\"source\":\"gestiqcloud\",\"version\":\"1.0\"}}");
    }

    @Test
    void comesFromHooklineByDefault() {
        assertThat(text(event("default", "a.b", "1", "2024-02-14T15:30:45Z", "{}"), Envelope.SOURCE))
                .endsWith("\"metadata\":{\"tenant_id\":\"default\",\"source\":\"hookline\",\"version\":\"1.0\"}}");
    }

    @ParameterizedTest
    @CsvSource({
        "2024-02-14T15:30:45Z, 2024-02-14T15:30:45.000000",
        "2024-02-14T15:30:00Z, 2024-02-14T15:30:00.000000",
        "2024-02-14T15:30:45.1Z, 2024-02-14T15:30:45.100000",
        "2024-02-14T15:30:45.123456789Z, 2024-02-14T15:30:45.123456",
        "2024-02-14T23:30:45.5-02:00, 2024-02-15T01:30:45.500000",
        "1969-12-31T23:59:59.999999Z, 1969-12-31T23:59:59.999999",
    })
    void timestampsAreUtcWithSixDigitsAndNoZone(String occurred, String shown) {
        assertThat(text(event("t", "a.b", "1", occurred, "{}"), "s")).contains("\"timestamp\":\"" + shown + "\",");
    }

    @ParameterizedTest
    @CsvSource({"sale.order.write, sale", "sales_order.confirmed, sales_order", "ping, ping", ".odd, ''"})
    void theResourceTypeEndsAtTheFirstDot(String eventType, String resourceType) {
        assertThat(text(event("t", eventType, "1", "2024-02-14T15:30:45Z", "{}"), "s"))
                .contains("\"resource_type\":\"" + resourceType + "\",");
    }

    @Test
    void keepsThePayloadByteForByteAndEscapesTheRest() {
        String payload = "{\"price\": 85.00, \"text\":\"\\u00e9 é 𝄞 \\\"q\\\"\"}";
        String text = text(event("te\"nant", "a.b", "k\\\n\"é", "2024-02-14T15:30:45Z", payload), "s\"");
        assertThat(text).contains("\"data\":" + payload + ",\"metadata\"");
        assertThat(Json.read(text).at("/resource_id").textValue()).isEqualTo("k\\\n\"é");
        assertThat(Json.read(text).at("/metadata/tenant_id").textValue()).isEqualTo("te\"nant");
        assertThat(Json.read(text).at("/metadata/source").textValue()).isEqualTo("s\"");
    }

    private static String text(Event event, String source) {
        return new String(Envelope.body(event, source), UTF_8);
    }

    private static Event event(String tenant, String eventType, String key, String occurred, String payload) {
        Instant at = OffsetDateTime.parse(occurred).toInstant();
        return new Event(
                7,
                at.plusSeconds(5),
                new EventData(
                        tenant,
                        "test",
                        "invoice",
                        42L,
                        key,
                        Operation.CREATE,
                        eventType,
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        at,
                        null,
                        payload,
                        null));
    }
}
