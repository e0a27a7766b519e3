package dev.hookline.intake.signature;

import dev.hookline.kernel.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * WooCommerce: {@code X-WC-Webhook-Signature} in base64, and when a webhook is made an unsigned form {@code webhook_id=7}
 * that has to be answered 200.
 */
final class WooCommerceScheme implements Scheme {
    private static final int PING_BYTES_MAX = 40;
    private static final Pattern PING = Pattern.compile("webhook_id=\\d{1,20}");

    private final HmacScheme hmac;

    WooCommerceScheme(String secret) {
        hmac = new HmacScheme("HmacSHA256", HmacScheme.Encoding.BASE64, List.of("X-WC-Webhook-Signature"), "", secret);
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        if (isPing(call.body())) {
            return new Verdict.Greeting(Json.object().put("success", true).put("message", "Nothing was stored"));
        }
        return hmac.verify(call, now);
    }

    private static boolean isPing(byte[] body) {
        return body.length <= PING_BYTES_MAX
                && PING.matcher(new String(body, StandardCharsets.ISO_8859_1)).matches();
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return hmac.prove(body, id, now);
    }
}
