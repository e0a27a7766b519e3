package dev.hookline.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishMappingTest {
    private static final Instant NOW = Instant.parse("2024-02-14T15:30:45Z");

    private static ObjectNode event() {
        ObjectNode event = Json.object()
                .put("event", "invoice.created")
                .put("resource_type", "invoice")
                .put("resource_id", "inv-123");
        event.putObject("data").put("amount", "1500.00");
        return event;
    }

    private static EventData map(ObjectNode event) throws Problem {
        return PublishMapping.map("default", event, "events[3].", NOW);
    }

    @Test
    void saysWhatWasSent() throws Problem {
        EventData data = map(event().put("priority", "HIGH").put("occurred_at", "2024-02-14T10:00:00.5-05:00"));

        assertThat(data.eventType()).isEqualTo("invoice.created");
        assertThat(data.model()).isEqualTo("invoice");
        assertThat(data.recordKey()).isEqualTo("inv-123");
        assertThat(data.priority()).isEqualTo(Priority.HIGH);
        assertThat(data.occurredAt()).isEqualTo(Instant.parse("2024-02-14T15:00:00.5Z"));
        assertThat(data.payload()).isEqualTo("{\"amount\":\"1500.00\"}");
        assertThat(data.recordPatch()).isNull();
    }

    @Test
    void occursNowWithMediumPriorityUnlessItSaysElse() throws Problem {
        EventData data = map(event());

        assertThat(data.occurredAt()).isEqualTo(NOW);
        assertThat(data.priority()).isEqualTo(Priority.MEDIUM);
    }

    @ParameterizedTest
    @CsvSource({"42,42", "-7,-7", "0,0", "007,", "+7,", "9223372036854775808,", "inv-123,"})
    void keyThatIsANumberIsTheRecordsIdToo(String key, Long id) throws Problem {
        EventData data = map(event().put("resource_id", key));

        assertThat(data.recordKey()).isEqualTo(key);
        assertThat(data.recordId()).isEqualTo(id);
    }

    @Test
    void keyMayBeSentAsANumber() throws Problem {
        EventData data = map(event().put("resource_id", 42));

        assertThat(data.recordKey()).isEqualTo("42");
        assertThat(data.recordId()).isEqualTo(42);
    }

    @ParameterizedTest
    @ValueSource(strings = {"event", "resource_type", "resource_id", "data", "priority", "occurred_at"})
    void fieldThatIsWrongIsNamedWithItsPath(String field) {
        ObjectNode event = event();
        event.putArray(field).add(1);

        Problem problem = catchThrowableOfType(Problem.class, () -> map(event));

        assertThat(problem.status()).isEqualTo(422);
        assertThat(problem.field()).isEqualTo("events[3]." + field);
        assertThat(problem.text()).startsWith("'events[3]." + field + "' ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2024-02-14T15:30:45", "yesterday", "10000-01-01T00:00:00Z", "2024-13-01T00:00:00Z"})
    void timeNeedsItsZone(String time) {
        Problem problem = catchThrowableOfType(Problem.class, () -> map(event().put("occurred_at", time)));

        assertThat(problem.field()).isEqualTo("events[3].occurred_at");
    }
}
