package dev.hookline.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaRulesTest {
    private static ObjectNode json(String text) {
        return (ObjectNode) Json.read(text.replace('`', '"'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{`type`:`object`,`properties`:{`$ref`:{`type`:`string`},`$id`:{`type`:`string`}}}",
                "{`$schema`:`https://json-schema.org/draft/2020-12/schema`,`properties`:{`a`:{`$ref`:`#/$defs/a`}},`$defs`:{`a`:{`type`:`string`}}}",
                "{`properties`:{`a`:{`enum`:[{`$ref`:`#`}]}}}",
                "{`properties`:{`a`:{`pattern`:`^(a+)+$`}}}"
            })
    void takesWhatIsBounded(String schema) {
        assertThat(SchemaRules.refusal(json(schema))).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{`type`:`objekt`} | not a valid JSON Schema",
                "{`required`:`a`} | not a valid JSON Schema",
                "{`$schema`:`http://json-schema.org/draft-07/schema#`} | '$schema' must be",
                "{`properties`:{`a`:{`$ref`:`#/properties/a`}}} | refers to itself",
                "{`$defs`:{`t`:{`items`:{`$ref`:`#/$defs/t`}}},`$ref`:`#/$defs/t`} | refers to itself",
                "{`$ref`:`#`} | not in this schema",
                "{`$ref`:`#/$defs/none`} | not in this schema",
                "{`$ref`:`https://example.com/schema.json`} | not in this schema",
                "{`items`:{`$id`:`https://example.com/a`}} | '$id' is not supported",
                "{`properties`:{`a`:{`pattern`:`(?=a)b`}}} | the pattern '(?=a)b' is not supported",
                "{`patternProperties`:{`(`:{}}} | the pattern '(' is not supported"
            })
    void refusesWhatIsNot(String schema, String reason) {
        assertThat(SchemaRules.refusal(json(schema))).contains(reason);
    }

    @Test
    void refusesOneThatGrowsWithoutBound() {
        StringBuilder definitions = new StringBuilder("{`$ref`:`#/$defs/d0`,`$defs`:{");
        for (int i = 0; i < 30; i++) {
            definitions.append(
                    "`d%d`:{`allOf`:[{`$ref`:`#/$defs/d%d`},{`$ref`:`#/$defs/d%d`}]},".formatted(i, i + 1, i + 1));
        }
        String schema = definitions.append("`d30`:{`type`:`object`}}}").toString();

        assertThat(SchemaRules.refusal(json(schema))).contains("more than 1000 subschemas");
    }

    @Test
    void patternThatWouldTakeForeverTakesNoTime() {
        PayloadSchema schema = PayloadSchema.untrusted(json("{`properties`:{`a`:{`pattern`:`^(a+)+$`}}}"));

        List<Violation> violations = schema.check(json("{`a`:`" + "a".repeat(50_000) + "!`}"));

        assertThat(violations).extracting(Violation::path).containsExactly("a");
    }

    @Test
    void violationNamesItsPlace() {
        PayloadSchema schema = PayloadSchema.untrusted(json(
                "{`properties`:{`items`:{`items`:{`required`:[`sku`],`properties`:{`price`:{`type`:`string`}}}}}}"));

        List<Violation> violations = schema.check(json("{`items`:[{`sku`:`a`},{`price`:5}]}"));

        assertThat(violations).extracting(Violation::path).containsExactlyInAnyOrder("items[1].sku", "items[1].price");
    }
}
