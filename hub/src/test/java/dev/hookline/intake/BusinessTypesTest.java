package dev.hookline.intake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.BusinessEvents;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Json;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BusinessTypesTest {
    private final BusinessTypes types = new BusinessTypes(BusinessEvents.builtIn());

    private static EventData event(String model, Operation operation, String type, String payload) {
        return new EventData(
                "default",
                "erp",
                model,
                7L,
                "7",
                operation,
                type,
                Priority.MEDIUM,
                EventData.BUSINESS,
                Instant.EPOCH,
                null,
                payload,
                payload,
                true);
    }

    private static ObjectNode object(String json) {
        return (ObjectNode) Json.read(json);
    }

    @Test
    void asksForTheStateBeforeAChangeThatRulesAreAbout() {
        assertThat(types.asksForState(event("sale.order", Operation.WRITE, "sale.order.write", "{}")))
                .isTrue();
        assertThat(types.asksForState(event("sale.order", Operation.CREATE, "sale.order.create", "{}")))
                .isFalse();
        assertThat(types.asksForState(event("sale.order", Operation.UNLINK, "sale.order.unlink", "{}")))
                .isFalse();
        assertThat(types.asksForState(event("stock.picking", Operation.WRITE, "stock.picking.write", "{}")))
                .isFalse();
    }

    @Test
    void putsTheDataOfTheTypeBesideTheRecordsFields() {
        String payload = "{\"state\":\"sale\",\"amount_total\":10.50}";

        EventData settled = types.settle(
                event("sale.order", Operation.WRITE, "sale.order.write", payload),
                object(payload),
                object("{\"state\":\"draft\",\"name\":\"S1\"}"),
                7L);

        assertThat(settled.eventType()).isEqualTo("sales_order.confirmed");
        assertThat(settled.typeByRules()).isFalse();
        assertThat(settled.payload()).startsWith("{\"state\":\"sale\",\"amount_total\":10.50,\"_business\":{");
        assertThat(Json.read(settled.typeData()))
                .isEqualTo(object(
                        "{\"order_id\":\"7\",\"order_number\":\"S1\",\"amount\":\"10.50\",\"currency\":\"USD\"}"));
        assertThat(settled.recordPatch()).isEqualTo(payload);
        assertThat(settled.sentPayload()).isEqualTo(payload);
    }

    @Test
    void dataIsWrittenIntoAnEmptyPayloadAndOverASendersOwn() {
        for (String payload : new String[] {"{}", "{\"_business\":1}"}) {
            EventData settled = types.settle(
                    event("res.partner", Operation.CREATE, "res.partner.create", payload), Json.object(), null, 7L);

            assertThat(Json.read(settled.payload()).at("/_business/customer_id").asText())
                    .isEqualTo("7");
            assertThat(Json.read(settled.payload()).size()).isOne();
        }
    }

    @Test
    void anOrderThatWasNotThereIsCreatedAndAnotherKeepsItsTypeWhereNoRuleMatches() {
        String payload = "{\"order_number\":\"A\"}";
        EventData order = event("order", Operation.WRITE, "order.received", payload);

        EventData created = types.settle(order, object(payload), null, 3L);
        EventData changed = types.settle(order, object(payload), object("{\"order_number\":\"A\"}"), 3L);

        assertThat(created.operation()).isEqualTo(Operation.CREATE);
        assertThat(created.eventType()).isEqualTo("sales_order.created");
        assertThat(Json.read(created.typeData()).path("order_id").asText()).isEqualTo("3");
        assertThat(changed.operation()).isEqualTo(Operation.WRITE);
        assertThat(changed.eventType()).isEqualTo("order.received");
        assertThat(changed.typeData()).isEqualTo(payload);
    }

    @Test
    void payloadsThatOnlyMentionTheWordAreTheirOwnData() {
        EventData event =
                event("note", Operation.WRITE, "note.write", "{\"text\":\"\\\"_business\\\"\",\"_business\":2}");

        assertThat(event.typeData()).isEqualTo(event.payload());
        assertThat(event.sentPayload()).isEqualTo("{\"text\":\"\\\"_business\\\"\"}");
    }
}
