package dev.hookline.delivery;

import dev.hookline.kernel.Ed25519;
import dev.hookline.kernel.HmacSha256;
import dev.hookline.kernel.Ids;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The headers that sign an outgoing webhook, all sent together:
 *
 * <ul>
 *   <li>{@code X-Signature: sha256=<hex>} (seed 004) and {@code X-Webhook-Signature: <hex>} (seeds 000 and 002), HMAC-SHA256
 *       over the body, under the UTF-8 text of the first secret as given, prefix and all;
 *   <li>{@code webhook-id}, {@code webhook-timestamp} (Unix time in seconds) and {@code webhook-signature} of Standard
 *       Webhooks: one {@code v1,<base64>} for each secret, HMAC-SHA256, separated by spaces, over {@code id.timestamp.body}.
 *       The key is what follows {@code whsec_}, base64-decoded, or the UTF-8 text of a secret without that prefix. With a key
 *       pair, {@code v1a,<base64>} follows: ed25519 over the same.
 * </ul>
 */
final class OutboundSignature {
    private static final String BASE64_PREFIX = "whsec_";
    private static final String KEY_PAIR_PREFIX = "whsk_";
    private static final String PUBLIC_KEY_PREFIX = "whpk_";

    private final HmacSha256 plain;
    private final List<HmacSha256> standard = new ArrayList<>();
    private final @Nullable Ed25519 keyPair;

    /**
     * Prepares the keys.
     *
     * @param secrets the current one first; more than one while secrets rotate
     * @param keyPair as {@link #newKeyPair} gives it; null for none
     * @throws IllegalArgumentException if there is none, one is empty, or what follows {@code whsec_} is not base64; the
     *     message does not show the secret
     */
    OutboundSignature(List<String> secrets, @Nullable String keyPair) {
        if (secrets.isEmpty()) {
            throw new IllegalArgumentException("There is no secret to sign with");
        }
        if (secrets.contains("")) {
            throw new IllegalArgumentException("The secret is empty");
        }
        plain = new HmacSha256(utf8(secrets.getFirst()));
        for (String secret : secrets) {
            standard.add(new HmacSha256(standardKey(secret)));
        }
        this.keyPair = keyPair == null ? null : keyPair(keyPair);
    }

    /** A new secret: {@code whsec_} and the base64 of 24 bytes. */
    static String newSecret() {
        return BASE64_PREFIX + Base64.getEncoder().encodeToString(Ids.secret(24));
    }

    /** A new key pair: {@code whsk_} and the base64 of seed and public key, 64 bytes. */
    static String newKeyPair() {
        return KEY_PAIR_PREFIX
                + Base64.getEncoder().encodeToString(Ed25519.generate().bytes());
    }

    /** What a receiver checks {@code v1a} with: {@code whpk_} and the base64 of 32 bytes. */
    static String publicKey(String keyPair) {
        return PUBLIC_KEY_PREFIX
                + Base64.getEncoder().encodeToString(keyPair(keyPair).publicKey());
    }

    private static Ed25519 keyPair(String text) {
        return new Ed25519(Base64.getDecoder().decode(text.substring(KEY_PAIR_PREFIX.length())));
    }

    /**
     * The five headers of one attempt.
     *
     * @param id of the message, the same at every attempt
     * @param at when this attempt starts
     * @param body as it will be sent
     */
    Map<String, String> headers(String id, Instant at, byte[] body) {
        String seconds = Long.toString(at.getEpochSecond());
        byte[] before = utf8(id + "." + seconds + ".");
        StringJoiner signatures = new StringJoiner(" ");
        for (HmacSha256 key : standard) {
            signatures.add("v1," + Base64.getEncoder().encodeToString(key.sign(before, body)));
        }
        if (keyPair != null) {
            signatures.add("v1a," + Base64.getEncoder().encodeToString(keyPair.sign(before, body)));
        }
        String hex = HexFormat.of().formatHex(plain.sign(body));

        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-Signature", "sha256=" + hex);
        headers.put("X-Webhook-Signature", hex);
        headers.put("webhook-id", id);
        headers.put("webhook-timestamp", seconds);
        headers.put("webhook-signature", signatures.toString());
        return headers;
    }

    private static byte[] standardKey(String secret) {
        if (!secret.startsWith(BASE64_PREFIX)) {
            return utf8(secret);
        }
        byte[] key;
        try {
            key = Base64.getDecoder().decode(secret.substring(BASE64_PREFIX.length()));
        } catch (IllegalArgumentException _) {
            // The cause is left out: it would show a part of the secret.
            throw new IllegalArgumentException("The secret starts with whsec_, but what follows is not base64");
        }
        if (key.length == 0) {
            throw new IllegalArgumentException("The secret starts with whsec_, but nothing follows");
        }
        return key;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
