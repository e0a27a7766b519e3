package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.http.Problem;
import dev.hookline.intake.mapping.Mapped;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.SignedCall;
import java.time.Instant;
import java.util.List;

/** An order in the seed's words, or in those of Shopify or WooCommerce, as their headers tell. */
final class OrderBody implements BodyMapping {
    private final String tenant;
    private final Mapping plain = Mapping.template("order");
    private final Mapping shopify = Mapping.template("shopify-order");
    private final Mapping wooCommerce = Mapping.template("woocommerce-order");

    OrderBody(String tenant) {
        this.tenant = tenant;
    }

    @Override
    public Events map(JsonNode body, SignedCall call, Instant now) throws Problem {
        if (!body.isObject()) {
            throw Problem.of(400, "The body must be a JSON object");
        }
        Mapping mapping = plain;
        if (isAbout("orders/", "X-Shopify-Topic", call)) {
            mapping = shopify;
        } else if (isAbout("order.", "X-WC-Webhook-Topic", call)) {
            mapping = wooCommerce;
        }
        Mapped order = mapping.map(body, call::header, call::query);
        return new Events(
                List.of(new One(order.event(tenant, OrderRoutes.SOURCE, now), order.deduplicationKey())),
                order.isAll(body));
    }

    /** Whether a shop says that it sends an order. Its products and customers have ids too, which are no order's number. */
    private static boolean isAbout(String orders, String header, SignedCall call) throws Problem {
        String topic = call.header(header);
        if (topic != null && !topic.startsWith(orders)) {
            throw Problem.field(header, "This takes orders; '%s' is '%s'".formatted(header, topic));
        }
        return topic != null;
    }
}
