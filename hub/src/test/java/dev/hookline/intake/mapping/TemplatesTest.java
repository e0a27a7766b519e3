package dev.hookline.intake.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The mappings that come with the hub, on bodies of the shapes that their senders send. */
class TemplatesTest {
    private static JsonNode payload(String name) {
        try (InputStream in = TemplatesTest.class.getResourceAsStream("/payloads/" + name + ".json")) {
            return Json.parse(Objects.requireNonNull(in).readAllBytes());
        } catch (IOException | Json.Invalid e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Mapped> all(String template, JsonNode payload, Map<String, String> headers) throws Problem {
        Map<String, String> anyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        anyCase.putAll(headers);
        return Mapping.template(template).mapAll(payload, anyCase::get, name -> null);
    }

    private static Mapped one(String template, JsonNode payload, Map<String, String> headers) throws Problem {
        List<Mapped> events = all(template, payload, headers);
        assertThat(events).hasSize(1);
        return events.getFirst();
    }

    private static Mapped odoo(String body) throws Problem {
        return one("odoo", Json.read(body), Map.of());
    }

    private static void assertFields(Mapped mapped, String fields) {
        Json.read(fields)
                .properties()
                .forEach(field -> assertThat(mapped.payload().get(field.getKey()))
                        .as(field.getKey())
                        .isEqualTo(field.getValue()));
    }

    @Test
    void shopifysOrder() throws Problem {
        Mapped order = one(
                "shopify-order",
                payload("shopify-orders-create"),
                Map.of("X-Shopify-Topic", "orders/create", "X-Shopify-Event-Id", "e-1", "X-Shopify-Webhook-Id", "w-1"));

        assertThat(order.model()).isEqualTo("order");
        assertThat(order.recordKey()).isEqualTo("1042");
        assertThat(order.operation()).isEqualTo(Operation.CREATE);
        assertThat(order.eventType()).isEqualTo("order.created");
        assertThat(order.deduplicationKey()).isEqualTo("w-1");
        assertThat(order.occurredAt()).isEqualTo(Instant.parse("2026-03-04T23:05:12Z"));
        assertFields(order, """
                {"order_number": "1042", "product": "Trail Shoe - 39", "price": 64.90, "total": 69.85, "quantity": 1,
                 "email": "lena@example.com", "customer_name": "Lena Vogt", "reference_number": "#1042",
                 "status": "paid", "order_date": "2026-03-04T23:05:11Z", "currency": "EUR"}""");
        assertThat(order.payload().path("line_items")).hasSize(1);
    }

    @Test
    void shopifysWebhooksOfOneEventAreEachOneOfTheirOwn() throws Problem {
        JsonNode order = payload("shopify-orders-create");
        Map<String, String> paid =
                Map.of("X-Shopify-Topic", "orders/paid", "X-Shopify-Event-Id", "e-1", "X-Shopify-Webhook-Id", "w-2");

        assertThat(one("shopify-order", order, paid).deduplicationKey()).isEqualTo("w-2");
        assertThat(one("shopify-order", order, Map.of("X-Shopify-Event-Id", "e-1"))
                        .deduplicationKey())
                .isNull();
    }

    @Test
    void shopifysDeletionKnowsOnlyAnId() throws Problem {
        Mapped order =
                one("shopify-order", Json.read("{\"id\":450789469001}"), Map.of("X-Shopify-Topic", "orders/delete"));

        assertThat(order.operation()).isEqualTo(Operation.UNLINK);
        assertThat(order.recordKey()).isEqualTo("450789469001");
        assertThat(order.recordPatch().path("id").asLong()).isEqualTo(450_789_469_001L);
    }

    @Test
    void wooCommercesOrder() throws Problem {
        Mapped order = one(
                "woocommerce-order",
                payload("woocommerce-order-created"),
                Map.of("X-WC-Webhook-Topic", "order.created", "X-WC-Webhook-Delivery-ID", "d-1"));

        assertThat(order.recordKey()).isEqualTo("727");
        assertThat(order.operation()).isEqualTo(Operation.CREATE);
        assertThat(order.eventType()).isEqualTo("order.created");
        assertThat(order.deduplicationKey()).isEqualTo("d-1");
        assertFields(order, """
                {"order_number": "727", "product": "Single #1", "price": 3, "total": 29.35, "quantity": 2,
                 "email": "paul@example.com", "customer_name": "Paul Kern", "status": "processing",
                 "order_date": "2026-03-22T16:28:02Z"}""");
    }

    @Test
    void githubsPushAndItsPing() throws Problem {
        Mapped push = one(
                "github-push",
                payload("github-push"),
                Map.of("X-GitHub-Event", "push", "X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"));

        assertThat(push.model()).isEqualTo("repository");
        assertThat(push.recordKey()).isEqualTo("acme/stock");
        assertThat(push.eventType()).isEqualTo("github.push");
        assertThat(push.deduplicationKey()).startsWith("72d3162e");
        assertThat(push.occurredAt()).isEqualTo(Instant.parse("2026-03-04T18:05:09Z"));
        assertThat(push.payload()).isEqualTo(Json.read("""
                        {"repository": "acme/stock", "url": "https://github.com/acme/stock", "ref": "refs/heads/main",
                         "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
                         "after": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
                         "compare": "https://github.com/acme/stock/compare/6113728f27ae...0d1a26e67d8f",
                         "pusher": "mira", "head_message": "Count shelves too",
                         "commits": ["2c9e5d1f0b7a4c3d8e6f5a4b3c2d1e0f9a8b7c6d", "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c"]}"""));
        assertThat(all("github-push", Json.read("{\"zen\":\"Keep it\"}"), Map.of("X-GitHub-Event", "ping")))
                .isEmpty();
    }

    // ---- Odoo -------------------------------------------------------------------------------------------------------

    @Test
    void theModulesEvent() throws Problem {
        Mapped event = odoo("""
                {"event_id": 42, "model": "sale.order", "record_id": 7, "event": "create",
                 "timestamp": "2025-11-16T10:30:00", "priority": "high", "category": "system",
                 "data": {"name": "S00007", "partner_id": false}, "changed_fields": ["name"],
                 "user_id": 2, "user_name": "Ann", "_webhook_metadata": {"rule": 1}}""");

        assertThat(event.model()).isEqualTo("sale.order");
        assertThat(event.recordId()).isEqualTo(7);
        assertThat(event.operation()).isEqualTo(Operation.CREATE);
        assertThat(event.eventType()).isEqualTo("sale.order.create");
        assertThat(event.priority()).isEqualTo(Priority.HIGH);
        assertThat(event.category()).isEqualTo("system");
        assertThat(event.occurredAt()).isEqualTo(Instant.parse("2025-11-16T10:30:00Z"));
        assertThat(event.deduplicationKey()).isEqualTo("42");
        assertThat(event.changedFields()).containsExactly("name");
        assertThat(event.payload()).isEqualTo(Json.read("""
                {"_webhook_metadata": {"rule": 1}, "_event_id": 42, "_user_id": 2, "_user_name": "Ann",
                 "name": "S00007", "partner_id": false}"""));
        assertThat(event.recordPatch()).isEqualTo(Json.read("{\"name\":\"S00007\",\"partner_id\":false}"));
    }

    @Test
    void theModulesRecordMayHaveFieldsNamedLikeAnEvents() throws Problem {
        Mapped event = odoo("""
                {"id": 9, "model": "res.partner", "record_id": 3, "event": "odd", "test": true, "subject": false,
                 "_metadata": {"model": "mail.message", "id": 9, "rule_id": 1},
                 "_changed_fields": ["subject"],
                 "_webhook_metadata": {"event_id": 43, "event_type": "write", "model": "mail.message", "record_id": 9,
                                       "timestamp": "2025-11-16T10:30:00.123456"}}""");

        assertThat(event.model()).isEqualTo("mail.message");
        assertThat(event.recordId()).isEqualTo(9);
        assertThat(event.operation()).isEqualTo(Operation.WRITE);
        assertThat(event.deduplicationKey()).isEqualTo("43");
        assertThat(event.changedFields()).containsExactly("subject");
        assertThat(event.payload().has("_webhook_metadata")).isTrue();
        assertThat(event.recordPatch()).isEqualTo(Json.read("""
                {"id": 9, "model": "res.partner", "record_id": 3, "event": "odd", "test": true, "subject": false}"""));
    }

    @Test
    void theModulesBatchAndItsTests() throws Problem {
        String event = "{\"model\":\"sale.order\",\"record_id\":%d,\"event\":\"write\",\"event_id\":%d}";
        String batch = "{\"batch\":true,\"timestamp\":\"2025-11-16T10:30:00\",\"events\":[" + event.formatted(1, 50)
                + "," + event.formatted(-1, 51) + "," + event.formatted(2, 52) + "]}";

        assertThat(all("odoo", Json.read(batch), Map.of()))
                .extracting(Mapped::recordKey)
                .containsExactly("1", "2");
        for (String test : List.of(
                "{\"test\":true,\"message\":\"Connection test from Odoo Webhook Module\",\"timestamp\":\"t\",\"subscriber\":\"x\"}",
                event.formatted(-1, 53),
                "{\"model\":\"sale.order\",\"record_id\":5,\"event\":\"write\",\"data\":{\"_test_event\":true}}")) {
            assertThat(all("odoo", Json.read(test), Map.of())).as(test).isEmpty();
        }
    }

    @Test
    void odoosOwnAction() throws Problem {
        JsonNode body = Json.read("""
                {"_action": "Notify(#12)", "_id": 7, "_model": "sale.order", "id": 7, "name": "S00007",
                 "partner_id": 3, "order_line": [1, 2], "note": false, "model": "odd", "event": "odd",
                 "write_date": "2024-01-31 10:00:00"}""");
        Mapped event = one("odoo", body, Map.of());

        assertThat(event.model()).isEqualTo("sale.order");
        assertThat(event.recordId()).isEqualTo(7);
        assertThat(event.operation()).isEqualTo(Operation.WRITE);
        assertThat(event.occurredAt()).isEqualTo(Instant.parse("2024-01-31T10:00:00Z"));
        assertThat(event.payload()).isEqualTo(body);
        assertThat(event.deduplicationKey()).isNull();
        assertThat(Mapping.template("odoo-native")
                        .map(body, name -> null, name -> name.equals("operation") ? "unlink" : null)
                        .operation())
                .isEqualTo(Operation.UNLINK);
    }

    @Test
    void aWrongFieldOfOdooIsNamed() {
        Map<String, String> wrong = Map.of(
                "{\"model\":\"m\",\"record_id\":\"x\",\"event\":\"write\"}", "record_id",
                "{\"model\":\"m\",\"record_id\":1.5,\"event\":\"write\"}", "record_id",
                "{\"model\":\"m\",\"record_id\":1}", "event",
                "{\"model\":\"m\",\"record_id\":1,\"event\":\"odd\"}", "event",
                "{\"record_id\":1,\"event\":\"write\"}", "model",
                "{\"model\":\"m\",\"record_id\":1,\"event\":\"write\",\"priority\":\"odd\"}", "priority",
                "{\"model\":\"m\",\"record_id\":1,\"event\":\"write\",\"payload\":[]}", "payload",
                "{\"model\":\"m\",\"record_id\":1,\"event\":\"write\",\"changed_fields\":\"a\"}", "changed_fields",
                "{\"model\":\"m\",\"record_id\":1,\"event\":\"write\",\"timestamp\":\"odd\"}", "timestamp",
                "{\"_model\":\"m\",\"_id\":false}", "_id");

        wrong.forEach((body, field) -> assertThat(
                        catchThrowableOfType(Problem.class, () -> odoo(body)).field())
                .as(body)
                .isEqualTo(field));
    }

    @Test
    void everyTemplateSaysWhatItIsFor() {
        assertThat(Mapping.templates().keySet())
                .containsExactly(
                        "raw",
                        "order",
                        "shopify-order",
                        "woocommerce-order",
                        "github-push",
                        "odoo-native",
                        "odoo-module",
                        "odoo");
        Mapping.templates()
                .values()
                .forEach(template -> assertThat(
                                template.definition().path("description").asText())
                        .isNotBlank());
    }
}
