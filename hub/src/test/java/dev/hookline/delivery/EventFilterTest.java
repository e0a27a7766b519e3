package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventFilterTest {
    private static final String PAYLOAD = """
            {"amount":1500.50,"count":7,"text":"1500.00","nothing":null,"paid":true,"huge":123456789012345678901,
             "lines":[{"sku":"A","qty":2},{"sku":"B","qty":40}],"customer":{"country":"ES"}}""";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "event_type == 'invoice.created' | true",
                "event_type.startsWith('payment.') | false",
                "model == 'invoice' && record_id == 42 && record_key == 'INV-42' | true",
                "operation in ['create', 'unlink'] | true",
                "priority == 'high' | true",
                "source == 'erp' | true",
                "'state' in changed_fields | true",
                "'name' in changed_fields | false",
                "data.amount > 1000 | true",
                "data.amount == 1500.5 | true",
                "data.count == 7.0 | true",
                "data.count + 1 > 7 | true",
                "double(data.text) >= 1500.0 | true",
                "data.nothing == null | true",
                "data.paid | true",
                "data.huge > 1e20 | true",
                "has(data.missing) | false",
                "has(data.missing) && data.missing > 3 | false",
                "data.lines.exists(line, line.qty > 10) | true",
                "data.lines.all(line, line.sku.matches('^[AB]$')) | true",
                "data.customer.country in ['ES', 'PT'] | true",
                "data['customer']['country'] == 'FR' | false",
                "size(data.lines) == 2 | true",
            })
    void judgesAnEvent(String filter, boolean matches) {
        assertThat(verdict(filter, PAYLOAD)).isEqualTo(new EventFilter.Verdict.Said(matches));
    }

    @ParameterizedTest
    @ValueSource(strings = {"data.missing == 1", "data.text > 5", "data.paid + 1 == 2", "data.text.matches('(')"})
    void whatItCannotJudgeIsAFailureWithItsReason(String filter) {
        assertThat(verdict(filter, PAYLOAD))
                .isInstanceOfSatisfying(
                        EventFilter.Verdict.Failed.class,
                        failed -> assertThat(failed.reason()).isNotBlank());
    }

    @Test
    void aRecordWithoutANumberHasNone() {
        Event event = new Event(1, Events.OCCURRED, Events.event("default", "key", "{}"));

        assertThat(ready("record_id == null && changed_fields == []").test(new FilterInput(event)))
                .isEqualTo(new EventFilter.Verdict.Said(true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "data.amount > | mismatched input",
                "event_typ == 'x' | undeclared reference to 'event_typ'",
                "1 | expected type 'bool'",
                "data.text + 'x' == 'y' | found no matching overload for '_+_'",
                "[1] + [2] == [] | found no matching overload for '_+_'",
                "size(bytes(data.text)) > 1 | undeclared reference to 'bytes'",
                "data.lines.map(l, l.qty) == [] | undeclared reference to 'map'",
                "data.l.all(a, data.l.all(b, data.l.all(c, true))) | more than two",
            })
    void refusesWhatIsNoConditionInTheCompilersWords(String filter, String reason) {
        assertThat(EventFilter.compile(filter))
                .isInstanceOfSatisfying(
                        EventFilter.Compiled.Refused.class,
                        refused -> assertThat(refused.reason()).contains(reason));
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThat(EventFilter.compile("true && ".repeat(125) + "true"))
                .isInstanceOf(EventFilter.Compiled.Refused.class);
    }

    /** Each would go through millions of elements, or through megabytes again and again. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "data.list.all(a, data.list.all(b, a >= 0 && b >= 0))",
                "data.list.all(a, data == data)",
                "data.list.all(a, !data.text.matches('(x+x+)+y'))",
                "data.list.all(a, !data.text.contains('y'))",
            })
    void stopsWhatTakesTooMuchWork(String filter) {
        String list = IntStream.range(0, 5_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
        String payload = "{\"list\":[" + list + "],\"text\":\"" + "x".repeat(500_000) + "\"}";

        assertThat(verdict(filter, payload))
                .isEqualTo(new EventFilter.Verdict.Failed("The filter takes too much work on this event"));
    }

    @Test
    void aLongDocumentIsStillJudged() {
        String lines = IntStream.range(0, 5_000)
                .mapToObj(i -> "{\"sku\":\"S" + i + "\",\"qty\":" + i + "}")
                .collect(Collectors.joining(","));

        assertThat(verdict("data.lines.exists(l, l.qty > 4998 && l.sku == 'S4999')", "{\"lines\":[" + lines + "]}"))
                .isEqualTo(new EventFilter.Verdict.Said(true));
    }

    private static EventFilter ready(String filter) {
        return switch (EventFilter.compile(filter)) {
            case EventFilter.Compiled.Ready(EventFilter ready) -> ready;
            case EventFilter.Compiled.Refused(String reason) -> throw new AssertionError(reason);
        };
    }

    private static EventFilter.Verdict verdict(String filter, String payload) {
        EventData data = new EventData(
                "default",
                "erp",
                "invoice",
                42L,
                "INV-42",
                Operation.CREATE,
                "invoice.created",
                Priority.HIGH,
                EventData.BUSINESS,
                Events.OCCURRED,
                List.of("state"),
                payload,
                null);
        return ready(filter).test(new FilterInput(new Event(1, Events.OCCURRED, data)));
    }
}
