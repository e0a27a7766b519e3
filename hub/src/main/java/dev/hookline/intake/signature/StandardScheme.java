package dev.hookline.intake.signature;

import dev.hookline.kernel.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Standard Webhooks: {@code webhook-id}, {@code webhook-timestamp} and {@code webhook-signature}, the last one or several
 * signatures over {@code id.timestamp.body}, separated by spaces, of which one must be right: {@code v1,<base64>} with
 * HMAC-SHA256, or {@code v1a,<base64>} with ed25519.
 */
final class StandardScheme implements Scheme {
    private static final int SIGNATURES_MAX = 20;
    private static final int ID_CHARS_MAX = 255;

    /** One of the two kinds of key. */
    interface Key {
        /** {@code v1} or {@code v1a}. */
        String version();

        boolean signed(byte[] before, byte[] body, byte[] signature);

        /** Null where only the sender can. */
        byte @Nullable [] sign(byte[] before, byte[] body);
    }

    private final List<Key> keys;
    private final String headerPrefix;
    private final SigningTime signingTime;

    private StandardScheme(List<Key> keys, String headerPrefix, Duration tolerance) {
        this.keys = keys;
        this.headerPrefix = headerPrefix;
        this.signingTime = new SigningTime(tolerance);
    }

    /**
     * With a shared secret: what follows {@code whsec_}, base64-decoded. Without that prefix the text is taken both ways, as
     * base64 where it is that and as it stands, for libraries do one or the other.
     *
     * @throws IllegalArgumentException if what follows {@code whsec_} is not base64
     */
    static StandardScheme shared(String secret, String headerPrefix, Duration tolerance) {
        List<Key> keys = new ArrayList<>();
        boolean marked = secret.startsWith("whsec_");
        byte[] decoded = decode(marked ? secret.substring("whsec_".length()) : secret);
        if (decoded.length > 0) {
            keys.add(new SharedKey(new HmacSha256(decoded)));
        } else if (marked) {
            throw new IllegalArgumentException("The secret starts with whsec_, but what follows is not base64");
        }
        if (!marked) {
            keys.add(new SharedKey(new HmacSha256(secret.getBytes(StandardCharsets.UTF_8))));
        }
        return new StandardScheme(keys, headerPrefix, tolerance);
    }

    /**
     * With a public key: 32 bytes in base64, with or without {@code whpk_}.
     *
     * @throws IllegalArgumentException if it is none
     */
    static StandardScheme publicKey(String key, String headerPrefix, Duration tolerance) {
        byte[] decoded = decode(key.startsWith("whpk_") ? key.substring("whpk_".length()) : key);
        return new StandardScheme(List.of(new Ed25519Key(decoded)), headerPrefix, tolerance);
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException _) {
            return new byte[0];
        }
    }

    private record SharedKey(HmacSha256 hmac) implements Key {
        @Override
        public String version() {
            return "v1";
        }

        @Override
        public boolean signed(byte[] before, byte[] body, byte[] signature) {
            return MessageDigest.isEqual(hmac.sign(before, body), signature);
        }

        @Override
        public byte[] sign(byte[] before, byte[] body) {
            return hmac.sign(before, body);
        }
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        String id = call.header(headerPrefix + "id");
        String seconds = call.header(headerPrefix + "timestamp");
        String signatures = call.header(headerPrefix + "signature");
        if (id == null || id.isEmpty() || id.length() > ID_CHARS_MAX) {
            return new Verdict.Refused("There is no " + headerPrefix + "id of 1 to " + ID_CHARS_MAX + " characters");
        }
        String fault = signingTime.fault(seconds, now);
        if (fault != null || seconds == null) {
            return new Verdict.Refused(String.valueOf(fault));
        }
        if (signatures == null) {
            return new Verdict.Refused("There is no " + headerPrefix + "signature");
        }
        byte[] before = before(id, seconds);
        boolean known = false;
        for (String one : signatures.split(" ", SIGNATURES_MAX)) {
            int comma = one.indexOf(',');
            for (Key key : keys) {
                if (comma > 0 && one.substring(0, comma).equals(key.version())) {
                    known = true;
                    if (key.signed(before, call.body(), decode(one.substring(comma + 1)))) {
                        return new Verdict.Verified(id);
                    }
                }
            }
        }
        return new Verdict.Refused(
                known
                        ? "No signature of version " + keys.getFirst().version() + " is one of this body, id and time"
                        : "There is no signature of version " + keys.getFirst().version());
    }

    private static byte[] before(String id, String seconds) {
        return (id + "." + seconds + ".").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        String seconds = Long.toString(now.getEpochSecond());
        byte[] signature = keys.getFirst().sign(before(id, seconds), body);
        if (signature == null) {
            return Optional.empty();
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(headerPrefix + "id", id);
        headers.put(headerPrefix + "timestamp", seconds);
        headers.put(
                headerPrefix + "signature",
                keys.getFirst().version() + "," + Base64.getEncoder().encodeToString(signature));
        return Optional.of(Proof.headers(headers));
    }
}
