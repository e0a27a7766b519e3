package dev.hookline.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code customer.created} and {@code customer.updated}. */
public final class Customers<R> {
    private final Outlet<R> outlet;

    Customers(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    /**
     * A customer or lead was made.
     *
     * @param customerType {@code individual}, {@code company} or {@code lead}, say
     */
    public R created(
            String customerId,
            String customerName,
            @Nullable String customerEmail,
            @Nullable String customerPhone,
            @Nullable String customerType) {
        return outlet.put(Event.of(
                "customer.created",
                customerId,
                Event.data(
                        "customer_id", customerId,
                        "customer_name", customerName,
                        "customer_email", customerEmail,
                        "customer_phone", customerPhone,
                        "customer_type", customerType)));
    }

    /**
     * A customer or lead has changed.
     *
     * @param changes the fields that changed, each with its new value
     */
    public R updated(
            String customerId,
            String customerName,
            @Nullable String customerEmail,
            @Nullable String customerPhone,
            Map<String, ? extends @Nullable Object> changes) {
        return outlet.put(Event.of(
                "customer.updated",
                customerId,
                Event.data(
                        "customer_id", customerId,
                        "customer_name", customerName,
                        "customer_email", customerEmail,
                        "customer_phone", customerPhone,
                        "changes", changes)));
    }
}
