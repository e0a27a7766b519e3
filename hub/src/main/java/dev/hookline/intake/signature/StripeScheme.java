package dev.hookline.intake.signature;

import dev.hookline.kernel.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Stripe: {@code Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]} over {@code t.body}; one right {@code v1} is enough.
 * The key is the secret's text, {@code whsec_} and all.
 */
final class StripeScheme implements Scheme {
    private static final String HEADER = "Stripe-Signature";
    private static final int PARTS_MAX = 20;

    private final HmacSha256 hmac;
    private final SigningTime signingTime;

    StripeScheme(String secret, Duration tolerance) {
        hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
        signingTime = new SigningTime(tolerance);
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        String sent = call.header(HEADER);
        if (sent == null) {
            return new Verdict.Refused("There is no " + HEADER);
        }
        String[] parts = sent.split(",", PARTS_MAX);
        String seconds = null;
        for (String part : parts) {
            if (part.strip().startsWith("t=")) {
                seconds = part.strip().substring(2);
            }
        }
        String fault = signingTime.fault(seconds, now);
        if (fault != null || seconds == null) {
            return new Verdict.Refused(String.valueOf(fault));
        }
        byte[] expected = sign(seconds, call.body());
        for (String part : parts) {
            String one = part.strip();
            if (one.startsWith("v1=")
                    && MessageDigest.isEqual(
                            expected, HmacScheme.Encoding.HEX.read(one.substring(3), expected.length))) {
                return new Verdict.Verified("stripe:" + HexFormat.of().formatHex(expected));
            }
        }
        return new Verdict.Refused("No v1 of " + HEADER + " is the signature of this body");
    }

    private byte[] sign(String seconds, byte[] body) {
        return hmac.sign((seconds + ".").getBytes(StandardCharsets.UTF_8), body);
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        String seconds = Long.toString(now.getEpochSecond());
        String signature = HexFormat.of().formatHex(sign(seconds, body));
        return Optional.of(Proof.headers(Map.of(HEADER, "t=" + seconds + ",v1=" + signature)));
    }
}
