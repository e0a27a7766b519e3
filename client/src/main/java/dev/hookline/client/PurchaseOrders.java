package dev.hookline.client;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** {@code purchase_order.created}. */
public final class PurchaseOrders<R> {
    /**
     * An order to a supplier.
     *
     * @param currency ISO 4217
     */
    public record PurchaseOrder(
            String orderId,
            String orderNumber,
            @Nullable String supplierId,
            @Nullable String supplierName,
            BigDecimal amount,
            String currency) {
        public static PurchaseOrder of(String orderId, String orderNumber, BigDecimal amount, String currency) {
            return new PurchaseOrder(orderId, orderNumber, null, null, amount, currency);
        }

        public PurchaseOrder supplier(String id, String name) {
            return new PurchaseOrder(orderId, orderNumber, id, name, amount, currency);
        }
    }

    private final Outlet<R> outlet;

    PurchaseOrders(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    public R created(PurchaseOrder order, int itemsCount) {
        return outlet.put(Event.of(
                "purchase_order.created",
                order.orderId(),
                Event.data(
                        "order_id", order.orderId(),
                        "order_number", order.orderNumber(),
                        "supplier_id", order.supplierId(),
                        "supplier_name", order.supplierName(),
                        "amount", order.amount(),
                        "currency", order.currency(),
                        "items_count", itemsCount)));
    }
}
