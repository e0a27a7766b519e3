package dev.hookline.intake;

import dev.hookline.kernel.HmacSha256;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;

/**
 * Signatures of orders, all HMAC-SHA256 over the raw body under one secret: in hex in the seed's header, in base64 in those
 * of Shopify and WooCommerce, whom the seed names as senders. Where there are several, all must be right.
 */
final class OrderSignature {
    private static final List<String> BASE64_HEADERS = List.of("X-Shopify-Hmac-Sha256", "X-WC-Webhook-Signature");

    private final HmacSignature hex;
    private final HmacSha256 hmac;

    OrderSignature(String secret) {
        hex = new HmacSignature(secret);
        hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
    }

    boolean verifies(byte[] body, MultiMap headers) {
        String first = headers.get("X-Webhook-Signature");
        String second = headers.get("X-Signature");
        boolean signed = first != null || second != null;
        boolean right = !signed || hex.verifies(body, first, second);
        for (String name : BASE64_HEADERS) {
            String sent = headers.get(name);
            if (sent != null) {
                signed = true;
                right &= MessageDigest.isEqual(
                        Base64.getEncoder().encode(hmac.sign(body)),
                        sent.strip().getBytes(StandardCharsets.UTF_8));
            }
        }
        return signed && right;
    }
}
