package dev.hookline.intake.signature;

import dev.hookline.kernel.Hmac;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An HMAC over the raw body in a header, in hex of either case or in base64, with or without a prefix such as {@code
 * sha256=}. Several headers may carry it; of those that are there, all must be right. The key is the secret's text as given,
 * never decoded.
 */
final class HmacScheme implements Scheme {
    /** How the bytes of a signature are written. */
    enum Encoding {
        HEX {
            @Override
            byte[] read(String text, int bytes) {
                if (text.length() != 2 * bytes) {
                    return NONE;
                }
                byte[] read = new byte[bytes];
                for (int i = 0; i < bytes; i++) {
                    int high = Character.digit(text.charAt(2 * i), 16);
                    int low = Character.digit(text.charAt(2 * i + 1), 16);
                    if ((high | low) < 0 || text.charAt(2 * i) > 'f' || text.charAt(2 * i + 1) > 'f') {
                        return NONE;
                    }
                    read[i] = (byte) (high << 4 | low);
                }
                return read;
            }

            @Override
            String write(byte[] bytes) {
                return HexFormat.of().formatHex(bytes);
            }
        },
        BASE64 {
            @Override
            byte[] read(String text, int bytes) {
                if (text.length() > 2 * bytes) {
                    return NONE;
                }
                try {
                    return Base64.getDecoder().decode(text);
                } catch (IllegalArgumentException _) {
                    return NONE;
                }
            }

            @Override
            String write(byte[] bytes) {
                return Base64.getEncoder().encodeToString(bytes);
            }
        };

        private static final byte[] NONE = {};

        /** The bytes; none when the text is not written so. */
        abstract byte[] read(String text, int bytes);

        abstract String write(byte[] bytes);
    }

    private static final Verdict NO_SIGNATURE = new Verdict.Refused("There is no signature");

    private final Hmac hmac;
    private final Encoding encoding;
    private final List<String> headers;
    private final String prefix;

    HmacScheme(String algorithm, Encoding encoding, List<String> headers, String prefix, String secret) {
        this.hmac = new Hmac(algorithm, secret.getBytes(StandardCharsets.UTF_8));
        this.encoding = encoding;
        this.headers = List.copyOf(headers);
        this.prefix = prefix;
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        byte[] expected = null;
        for (int i = 0; i < headers.size(); i++) {
            String sent = call.header(headers.get(i));
            if (sent != null) {
                if (expected == null) {
                    expected = hmac.sign(call.body());
                }
                if (!MessageDigest.isEqual(expected, read(sent, expected.length))) {
                    return new Verdict.Refused(headers.get(i) + " is not the signature of this body");
                }
            }
        }
        return expected == null ? NO_SIGNATURE : Verdict.Verified.WITHOUT_ID;
    }

    private byte[] read(String sent, int bytes) {
        String text = sent.strip();
        boolean hasPrefix = !prefix.isEmpty() && text.regionMatches(true, 0, prefix, 0, prefix.length());
        return encoding.read(hasPrefix ? text.substring(prefix.length()) : text, bytes);
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return Optional.of(Proof.headers(Map.of(headers.getFirst(), prefix + encoding.write(hmac.sign(body)))));
    }
}
