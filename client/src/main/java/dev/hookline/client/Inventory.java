package dev.hookline.client;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** {@code inventory.low} and {@code inventory.updated}. */
public final class Inventory<R> {
    private final Outlet<R> outlet;

    Inventory(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    /**
     * Stock is below its threshold.
     *
     * @param location where it lies, {@code WH/Stock} say
     */
    public R low(
            String productId,
            @Nullable String productName,
            BigDecimal quantity,
            BigDecimal threshold,
            @Nullable String location) {
        return outlet.put(Event.of(
                "inventory.low",
                productId,
                Event.data(
                        "product_id", productId,
                        "product_name", productName,
                        "quantity", quantity,
                        "threshold", threshold,
                        "location", location)));
    }

    public R updated(String productId, @Nullable String productName, BigDecimal quantity, @Nullable String location) {
        return outlet.put(Event.of(
                "inventory.updated",
                productId,
                Event.data(
                        "product_id", productId,
                        "product_name", productName,
                        "quantity", quantity,
                        "location", location)));
    }
}
