package dev.hookline.client;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The five events of an invoice's life. */
public final class Invoices<R> {
    /**
     * An invoice.
     *
     * @param currency ISO 4217
     */
    public record Invoice(
            String invoiceId,
            @Nullable String invoiceNumber,
            BigDecimal amount,
            String currency,
            @Nullable String customerName,
            @Nullable String status,
            @Nullable Instant createdAt) {
        public static Invoice of(String invoiceId, BigDecimal amount, String currency) {
            return new Invoice(invoiceId, null, amount, currency, null, null, null);
        }

        public Invoice number(String number) {
            return new Invoice(invoiceId, number, amount, currency, customerName, status, createdAt);
        }

        public Invoice customerName(String name) {
            return new Invoice(invoiceId, invoiceNumber, amount, currency, name, status, createdAt);
        }

        public Invoice status(String state) {
            return new Invoice(invoiceId, invoiceNumber, amount, currency, customerName, state, createdAt);
        }

        public Invoice createdAt(Instant time) {
            return new Invoice(invoiceId, invoiceNumber, amount, currency, customerName, status, time);
        }

        private Map<String, @Nullable Object> data() {
            return Event.data(
                    "invoice_id", invoiceId,
                    "invoice_number", invoiceNumber,
                    "amount", amount,
                    "currency", currency,
                    "customer_name", customerName,
                    "status", status,
                    "created_at", createdAt == null ? null : createdAt.toString());
        }
    }

    private final Outlet<R> outlet;

    Invoices(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    public R created(Invoice invoice) {
        return put("invoice.created", invoice, invoice.data());
    }

    public R sent(Invoice invoice) {
        return put("invoice.sent", invoice, invoice.data());
    }

    /** The tax authority has authorized it. */
    public R authorized(Invoice invoice) {
        return put("invoice.authorized", invoice, invoice.data());
    }

    public R rejected(Invoice invoice, @Nullable String reason) {
        return put("invoice.rejected", invoice, because(invoice, reason));
    }

    public R cancelled(Invoice invoice, @Nullable String reason) {
        return put("invoice.cancelled", invoice, because(invoice, reason));
    }

    private static Map<String, @Nullable Object> because(Invoice invoice, @Nullable String reason) {
        Map<String, @Nullable Object> data = invoice.data();
        data.putAll(Event.data("reason", reason));
        return data;
    }

    private R put(String type, Invoice invoice, Map<String, @Nullable Object> data) {
        return outlet.put(Event.of(type, invoice.invoiceId(), data));
    }
}
