package dev.hookline.intake;

import dev.hookline.kernel.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * HMAC-SHA256 over the raw bytes of a body, in hex of either case, with or without {@code sha256=} in front. The key is the
 * secret's text as given, never decoded: the seed's own sample has an odd number of hex digits.
 */
final class HmacSignature {
    private static final String PREFIX = "sha256=";
    private static final int HEX_CHARS = 64;

    private final HmacSha256 hmac;

    HmacSignature(String secret) {
        hmac = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Whether what was sent signs this body. Two headers may carry it; where both do, both must be right.
     *
     * @param first one header's value, or null
     * @param second the other's
     */
    boolean verifies(byte[] body, @Nullable String first, @Nullable String second) {
        if (first == null && second == null) {
            return false;
        }
        byte[] expected = hmac.sign(body);
        return (first == null || matches(expected, first)) && (second == null || matches(expected, second));
    }

    private static boolean matches(byte[] expected, String sent) {
        String hex = sent.strip().toLowerCase(Locale.ROOT);
        if (hex.startsWith(PREFIX)) {
            hex = hex.substring(PREFIX.length());
        }
        if (hex.length() != HEX_CHARS || !hex.chars().allMatch(HexFormat::isHexDigit)) {
            return false;
        }
        return MessageDigest.isEqual(expected, HexFormat.of().parseHex(hex));
    }
}
