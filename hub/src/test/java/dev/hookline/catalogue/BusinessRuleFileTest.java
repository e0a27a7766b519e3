package dev.hookline.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BusinessRuleFileTest {
    private static final String OWN = """
            {"rules":[{"type":"ticket.solved","model":"helpdesk.ticket","when":{"becomes":{"stage":["Solved"]}},
                       "data":{"ticket_id":"id"}},
                      {"type":"deal.won","model":"sale.order","when":{"becomes":{"state":["sale"]}}}]%s}""";

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("rules.json"), text);
    }

    private static Change confirmed() {
        return new Change("sale.order", Operation.WRITE, null, Json.object().put("state", "sale"), null);
    }

    private static Change created() {
        return new Change("sale.order", Operation.CREATE, null, Json.object().put("id", 1), null);
    }

    @Test
    void ownRulesComeBeforeTheBuiltInOnes() throws IOException {
        BusinessEvents events = BusinessEvents.read(file(OWN.formatted("")));

        assertThat(events.typeOf(confirmed())).isEqualTo("deal.won");
        assertThat(events.typeOf(created())).isEqualTo("sales_order.created");
    }

    @Test
    void ownRulesReplaceTheBuiltInOnes() throws IOException {
        BusinessEvents events = BusinessEvents.read(file(OWN.formatted(",\"built_in\":false")));

        assertThat(events.typeOf(confirmed())).isEqualTo("deal.won");
        assertThat(events.typeOf(created())).isEqualTo("sale.order.create");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "[] | The body must be a JSON object",
                "{ | Invalid JSON at line 1",
                "{} | 'rules' must be a list",
                "{`rule`:[]} | 'rule' is not known here",
                "{`rules`:[{`model`:`a`}]} | 'rules[0].type' must be a text",
                "{`rules`:[{`type`:`Sold`,`model`:`a`}]} | 'rules[0].type' must be two or more parts",
                "{`rules`:[{`type`:`a.b`}]} | 'rules[0].model' must be a text",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`when`:{`beomes`:{}}}]} | 'rules[0].when.beomes' is not known here",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`when`:{`operation`:[`update`]}}]} | 'rules[0].when.operation' knows create",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`when`:{`becomes`:{`state`:`sale`}}}]} | 'rules[0].when.becomes.state' must be a list",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`when`:{`becomes`:{`state`:[{}]}}}]} | 'rules[0].when.becomes.state' must hold",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`when`:{`below`:{`field`:`q`}}}]} | 'rules[0].when.below.threshold' is missing",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`data`:{`x`:`sum(lines)`}}]} | 'rules[0].data.x' is \"sum(lines)\"",
                "{`rules`:[{`type`:`a.b`,`model`:`a`,`data`:{`x`:`id()`}}]} | 'rules[0].data.x' is \"id()\""
            })
    void mistakeIsNamedWithItsPlace(String text, String message) throws IOException {
        Path file = file(text.replace('`', '"'));

        assertThatThrownBy(() -> BusinessEvents.read(file))
                .isInstanceOf(BusinessEvents.Invalid.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void missingFileIsNamed() {
        Path file = folder.resolve("none.json");

        assertThatThrownBy(() -> BusinessEvents.read(file)).hasMessageContaining(file + " cannot be read");
    }
}
