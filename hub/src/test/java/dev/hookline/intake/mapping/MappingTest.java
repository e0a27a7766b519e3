package dev.hookline.intake.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappingTest {
    private static final Instant NOW = Instant.parse("2026-08-01T10:00:00Z");

    private static Mapping mapping(String definition) throws Problem {
        return Mapping.parse(Json.read(definition));
    }

    private static Mapping fields(String fields) throws Problem {
        return mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"id\"},\"fields\":[" + fields + "]}");
    }

    private static Mapped map(Mapping mapping, String body) throws Problem {
        return map(mapping, body, Map.of(), Map.of());
    }

    private static Mapped map(Mapping mapping, String body, Map<String, String> headers, Map<String, String> query)
            throws Problem {
        return mapping.map(Json.read(body), headers::get, query::get);
    }

    private static String data(Mapping mapping, String body) throws Problem {
        return Json.write(map(mapping, body).payload());
    }

    private static @Nullable String wrongField(Mapping mapping, String body) {
        return catchThrowableOfType(Problem.class, () -> map(mapping, body)).field();
    }

    private static @Nullable String wrongPlace(String definition) {
        return catchThrowableOfType(Problem.class, () -> mapping(definition)).field();
    }

    // ---- places -----------------------------------------------------------------------------------------------------

    @Test
    void whatAQueryDecodesToCanBeStored() throws Problem {
        Mapping mapping = mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"query:key\"}}");

        assertThat(map(mapping, "{}", Map.of(), Map.of("key", "a\0b")).recordKey())
                .isEqualTo("a\uFFFDb");
    }

    // ---- aliases ----------------------------------------------------------------------------------------------------

    @Test
    void theFirstAliasThatIsGivenCountsAndTheOthersStayUnderTheirNames() throws Problem {
        Mapping mapping = fields("{\"name\":\"total\",\"from\":[\"total\",\"total_price\",\"amount\"]}");

        assertThat(data(mapping, "{\"id\":1,\"amount\":3}")).isEqualTo("{\"total\":3,\"id\":1}");
        assertThat(data(mapping, "{\"id\":1,\"amount\":3,\"total_price\":2}"))
                .isEqualTo("{\"total\":2,\"id\":1,\"amount\":3}");
    }

    @Test
    void nullYieldsToAnotherAliasAndClearsTheFieldWhereThereIsNone() throws Problem {
        Mapping mapping = fields("{\"name\":\"total\",\"from\":[\"total\",\"amount\"],\"type\":\"number\"}");

        assertThat(data(mapping, "{\"id\":1,\"total\":null,\"amount\":3}")).isEqualTo("{\"total\":3,\"id\":1}");
        assertThat(data(mapping, "{\"id\":1,\"total\":null}")).isEqualTo("{\"total\":null,\"id\":1}");
        assertThat(data(mapping, "{\"id\":1,\"total\":\" \"}")).isEqualTo("{\"total\":null,\"id\":1}");
        assertThat(data(mapping, "{\"id\":1}")).isEqualTo("{\"id\":1}");
    }

    @Test
    void anErrorNamesTheAliasThatTheSenderUsed() throws Problem {
        Mapping mapping = fields("{\"name\":\"price\",\"from\":[\"price\",\"unit_price\"],\"type\":\"number\"}");

        assertThat(wrongField(mapping, "{\"id\":1,\"unit_price\":\"much\"}")).isEqualTo("unit_price");
    }

    @Test
    void requiredConstantDefaultAndJoinedFields() throws Problem {
        Mapping mapping = fields("{\"name\":\"a\",\"required\":true},{\"name\":\"b\",\"constant\":7},"
                + "{\"name\":\"c\",\"type\":\"number\",\"default\":\"1.50\"},"
                + "{\"name\":\"d\",\"join\":[\"x.first\",\"x.last\"]}");

        assertThat(data(mapping, "{\"id\":1,\"a\":2,\"b\":9,\"x\":{\"first\":\"Ann\",\"last\":\"Lee\"}}"))
                .isEqualTo("{\"a\":2,\"b\":7,\"c\":1.50,\"d\":\"Ann Lee\",\"id\":1,"
                        + "\"x\":{\"first\":\"Ann\",\"last\":\"Lee\"}}");
        assertThat(wrongField(mapping, "{\"id\":1,\"a\":null}")).isEqualTo("a");
    }

    @Test
    void theRestIsLeftOutWhereTheMappingSaysSo() throws Problem {
        Mapping mapping = mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"id\"},\"keep_rest\":false,"
                + "\"fields\":[{\"name\":\"c\",\"from\":\"a[*].b\"}]}");

        assertThat(data(mapping, "{\"id\":1,\"a\":[{\"b\":1},{},{\"b\":3}]}")).isEqualTo("{\"c\":[1,3]}");
    }

    // ---- types ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text    | "x"                          | "x"
            text    | 12345                        | "12345"
            text    | 120.00                       | "120"
            text    | true                         |
            integer | "12"                         | 12
            integer | 12.0                         | 12
            integer | 12.5                         |
            integer | 123456789012345678901234567890 | 123456789012345678901234567890
            number  | 120.00                       | 120.00
            number  | "120.00"                     | 120.00
            number  | "1e5"                        |
            number  | [1]                          |
            decimal | 120.00                       | "120.00"
            decimal | "-0.10"                      | "-0.10"
            date    | "2024-02-01T23:30:00-05:00"  | "2024-02-01"
            date    | "2024-02-30"                 |
            time    | "2024-10-27T10:30:00Z"       | "2024-10-27T10:30:00Z"
            time    | "2024-10-27T10:30:00"        | "2024-10-27T10:30:00Z"
            time    | "2024-10-27 10:30:00"        | "2024-10-27T10:30:00Z"
            time    | "2024-10-27T10:30:00.123456+02:00" | "2024-10-27T08:30:00.123456Z"
            time    | "2024-10-27"                 | "2024-10-27T00:00:00Z"
            time    | 1730025000                   | "2024-10-27T10:30:00Z"
            time    | 1730025000000                | "2024-10-27T10:30:00Z"
            time    | "27.10.2024"                 |
            time    | 1e300                        |
            boolean | "true"                       | true
            boolean | 0                            | false
            boolean | "maybe"                      |
            json    | {"a":[1]}                    | {"a":[1]}
            """)
    void everyTypeReadsWhatSendersWriteAndRefusesTheRest(String type, String given, @Nullable String wanted)
            throws Problem {
        Mapping mapping = mapping("{\"model\":\"m\",\"record_key\":\"k\",\"keep_rest\":false,\"fields\":["
                + "{\"name\":\"v\",\"type\":\"" + type + "\"}]}");
        String body = "{\"v\":" + given + "}";

        if (wanted == null) {
            assertThat(wrongField(mapping, body)).isEqualTo("v");
        } else {
            assertThat(data(mapping, body)).isEqualTo("{\"v\":" + wanted + "}");
        }
    }

    // ---- the event --------------------------------------------------------------------------------------------------

    @Test
    void valuesComeFromPathsHeadersParametersAndTables() throws Problem {
        Mapping mapping = mapping("""
                {"model": {"from": "thing.kind", "prefix": "shop."},
                 "record_key": {"from": "thing.id", "number": true},
                 "operation": {"from": ["header:X-Topic", "query:operation"],
                               "table": {"made": "create"}, "otherwise": "write"},
                 "event_type": {"from": "header:X-Topic", "prefix": "shop."},
                 "priority": "high", "category": "custom",
                 "occurred_at": {"from": "at"}, "deduplication_key": {"from": "header:X-Id"},
                 "changed_fields": {"from": "changed"}, "payload": "thing"}""");
        String body = """
                {"thing": {"id": "7", "kind": "chair", "_meta": 1}, "at": "2024-01-01 10:00:00", "changed": ["kind"]}""";

        Mapped made = map(mapping, body, Map.of("X-Topic", "made", "X-Id", "d-1"), Map.of("operation", "unlink"));

        assertThat(made.event("t", "s", NOW))
                .isEqualTo(new EventData(
                        "t",
                        "s",
                        "shop.chair",
                        7L,
                        "7",
                        Operation.CREATE,
                        "shop.made",
                        Priority.HIGH,
                        "custom",
                        Instant.parse("2024-01-01T10:00:00Z"),
                        List.of("kind"),
                        "{\"id\":\"7\",\"kind\":\"chair\",\"_meta\":1}",
                        "{\"id\":\"7\",\"kind\":\"chair\"}"));
        assertThat(made.deduplicationKey()).isEqualTo("d-1");
        assertThat(map(mapping, body, Map.of("X-Topic", "odd"), Map.of()).operation())
                .isEqualTo(Operation.WRITE);
    }

    @Test
    void whatIsNotSaidIsAWriteOfMediumPriorityNow() throws Problem {
        Mapped mapped = map(mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"id\"}}"), "{\"id\":\"a\"}");

        EventData event = mapped.event("t", "s", NOW);
        assertThat(event.eventType()).isEqualTo("m.write");
        assertThat(event.priority()).isEqualTo(Priority.MEDIUM);
        assertThat(event.category()).isEqualTo("business");
        assertThat(event.occurredAt()).isEqualTo(NOW);
        assertThat(event.recordId()).isNull();
    }

    @Test
    void aWrongKeyOrOperationIsNamed() throws Problem {
        Mapping mapping = mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"id\",\"number\":true},"
                + "\"operation\":{\"from\":\"op\"},\"priority\":{\"from\":\"p\"},\"occurred_at\":{\"from\":\"at\"}}");

        assertThat(wrongField(mapping, "{}")).isEqualTo("id");
        assertThat(wrongField(mapping, "{\"id\":\"x\"}")).isEqualTo("id");
        assertThat(wrongField(mapping, "{\"id\":1,\"op\":\"odd\"}")).isEqualTo("op");
        assertThat(wrongField(mapping, "{\"id\":1,\"p\":\"odd\"}")).isEqualTo("p");
        assertThat(wrongField(mapping, "{\"id\":1,\"at\":\"odd\"}")).isEqualTo("at");
        assertThat(wrongField(mapping("{\"model\":\"m\",\"record_key\":{\"from\":\"id\"}}"), "{\"id\":\"\"}"))
                .isEqualTo("id");
    }

    // ---- batches, tests and shapes ----------------------------------------------------------------------------------

    @Test
    void noSenderMakesEventsOfTheHubsOwnTypes() throws Problem {
        Mapping mapping = mapping("{\"model\":\"m\",\"record_key\":\"id\",\"event_type\":{\"from\":\"kind\"}}");

        assertThat(wrongField(mapping, "{\"id\":1,\"kind\":\"webhook.delivery.dead\"}"))
                .isEqualTo("kind");
        assertThat(map(mapping, "{\"id\":1,\"kind\":\"webhook.delivery.x\"}").eventType())
                .isEqualTo("webhook.delivery.x");
    }

    @Test
    void aListMakesAnEventOfEachItem() throws Problem {
        Mapping mapping = mapping(
                "{\"model\":\"m\",\"record_key\":{\"from\":\"id\"},\"split\":\"events\",\"skip_if\":[{\"from\":\"test\",\"is\":true}]}");

        List<Mapped> events = mapping.mapAll(
                Json.read("{\"events\":[{\"id\":1},{\"id\":2,\"test\":true},{\"id\":3}]}"), name -> null, name -> null);

        assertThat(events).extracting(Mapped::recordKey).containsExactly("1", "3");
        assertThat(mapping.mapAll(Json.read("{\"test\":true}"), name -> null, name -> null))
                .isEmpty();
        assertThat(mapping.mapAll(Json.read("{\"id\":4}"), name -> null, name -> null))
                .hasSize(1);
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() ->
                        mapping.mapAll(Json.read("{\"events\":[{\"id\":1},{\"x\":2}]}"), name -> null, name -> null))
                .matches(problem -> "events[1].id".equals(problem.field()));
    }

    @Test
    void aBodyThatIsAListIsSplitOnDemandAndElseKeptWhole() throws Problem {
        String start = "{\"model\":\"m\",\"record_key\":{\"from\":\"id\",\"default\":\"-\"}";

        assertThat(mapping(start + ",\"split\":\"$\"}")
                        .mapAll(Json.read("[{\"id\":1},{\"id\":2}]"), name -> null, name -> null))
                .hasSize(2);
        assertThat(data(mapping(start + "}"), "[1,2]")).isEqualTo("{\"body\":[1,2]}");
    }

    @Test
    void theFirstVariantWhoseMarkIsInTheBodyCounts() throws Problem {
        Mapping mapping = mapping("""
                {"variants": [
                  {"when": "_id", "model": "native", "record_key": {"from": "_id"}},
                  {"when": "id", "model": "plain", "record_key": {"from": "id"}}]}""");

        assertThat(map(mapping, "{\"id\":1,\"_id\":2}").model()).isEqualTo("native");
        assertThat(map(mapping, "{\"id\":1}").model()).isEqualTo("plain");
        assertThatExceptionOfType(Problem.class).isThrownBy(() -> map(mapping, "{}"));
    }

    // ---- definitions ------------------------------------------------------------------------------------------------

    @Test
    void aWrongDefinitionIsRefusedNamingThePlace() {
        assertThat(wrongPlace("[]")).isEqualTo("mapping");
        assertThat(wrongPlace("{}")).isEqualTo("mapping.model");
        assertThat(wrongPlace("{\"model\":\"m\"}")).isEqualTo("mapping.record_key");
        assertThat(wrongPlace("{\"model\":\"m\",\"record_key\":\"k\",\"odd\":1}"))
                .isEqualTo("mapping.odd");
        assertThat(wrongPlace("{\"model\":{\"from\":\"a..b\"},\"record_key\":\"k\"}"))
                .isEqualTo("mapping.model.from");
        assertThat(wrongPlace("{\"model\":{\"from\":[\"a\",\"b[x]\"]},\"record_key\":\"k\"}"))
                .isEqualTo("mapping.model.from[1]");
        assertThat(wrongPlace("{\"model\":\"m\",\"record_key\":\"k\",\"fields\":[{\"name\":\"a\"},{\"from\":\"b\"}]}"))
                .isEqualTo("mapping.fields[1].name");
        assertThat(wrongPlace("{\"model\":\"m\",\"record_key\":\"k\",\"fields\":[{\"name\":\"a\",\"type\":\"odd\"}]}"))
                .isEqualTo("mapping.fields[0].type");
        assertThat(wrongPlace("{\"model\":\"m\",\"record_key\":\"k\",\"fields\":[{\"name\":\"a\"},{\"name\":\"a\"}]}"))
                .isEqualTo("mapping.fields[1].name");
        assertThat(wrongPlace("{\"variants\":[{\"model\":\"m\"}]}")).isEqualTo("mapping.variants[0].record_key");
    }

    @Test
    void theDefinitionComesBackAsItWasRead() throws Problem {
        for (Mapping template : Mapping.templates().values()) {
            assertThat(Mapping.parse(template.definition()).definition()).isEqualTo(template.definition());
        }
    }

    @Test
    void rawTakesEverything() throws Problem {
        Mapping raw = Mapping.templates().get("raw");

        assertThat(map(raw, "{\"type\":{\"a\":1},\"id\":[],\"event\":\"lamp.on\"}")
                        .eventType())
                .isEqualTo("lamp.on");
        Mapped text = map(raw, "\"hello\"");
        assertThat(text.eventType()).isEqualTo("webhook.received");
        assertThat(text.payload()).isEqualTo(Json.read("{\"body\":\"hello\"}"));
        assertThat(text.recordPatch()).isNull();
    }
}
