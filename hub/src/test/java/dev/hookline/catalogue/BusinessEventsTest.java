package dev.hookline.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BusinessEventsTest {
    private static final String ORDER = """
            {"id":42,"name":"S00042","partner_id":[7,"Acme Corp"],"amount_total":5000.0,"currency_id":[2,"EUR"],
             "order_line":[1,2,3],"state":"draft"}""";

    private final BusinessEvents events = BusinessEvents.builtIn();
    private final TenantCatalogue catalogue = new TenantCatalogue(0, Validation.REFUSE, List.of());

    private static ObjectNode json(String text) {
        return (ObjectNode) Json.read(text.replace('`', '"'));
    }

    private static Change change(String model, String operation, String payload, @Nullable String previous) {
        return new Change(
                model,
                Operation.valueOf(operation.toUpperCase(Locale.ROOT)),
                null,
                json(payload),
                previous == null ? null : json(previous));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // model | operation | payload | before | event type
                "sale.order | create | {`id`:1,`state`:`draft`} | | sales_order.created",
                "sale.order | create | {`id`:1,`state`:`sale`} | | sales_order.created",
                "sale.order | write | {`state`:`sale`} | {`state`:`draft`} | sales_order.confirmed",
                "sale.order | write | {`state`:`sale`} | | sales_order.confirmed",
                "sale.order | write | {`state`:`sale`,`note`:`x`} | {`state`:`sale`} | sale.order.write",
                "sale.order | write | {`state`:`cancel`} | {`state`:`sale`} | sales_order.cancelled",
                "sale.order | write | {`state`:`sent`} | {`state`:`draft`} | sale.order.write",
                "sale.order | unlink | {`id`:1} | {`state`:`cancel`} | sale.order.unlink",
                "account.move | create | {`id`:1,`move_type`:`out_invoice`,`state`:`draft`} | | invoice.created",
                "account.move | create | {`id`:1} | | invoice.created",
                "account.move | create | {`id`:1,`move_type`:`in_invoice`} | | account.move.create",
                "account.move | create | {`id`:1,`move_type`:`entry`} | | account.move.create",
                "account.move | write | {`state`:`posted`} | {`move_type`:`out_invoice`,`state`:`draft`} | invoice.authorized",
                "account.move | write | {`state`:`posted`} | {`move_type`:`in_invoice`,`state`:`draft`} | account.move.write",
                "account.move | write | {`state`:`cancel`} | {`state`:`posted`} | invoice.cancelled",
                "account.move | write | {`is_move_sent`:true} | {`is_move_sent`:false} | invoice.sent",
                "account.move | write | {`edi_blocking_level`:`error`} | {`edi_blocking_level`:false} | invoice.rejected",
                "account.payment | create | {`state`:`draft`,`payment_type`:`inbound`} | | account.payment.create",
                "account.payment | create | {`state`:`posted`,`payment_type`:`inbound`} | | payment.received",
                "account.payment | write | {`state`:`posted`} | {`state`:`draft`} | payment.received",
                "account.payment | write | {`state`:`in_process`} | {`state`:`draft`} | payment.received",
                "account.payment | write | {`state`:`paid`} | {`state`:`in_process`} | account.payment.write",
                "account.payment | write | {`state`:`cancel`} | {`state`:`rejected`} | account.payment.write",
                "account.payment | write | {`state`:`posted`} | {`state`:`draft`,`payment_type`:`outbound`} | account.payment.write",
                "account.payment | write | {`state`:`rejected`} | {`state`:`in_process`} | payment.failed",
                "account.payment | write | {`state`:`cancel`} | {`state`:`posted`} | payment.failed",
                "res.partner | create | {`id`:7,`name`:`Acme`} | | customer.created",
                "res.partner | write | {`email`:`a@example.com`} | | customer.updated",
                "res.partner | unlink | {`id`:7} | | res.partner.unlink",
                "crm.lead | create | {`id`:7,`name`:`Wants a lamp`} | | customer.created",
                "crm.lead | write | {`phone`:`1`} | | customer.updated",
                "purchase.order | create | {`id`:9,`name`:`P00009`} | | purchase_order.created",
                "purchase.order | write | {`state`:`purchase`} | | purchase.order.write",
                "stock.quant | write | {`quantity`:9} | {`quantity`:10} | inventory.low",
                "stock.quant | write | {`quantity`:8} | {`quantity`:9} | inventory.updated",
                "stock.quant | write | {`quantity`:10} | {`quantity`:12} | inventory.updated",
                "stock.quant | write | {`quantity`:15.0} | {`quantity`:30,`product_min_qty`:20} | inventory.low",
                "stock.quant | write | {`quantity`:9} | {`quantity`:9.0} | stock.quant.write",
                "stock.quant | create | {`quantity`:3} | | inventory.low",
                "stock.quant | write | {`reserved_quantity`:1} | {`quantity`:3} | stock.quant.write",
                "product.product | write | {`qty_available`:2} | {`qty_available`:20} | inventory.low",
                "product.product | write | {`qty_available`:30} | {`qty_available`:20} | inventory.updated",
                "product.product | write | {`list_price`:30} | {`list_price`:20} | product.product.write",
                "ir.attachment | write | {`name`:`contract.pdf`} | | document.updated",
                "order | create | {`order_number`:`12345`} | | sales_order.created",
                "order | write | {`status`:`confirmed`} | {`status`:`pending`} | sales_order.confirmed",
                "order | write | {`status`:`verified`} | {`status`:`pending`} | sales_order.confirmed",
                "order | write | {`status`:`canceled`} | {`status`:`verified`} | sales_order.cancelled",
                "order | write | {`status`:`shipped`} | {`status`:`verified`} | order.write",
                "fleet.vehicle | write | {`id`:1} | | fleet.vehicle.write"
            })
    void changeHasTheType(String model, String operation, String payload, String previous, String type) {
        assertThat(events.typeOf(change(model, operation, payload, previous))).isEqualTo(type);
    }

    @Test
    void listOfChangedFieldsSaysWhatChangedWhereTheStateBeforeIsUnknown() {
        Change other = new Change(
                "sale.order", Operation.WRITE, List.of("note"), json(ORDER).put("state", "sale"), null);
        Change state = new Change(
                "sale.order", Operation.WRITE, List.of("state"), json(ORDER).put("state", "sale"), null);

        assertThat(events.typeOf(other)).isEqualTo("sale.order.write");
        assertThat(events.typeOf(state)).isEqualTo("sales_order.confirmed");
    }

    @Test
    void dataHasTheShapeOfTheCatalogue() {
        var derived = events.derive(change("sale.order", "create", ORDER, null)).orElseThrow();

        assertThat(derived.eventType()).isEqualTo("sales_order.created");
        assertThat(derived.data()).isEqualTo(json("""
                        {"order_id":"42","order_number":"S00042","customer_id":"7","customer_name":"Acme Corp",
                         "amount":"5000.00","currency":"EUR","items_count":3}"""));
    }

    @Test
    void dataIsTakenFromTheStateBeforeWhereTheChangeIsPartial() {
        var derived = events.derive(change("sale.order", "write", "{`state`:`sale`}", ORDER))
                .orElseThrow();

        assertThat(derived.data().path("order_number").textValue()).isEqualTo("S00042");
        assertThat(derived.data().path("amount").textValue()).isEqualTo("5000.00");
    }

    @Test
    void changesHoldOnlyWhatChanged() {
        var derived = events.derive(change(
                        "res.partner",
                        "write",
                        "{`id`:7,`name`:`Acme`,`email`:`new@example.com`}",
                        "{`id`:7,`name`:`Acme`,`email`:`old@example.com`}"))
                .orElseThrow();

        assertThat(derived.data().get("changes")).isEqualTo(json("{`email`:`new@example.com`}"));
    }

    @Test
    void lowStockSaysTheThreshold() {
        var derived = events.derive(change(
                        "stock.quant",
                        "write",
                        "{`quantity`:3.0}",
                        "{`quantity`:12,`product_id`:[5,`Desk lamp`],`location_id`:[8,`WH/Stock`]}"))
                .orElseThrow();

        assertThat(derived.data())
                .isEqualTo(
                        json(
                                "{`product_id`:`5`,`product_name`:`Desk lamp`,`quantity`:`3`,`threshold`:`10`,`location`:`WH/Stock`}"));
    }

    static Stream<Change> completeChanges() {
        String partner = "`partner_id`:{`id`:7,`display_name`:`Acme`}";
        return Stream.of(
                change("sale.order", "create", ORDER, null),
                change("sale.order", "write", "{`state`:`sale`}", ORDER),
                change("sale.order", "write", "{`state`:`cancel`}", ORDER),
                change(
                        "account.move",
                        "create",
                        "{`id`:3,`name`:`INV/1`,`amount_total`:`12.5`,`create_date`:`2024-02-14 15:30:45`," + partner
                                + "}",
                        null),
                change("account.move", "write", "{`id`:3,`name`:`INV/1`,`state`:`posted`,`amount_total`:7}", null),
                change(
                        "account.payment",
                        "write",
                        "{`id`:4,`state`:`paid`,`amount`:99.9,`reconciled_invoice_ids`:[3],`ref`:false}",
                        null),
                change("account.payment", "write", "{`id`:4,`state`:`rejected`,`amount`:99.9}", null),
                change("res.partner", "create", "{`id`:7,`name`:`Acme`,`email`:false}", null),
                change("res.partner", "write", "{`id`:7,`name`:`Acme`}", null),
                change("crm.lead", "create", "{`id`:7,`name`:`Wants a lamp`}", null),
                change("purchase.order", "create", "{`id`:9,`name`:`P9`,`amount_total`:3," + partner + "}", null),
                change("stock.quant", "write", "{`id`:1,`quantity`:3,`product_id`:[5,`Lamp`]}", null),
                change("stock.quant", "write", "{`id`:1,`quantity`:30,`product_id`:[5,`Lamp`]}", null),
                change("product.product", "write", "{`id`:1,`qty_available`:3}", null),
                change("ir.attachment", "write", "{`id`:1,`name`:`a.pdf`}", null),
                change("order", "create", "{`order_number`:`1`,`total`:`12`,`quantity`:2}", null),
                change("order", "write", "{`order_number`:`1`,`total`:12.5,`status`:`confirmed`}", null),
                change("order", "write", "{`order_number`:`1`,`status`:`cancelled`}", null));
    }

    @ParameterizedTest
    @MethodSource("completeChanges")
    void derivedDataIsAsTheSchemaSays(Change change) {
        var derived = events.derive(change).orElseThrow();

        assertThat(catalogue.check(derived.eventType(), derived.data())).isEmpty();
    }

    @Test
    void everyRuleLeadsToATypeOfTheCatalogue() {
        Set<String> ofTheHub = Set.of("error.occurred", "webhook.delivery.dead", "webhook.subscription.disabled");
        for (EventType type : BuiltInTypes.ALL) {
            if (!ofTheHub.contains(type.name())) {
                assertThat(events.sourcesOf(type.name())).as(type.name()).isNotEmpty();
            }
        }
    }
}
