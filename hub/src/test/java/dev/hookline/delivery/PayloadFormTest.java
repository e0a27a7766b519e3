package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PayloadFormTest {
    private static final String PAYLOAD = "{\"amount\":1500.00,\"name\":\"Añil 𝄞\"}";

    private static Event event(@Nullable Long recordId, String key, String payload) {
        return new Event(
                42,
                Events.OCCURRED,
                new EventData(
                        "ten ant",
                        "erp",
                        "sale.order",
                        recordId,
                        key,
                        Operation.WRITE,
                        "sale.order.write",
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        Events.OCCURRED,
                        null,
                        payload,
                        null));
    }

    private static String body(PayloadForm form) {
        return new String(form.body(event(7L, "SO\"7", PAYLOAD), Envelope.SOURCE), UTF_8);
    }

    @Test
    void standardIsTypeTimestampAndData() {
        assertThat(body(PayloadForm.STANDARD))
                .isEqualTo("{\"type\":\"sale.order.write\",\"timestamp\":\"2026-01-02T03:04:05.678901Z\",\"data\":"
                        + PAYLOAD + "}");
    }

    @Test
    void aCloudEventHasItsRequiredAttributes() {
        assertThat(body(PayloadForm.CLOUDEVENTS))
                .isEqualTo("{\"specversion\":\"1.0\",\"id\":\"evt_42\",\"source\":\"/ten%20ant/erp\","
                        + "\"type\":\"sale.order.write\",\"subject\":\"SO\\\"7\",\"time\":\"2026-01-02T03:04:05.678901Z\","
                        + "\"datacontenttype\":\"application/json\",\"data\":" + PAYLOAD + "}");
        assertThat(PayloadForm.CLOUDEVENTS.contentType()).isEqualTo("application/cloudevents+json");
    }

    @Test
    void odooHasModelIdAndActionBeforeTheFields() {
        assertThat(body(PayloadForm.ODOO))
                .isEqualTo("{\"_model\":\"sale.order\",\"_id\":7,\"_action\":\"sale.order.write(#42)\","
                        + "\"amount\":1500.00,\"name\":\"Añil 𝄞\"}");
    }

    @ParameterizedTest
    @CsvSource({"17, 17", "INV-1, '\"INV-1\"'", "017, '\"017\"'"})
    void odooGetsANumberWhereTheKeyIsOne(String key, String shown) {
        assertThat(new String(PayloadForm.ODOO.body(event(null, key, "{\"_id\":99}"), Envelope.SOURCE), UTF_8))
                .isEqualTo("{\"_model\":\"sale.order\",\"_id\":" + shown + ",\"_action\":\"sale.order.write(#42)\"}");
    }

    @Test
    void rawIsThePayloadByteForByte() {
        assertThat(body(PayloadForm.RAW)).isEqualTo(PAYLOAD);
    }

    @ParameterizedTest
    @EnumSource(PayloadForm.class)
    void isFoundByItsNameAndTheSameAtEveryAttempt(PayloadForm form) {
        assertThat(PayloadForm.of(form.text())).contains(form);
        assertThat(body(form)).isEqualTo(body(form));
    }
}
