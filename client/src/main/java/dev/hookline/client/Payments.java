package dev.hookline.client;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code payment.received} and {@code payment.failed}. */
public final class Payments<R> {
    /**
     * A payment of an invoice.
     *
     * @param currency ISO 4217
     * @param paymentMethod as in {@code credit_card}
     * @param referenceNumber what the payment provider calls it
     */
    public record Payment(
            String paymentId,
            String invoiceId,
            BigDecimal amount,
            String currency,
            @Nullable String paymentMethod,
            @Nullable String referenceNumber) {
        public static Payment of(String paymentId, String invoiceId, BigDecimal amount, String currency) {
            return new Payment(paymentId, invoiceId, amount, currency, null, null);
        }

        public Payment paymentMethod(String method) {
            return new Payment(paymentId, invoiceId, amount, currency, method, referenceNumber);
        }

        public Payment referenceNumber(String reference) {
            return new Payment(paymentId, invoiceId, amount, currency, paymentMethod, reference);
        }

        private Map<String, @Nullable Object> data() {
            return Event.data("payment_id", paymentId, "invoice_id", invoiceId, "amount", amount, "currency", currency);
        }
    }

    private final Outlet<R> outlet;

    Payments(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    public R received(Payment payment) {
        Map<String, @Nullable Object> data = payment.data();
        data.putAll(
                Event.data("payment_method", payment.paymentMethod(), "reference_number", payment.referenceNumber()));
        return outlet.put(Event.of("payment.received", payment.paymentId(), data));
    }

    /** A failed payment has a reason and an error code where one that was received has a method and a reference. */
    public R failed(Payment payment, @Nullable String reason, @Nullable String errorCode) {
        Map<String, @Nullable Object> data = payment.data();
        data.putAll(Event.data("reason", reason, "error_code", errorCode));
        return outlet.put(Event.of("payment.failed", payment.paymentId(), data));
    }
}
