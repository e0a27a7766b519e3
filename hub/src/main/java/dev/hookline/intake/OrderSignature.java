package dev.hookline.intake;

import dev.hookline.http.Problem;
import dev.hookline.intake.signature.Proof;
import dev.hookline.intake.signature.Scheme;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.intake.signature.Verdict;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Signatures of orders, all under one secret: in hex in the seed's headers, in base64 in those of Shopify and WooCommerce,
 * whom the seed names as senders. Where there are several, all must be right.
 */
final class OrderSignature implements Scheme {
    private final Scheme hex;
    private final Map<String, Scheme> base64;

    OrderSignature(String secret) {
        try {
            hex = BuiltInSource.scheme("hmac").under(secret);
            base64 = Map.of(
                    "X-Shopify-Hmac-Sha256", BuiltInSource.scheme("shopify").under(secret),
                    "X-WC-Webhook-Signature",
                            BuiltInSource.scheme("woocommerce").under(secret));
        } catch (Problem e) {
            throw new IllegalStateException("Any text is a secret of these schemes", e);
        }
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        Verdict verdict = null;
        for (Map.Entry<String, Scheme> scheme : base64.entrySet()) {
            if (call.header(scheme.getKey()) != null) {
                verdict = scheme.getValue().verify(call, now);
                if (verdict instanceof Verdict.Refused) {
                    return verdict;
                }
            }
        }
        boolean hexToo = call.header("X-Webhook-Signature") != null || call.header("X-Signature") != null;
        return verdict == null || hexToo ? hex.verify(call, now) : verdict;
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return hex.prove(body, id, now);
    }
}
