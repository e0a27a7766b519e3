package dev.hookline.bench;

import dev.hookline.kernel.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Signed bookings of the rental site, made beforehand, in turn. With keys each request has a {@code webhook-id} of its own: the
 * site's signature covers the body alone, so only those digits are written anew.
 */
final class BookingRequests implements LoadGenerator.Requests {
    static final String SECRET = "bench-secret-0123456789";

    private static final String[] TYPES = {"booking.created", "booking.confirmed", "booking.modified"};
    private static final String KEY_BEFORE = "POST /api/webhook/booking HTTP/1.1\r\nHost: 127.0.0.1\r\nwebhook-id: ";
    private static final int KEY_DIGITS = 16;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final byte[][] requests;
    private final boolean keys;
    private final int bytesMax;
    private long sent;

    /**
     * Makes one request for each booking.
     *
     * @param bookings how many different ones
     * @param keys whether each request has a {@code webhook-id}
     */
    BookingRequests(int bookings, boolean keys) {
        this.keys = keys;
        this.requests = new byte[bookings][];
        HmacSha256 hmac = new HmacSha256(SECRET.getBytes(StandardCharsets.UTF_8));
        int longest = 0;
        for (int i = 0; i < bookings; i++) {
            String body = body(i);
            String signature = HexFormat.of().formatHex(hmac.sign(body.getBytes(StandardCharsets.UTF_8)));
            String start =
                    keys ? KEY_BEFORE + "0".repeat(KEY_DIGITS) : KEY_BEFORE.replaceFirst("\r\nwebhook-id: $", "");
            String request = start + "\r\nContent-Type: application/json\r\nX-Webhook-Signature: " + signature
                    + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            requests[i] = request.getBytes(StandardCharsets.US_ASCII);
            longest = Math.max(longest, requests[i].length);
        }
        this.bytesMax = longest;
    }

    private static String body(int i) {
        return String.format(
                Locale.ROOT,
                "{\"event_type\":\"%s\",\"booking_ref\":\"BK-2026-%06d\",\"vehicle_id\":%d,"
                        + "\"customer_email\":\"guest%d@example.com\",\"date_from\":\"2026-12-%02d\","
                        + "\"date_to\":\"2027-01-%02d\",\"total_amount\":%d.50,\"currency\":\"EUR\"}",
                TYPES[i % TYPES.length],
                i,
                i % 500,
                i % 997,
                1 + i % 28,
                1 + i % 28,
                100 + i % 900);
    }

    @Override
    public int bytesMax() {
        return bytesMax;
    }

    @Override
    public void next(ByteBuffer into) {
        into.put(requests[(int) (sent % requests.length)]);
        if (keys) {
            for (int digit = 0; digit < KEY_DIGITS; digit++) {
                into.put(KEY_BEFORE.length() + KEY_DIGITS - 1 - digit, HEX[(int) (sent >>> (4 * digit)) & 15]);
            }
        }
        sent++;
    }
}
