package dev.hookline.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a request comes from the hub: {@code X-Signature} and {@code X-Webhook-Signature} (HMAC-SHA256 of the body in
 * hex), and Standard Webhooks ({@code webhook-id}, {@code webhook-timestamp}, {@code webhook-signature} with {@code v1} and,
 * under a {@code whpk_…} key, {@code v1a}). A request with any of the headers of Standard Webhooks is judged by these alone;
 * of one without them each hex signature must be right, and there must be one.
 *
 * <p>Only Standard Webhooks says when a request was sent: {@link #standardOnly()} takes nothing else, so that an old request
 * cannot be sent again without it.
 */
public final class WebhookVerifier {
    private static final Duration TOLERANCE = Duration.ofMinutes(5);
    private static final String SECRET_PREFIX = "whsec_";
    private static final String PUBLIC_KEY_PREFIX = "whpk_";
    private static final byte[] ED25519_HEADER = HexFormat.of().parseHex("302a300506032b6570032100");

    private final List<byte[]> textKeys = new ArrayList<>();
    private final List<byte[]> standardKeys = new ArrayList<>();
    private final List<PublicKey> publicKeys = new ArrayList<>();
    private final boolean standardOnly;
    private final Clock clock;
    private final List<String> secrets;

    WebhookVerifier(List<String> secrets, boolean standardOnly, Clock clock) {
        if (secrets.isEmpty()) {
            throw new IllegalArgumentException("A verifier needs a secret");
        }
        this.secrets = List.copyOf(secrets);
        this.standardOnly = standardOnly;
        this.clock = clock;
        secrets.forEach(this::add);
    }

    /**
     * Verifies a request in one call.
     *
     * @param secret of the subscription, as it was given or shown
     * @param headers names in any case; each value a text, or a list of texts of which the first counts
     * @param body the bytes as they came, before any parsing
     * @throws InvalidSignatureException when the request is not to be trusted; the message says why
     */
    public static void verify(String secret, Map<String, ?> headers, byte[] body) {
        of(secret).verify(headers, body);
    }

    /** A verifier to keep. Several secrets count while one replaces another; a {@code whpk_…} key verifies {@code v1a}. */
    public static WebhookVerifier of(String... secrets) {
        return new WebhookVerifier(List.of(secrets), false, Clock.systemUTC());
    }

    /** The same, but a request without Standard Webhooks' headers is refused. */
    public WebhookVerifier standardOnly() {
        return new WebhookVerifier(secrets, true, clock);
    }

    private void add(String secret) {
        if (secret.startsWith(PUBLIC_KEY_PREFIX)) {
            publicKeys.add(publicKey(secret.substring(PUBLIC_KEY_PREFIX.length())));
            return;
        }
        byte[] text = secret.getBytes(StandardCharsets.UTF_8);
        if (text.length == 0) {
            throw new IllegalArgumentException("The secret is empty");
        }
        textKeys.add(text);
        boolean prefixed = secret.startsWith(SECRET_PREFIX);
        byte[] decoded = decoded(prefixed ? secret.substring(SECRET_PREFIX.length()) : secret);
        if (decoded != null && decoded.length > 0) {
            standardKeys.add(decoded);
        } else if (prefixed) {
            throw new IllegalArgumentException("What follows " + SECRET_PREFIX + " is no Base64");
        }
        if (!prefixed) {
            standardKeys.add(text);
        }
    }

    private static PublicKey publicKey(String base64) {
        byte[] raw = decoded(base64);
        if (raw == null || raw.length != 32) {
            throw new IllegalArgumentException("A public key has 32 bytes in Base64 after " + PUBLIC_KEY_PREFIX);
        }
        byte[] encoded = new byte[ED25519_HEADER.length + raw.length];
        System.arraycopy(ED25519_HEADER, 0, encoded, 0, ED25519_HEADER.length);
        System.arraycopy(raw, 0, encoded, ED25519_HEADER.length, raw.length);
        try {
            return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("This is no ed25519 key", e);
        }
    }

    /** As {@link #verify(String, Map, byte[])}. */
    public void verify(Map<String, ?> headers, byte[] body) {
        String id = header(headers, "webhook-id");
        String timestamp = header(headers, "webhook-timestamp");
        String standard = header(headers, "webhook-signature");
        boolean usesStandard = id != null || timestamp != null || standard != null;
        if (usesStandard || standardOnly) {
            if (id == null || timestamp == null || standard == null || id.isEmpty()) {
                throw new InvalidSignatureException(
                        "webhook-id, webhook-timestamp and webhook-signature must all be there");
            }
            requireFresh(timestamp);
            requireStandard(standard, id + "." + timestamp + ".", body);
            return;
        }
        boolean usesHex = false;
        for (String name : List.of("x-signature", "x-webhook-signature")) {
            String hex = header(headers, name);
            if (hex != null && !textKeys.isEmpty()) {
                usesHex = true;
                requireHex(name, hex, body);
            }
        }
        if (!usesHex) {
            throw new InvalidSignatureException("The request is not signed");
        }
    }

    private static @Nullable String header(Map<String, ?> headers, String name) {
        for (Map.Entry<String, ?> header : headers.entrySet()) {
            // The JDK's own maps of headers have an entry without a name: the status line.
            if (name.equalsIgnoreCase(header.getKey())) {
                Object value = header.getValue();
                if (value instanceof Iterable<?> values) {
                    value = values.iterator().hasNext() ? values.iterator().next() : null;
                }
                return value == null ? null : value.toString();
            }
        }
        return null;
    }

    private void requireFresh(String timestamp) {
        long seconds;
        try {
            seconds = Long.parseLong(timestamp);
        } catch (NumberFormatException e) {
            throw new InvalidSignatureException("webhook-timestamp is no number of seconds");
        }
        long now = clock.instant().getEpochSecond();
        if (seconds < now - TOLERANCE.toSeconds() || seconds > now + TOLERANCE.toSeconds()) {
            throw new InvalidSignatureException("The request was not sent within the last five minutes");
        }
    }

    private void requireStandard(String signatures, String before, byte[] body) {
        byte[] signed = concat(before.getBytes(StandardCharsets.UTF_8), body);
        for (String each : signatures.split(" ", -1)) {
            int comma = each.indexOf(',');
            byte[] signature = comma < 0 ? null : decoded(each.substring(comma + 1));
            if (signature == null) {
                continue;
            }
            String version = each.substring(0, comma);
            if (version.equals("v1") && standardKeys.stream().anyMatch(key -> isEqual(hmac(key, signed), signature))) {
                return;
            }
            if (version.equals("v1a") && publicKeys.stream().anyMatch(key -> ed25519(key, signed, signature))) {
                return;
            }
        }
        throw new InvalidSignatureException("No signature in webhook-signature is right");
    }

    private void requireHex(String name, String sent, byte[] body) {
        String hex = sent.strip().toLowerCase(Locale.ROOT);
        String digits = hex.startsWith("sha256=") ? hex.substring("sha256=".length()) : hex;
        byte[] signature;
        try {
            signature = HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new InvalidSignatureException(name + " is no hex");
        }
        if (textKeys.stream().noneMatch(key -> isEqual(hmac(key, body), signature))) {
            throw new InvalidSignatureException(name + " is wrong");
        }
    }

    private static boolean isEqual(byte[] expected, byte[] sent) {
        return MessageDigest.isEqual(expected, sent);
    }

    private static byte[] hmac(byte[] key, byte[] signed) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(signed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has HmacSHA256", e);
        }
    }

    private static boolean ed25519(PublicKey key, byte[] signed, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            // A signature of another length, say.
            return false;
        }
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte @Nullable [] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
