package dev.hookline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
    @Test
    void writesEveryKindOfValue() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("text", "a \"b\" \\ \n \u0001 é \uD83D\uDE00");
        value.put("numbers", List.of(1, 2L, 0.5, new BigDecimal("1E+3")));
        value.put("rest", Arrays.asList(true, null, Map.of()));

        assertThat(JsonText.write(value))
                .isEqualTo("{\"text\":\"a \\\"b\\\" \\\\ \\u000a \\u0001 é \uD83D\uDE00\","
                        + "\"numbers\":[1,2,0.5,1000],\"rest\":[true,null,{}]}");
    }

    @Test
    void readsWhatItWrites() throws Exception {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("a", List.of(new BigDecimal("1.50"), "x\ty", Map.of("b", List.of())));
        value.put("c", null);

        assertThat(JsonText.readObject(JsonText.write(value))).isEqualTo(value);
    }

    @Test
    void readsEscapesAndSpace() throws Exception {
        assertThat(JsonText.readObject(" { \"a\" : \"\\u00e9\\n\\/\" , \"b\" : [ 1 , -2e3 ] } "))
                .isEqualTo(Map.of("a", "é\n/", "b", List.of(new BigDecimal("1"), new BigDecimal("-2e3"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":1}x",
                "{\"a\":\"\\u12\"}",
                "{\"a\":nul}"
            })
    void refusesWhatIsNoObject(String text) {
        assertThatThrownBy(() -> JsonText.readObject(text)).isInstanceOf(JsonText.Invalid.class);
    }

    @Test
    void refusesWhatIsTooDeep() {
        assertThatThrownBy(() -> JsonText.readObject("{\"a\":" + "[".repeat(10_000)))
                .isInstanceOf(JsonText.Invalid.class);
    }
}
