package dev.hookline.kernel;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Random ids and secrets, and chance. */
public final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Ids() {}

    /** Unguessable bytes. */
    public static byte[] secret(int bytes) {
        byte[] secret = new byte[bytes];
        RANDOM.nextBytes(secret);
        return secret;
    }

    /** An unguessable text of letters, digits, {@code -} and {@code _}, four characters for every three bytes. */
    public static String secretText(int bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(secret(bytes));
    }

    /** A number from 0 to 1, to spread what would else come at once. */
    public static double chance() {
        return ThreadLocalRandom.current().nextDouble();
    }

    /** Sixteen hex digits that tell requests apart in logs. Not a secret. */
    public static String requestId() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
