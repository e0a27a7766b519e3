package dev.hookline.client;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code sales_order.created}, {@code sales_order.confirmed} and {@code sales_order.cancelled}. */
public final class SalesOrders<R> {
    /**
     * An order.
     *
     * @param currency ISO 4217
     */
    public record Order(
            String orderId,
            String orderNumber,
            @Nullable String customerId,
            @Nullable String customerName,
            BigDecimal amount,
            String currency) {
        public static Order of(String orderId, String orderNumber, BigDecimal amount, String currency) {
            return new Order(orderId, orderNumber, null, null, amount, currency);
        }

        public Order customer(String id, String name) {
            return new Order(orderId, orderNumber, id, name, amount, currency);
        }

        private Map<String, @Nullable Object> data() {
            return Event.data(
                    "order_id", orderId,
                    "order_number", orderNumber,
                    "customer_id", customerId,
                    "customer_name", customerName,
                    "amount", amount,
                    "currency", currency);
        }
    }

    private final Outlet<R> outlet;

    SalesOrders(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    public R created(Order order, int itemsCount) {
        Map<String, @Nullable Object> data = order.data();
        data.put("items_count", itemsCount);
        return outlet.put(Event.of("sales_order.created", order.orderId(), data));
    }

    public R confirmed(Order order) {
        return outlet.put(Event.of("sales_order.confirmed", order.orderId(), order.data()));
    }

    public R cancelled(String orderId, String orderNumber, @Nullable String reason) {
        return outlet.put(Event.of(
                "sales_order.cancelled",
                orderId,
                Event.data("order_id", orderId, "order_number", orderNumber, "reason", reason)));
    }
}
