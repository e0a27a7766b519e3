package dev.hookline.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static String roundTrip(String json) throws Json.Invalid {
        return Json.write(Json.parse(json.getBytes(UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":600.00}",
                "{\"a\":12345678901234567890123456789.5}",
                "{\"a\":-0.10,\"b\":[1,null,true,\"x\"]}",
                "{\"emoji\":\"\uD83D\uDE00\"}",
                "[]",
                "\"text\""
            })
    void keepsWhatWasSent(String json) throws Json.Invalid {
        assertThat(roundTrip(json)).isEqualTo(json);
    }

    @Test
    void theLastOfARepeatedKeyCounts() throws Json.Invalid {
        assertThat(roundTrip("{\"a\":1,\"a\":2}")).isEqualTo("{\"a\":2}");
    }

    @Test
    void aByteOrderMarkIsSkipped() throws Json.Invalid {
        assertThat(roundTrip("\uFEFF{\"a\":1}")).isEqualTo("{\"a\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":{\"b\":[\"x\\u0000\"]}}",
                "{\"a\":{\"b\":[\"\\ud800\"]}}",
                "{\"a\":{\"b\":[\"\\udc00\\ud800\"]}}",
                "{\"a\":{\"b\":[1e200000]}}",
                "{\"a\":{\"b\":[1e-20000]}}",
                "{\"a\":{\"b\":[1e401]}}"
            })
    void namesThePlaceOfWhatCannotBeStored(String json) {
        assertThatThrownBy(() -> roundTrip(json))
                .isInstanceOf(Json.Invalid.class)
                .hasMessageEndingWith("in a.b[0]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"\\u0000\":1}", "{\"x\":{\"\\ud800\":1}}"})
    void aFieldNameThatCannotBeStoredIsRefused(String json) {
        assertThatThrownBy(() -> roundTrip(json))
                .isInstanceOf(Json.Invalid.class)
                .hasMessageContaining("field name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "{", "{\"a\":}", "{} {}", "{'a':1}", "NaN", "{\"a\":01}", "\u0001"})
    void whatIsNoJsonIsRefused(String text) {
        assertThatThrownBy(() -> roundTrip(text))
                .isInstanceOf(Json.Invalid.class)
                .hasMessageStartingWith("Invalid JSON");
    }

    @Test
    void brokenUtf8IsRefused() {
        byte[] bytes = {'"', (byte) 0xC3, '"'};
        assertThatThrownBy(() -> Json.parse(bytes)).isInstanceOf(Json.Invalid.class);
    }

    @Test
    void deepNestingIsRefusedWithoutRunningOutOfStack() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        assertThatThrownBy(() -> roundTrip(deep)).isInstanceOf(Json.Invalid.class);
    }

    @Test
    void numbersThatADoubleHoldsAreKept() throws Json.Invalid {
        assertThat(Json.parse("1.7976931348623157e308".getBytes(UTF_8)).decimalValue())
                .isEqualByComparingTo("1.7976931348623157e308");
    }

    private static List<String> elements(String json) throws Json.Invalid {
        List<String> elements = new ArrayList<>();
        ObjectNode rest = Json.parseObject(json.getBytes(UTF_8), "list", (index, element) -> {
            assertThat(index).isEqualTo(elements.size());
            elements.add(element.toString());
        });
        elements.add(rest.toString());
        return elements;
    }

    @Test
    void elementsOfTheListAreGivenAwayAndTheRestIsKept() throws Json.Invalid {
        assertThat(elements("{\"a\":[1],\"list\":[{\"b\":600.00},null,[2]],\"c\":{\"list\":[3]}}"))
                .containsExactly("{\"b\":600.00}", "null", "[2]", "{\"a\":[1],\"c\":{\"list\":[3]}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"list\":[]}", "{\"list\":null}", "{\"list\":{\"a\":1}}"})
    void whatIsNoListWithElementsIsKept(String json) throws Json.Invalid {
        assertThat(elements(json)).containsExactly(json);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"list\":[1",
                "{\"list\":[1]",
                "{\"list\":[1]} x",
                "{\"list\":[1]}{}",
                "{\"list\":[1],}",
                "{\"list\":[1}}"
            })
    void whatIsNoJsonIsRefusedAlsoBehindElements(String json) {
        assertThatThrownBy(() -> elements(json))
                .isInstanceOf(Json.Invalid.class)
                .hasMessageStartingWith("Invalid JSON");
    }

    @Test
    void placeOfWhatCannotBeStoredIsNamedInAnElementToo() {
        assertThatThrownBy(() -> elements("{\"list\":[1,{\"a\":\"\\u0000\"}]}")).hasMessageEndingWith("in list[1].a");
        assertThatThrownBy(() -> elements("{\"a\":\"\\u0000\"}")).hasMessageEndingWith("in a");
        assertThatThrownBy(() -> elements("{\"list\":[1],\"list\":[2]}")).hasMessageContaining("twice");
        assertThatThrownBy(() -> elements("[]")).hasMessageContaining("must be a JSON object");
    }

    @Test
    void numbersThatWouldFillTheMemoryAreRefusedAlsoOverManyElements() {
        String numbers = "1e399,".repeat(6_000);

        assertThatThrownBy(() -> elements("{\"list\":[" + numbers + "1]}")).hasMessageContaining("too long");
    }
}
