package dev.hookline.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BuiltInTypesTest {
    private final TenantCatalogue catalogue = new TenantCatalogue(0, Validation.WARN, List.of());

    @Test
    void areTheSeventeenOfTheSeedAndTheOperationalOnes() {
        assertThat(BuiltInTypes.ALL)
                .extracting(EventType::name)
                .containsExactlyInAnyOrder(
                        "invoice.created",
                        "invoice.sent",
                        "invoice.authorized",
                        "invoice.rejected",
                        "invoice.cancelled",
                        "payment.received",
                        "payment.failed",
                        "customer.created",
                        "customer.updated",
                        "sales_order.created",
                        "sales_order.confirmed",
                        "sales_order.cancelled",
                        "inventory.low",
                        "inventory.updated",
                        "document.updated",
                        "error.occurred",
                        "purchase_order.created",
                        "webhook.delivery.dead",
                        "webhook.subscription.disabled");
    }

    @Test
    void samplesAreAsTheirSchemasSay() {
        for (EventType type : BuiltInTypes.ALL) {
            assertThat(type.sample()).isNotNull();
            assertThat(catalogue.check(type.name(), type.sample()))
                    .as(type.name())
                    .isEmpty();
        }
    }

    @Test
    void schemasAreSuchAsATenantMayBringToo() {
        for (EventType type : BuiltInTypes.ALL) {
            assertThat(SchemaRules.refusal(type.schema())).as(type.name()).isNull();
        }
    }

    @Test
    void takeTheParametersOfTheSeedsServices() {
        Map<String, List<String>> parameters = new TreeMap<>(Map.of(
                "payment.received",
                List.of("payment_id", "invoice_id", "amount", "currency", "payment_method", "reference_number"),
                "payment.failed",
                List.of("payment_id", "invoice_id", "amount", "currency", "reason", "error_code"),
                "customer.created",
                List.of("customer_id", "customer_name", "customer_email", "customer_phone", "customer_type"),
                "customer.updated",
                List.of("customer_id", "customer_name", "customer_email", "customer_phone", "changes"),
                "sales_order.created",
                List.of(
                        "order_id",
                        "order_number",
                        "customer_id",
                        "customer_name",
                        "amount",
                        "currency",
                        "items_count"),
                "sales_order.confirmed",
                List.of("order_id", "order_number", "customer_id", "customer_name", "amount", "currency"),
                "sales_order.cancelled",
                List.of("order_id", "order_number", "reason")));

        parameters.forEach((name, fields) -> {
            EventType type = catalogue.find(name);
            assertThat(type.schema().path("properties").fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrderElementsOf(fields);
            assertThat(type.sample().fieldNames()).toIterable().containsExactlyElementsOf(fields);
        });
    }

    @Test
    void amountIsATextOfDigits() {
        ObjectNode payload = catalogue.find("payment.received").sample().deepCopy();

        payload.put("amount", 1500.00);

        assertThat(catalogue.check("payment.received", payload))
                .containsExactly(new Violation("amount", "number found, string expected"));
    }

    @Test
    void missingFieldIsNamed() {
        ObjectNode payload = catalogue.find("sales_order.cancelled").sample().deepCopy();

        payload.remove("order_number");

        assertThat(catalogue.check("sales_order.cancelled", payload))
                .extracting(Violation::path)
                .containsExactly("order_number");
    }

    @Test
    void unknownTypeIsNoViolation() {
        assertThat(catalogue.check(
                        "shipment.delivered", catalogue.find("error.occurred").sample()))
                .isNull();
    }
}
