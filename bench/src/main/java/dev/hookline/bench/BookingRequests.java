package dev.hookline.bench;

import dev.hookline.kernel.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Signed bookings of the rental site. The signature covers the body alone, so a {@code webhook-id} may differ each time. */
final class BookingRequests {
    static final String SECRET = "bench-secret-0123456789";

    private static final List<String> TYPES = List.of("booking.created", "booking.confirmed", "booking.modified");

    private BookingRequests() {}

    /**
     * One request for each booking, all event types in turn.
     *
     * @param bookings how many different ones
     * @param keys whether each request has a {@code webhook-id}
     */
    static PreparedRequests of(int bookings, boolean keys) {
        return of(TYPES, bookings, keys);
    }

    static PreparedRequests of(List<String> types, int bookings, boolean keys) {
        HmacSha256 hmac = new HmacSha256(SECRET.getBytes(StandardCharsets.UTF_8));
        return new PreparedRequests("/api/webhook/booking", keys ? "webhook-id" : null, bookings, i -> {
            String body = "{\"event_type\":\"" + types.get(i % types.size()) + "\"," + fields(i) + "}";
            byte[] signature = hmac.sign(body.getBytes(StandardCharsets.UTF_8));
            return List.of("X-Webhook-Signature: " + HexFormat.of().formatHex(signature), body);
        });
    }

    /** What is said of a booking, some 200 characters. */
    static String fields(int i) {
        return String.format(
                Locale.ROOT,
                "\"booking_ref\":\"%s\",\"vehicle_id\":%d,\"customer_email\":\"guest%d@example.com\","
                        + "\"date_from\":\"2026-12-%02d\",\"date_to\":\"2027-01-%02d\",\"total_amount\":%d.50,"
                        + "\"currency\":\"EUR\"",
                reference(i),
                i % 500,
                i % 997,
                1 + i % 28,
                1 + i % 28,
                100 + i % 900);
    }

    static String reference(int i) {
        return String.format(Locale.ROOT, "BK-2026-%06d", i);
    }
}
