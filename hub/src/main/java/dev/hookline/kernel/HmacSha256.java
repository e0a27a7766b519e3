package dev.hookline.kernel;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 under one key. Safe for many threads. */
public final class HmacSha256 {
    private static final String ALGORITHM = "HmacSHA256";

    /** Cloning an initialised Mac is cheaper than making one. */
    private final Mac initialised;

    /**
     * Takes any key but an empty one.
     *
     * @throws IllegalArgumentException if the key is empty
     */
    public HmacSha256(byte[] key) {
        try {
            initialised = Mac.getInstance(ALGORITHM);
            initialised.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has HmacSHA256", e);
        }
    }

    /** The 32 bytes that sign the parts, put together in this order. */
    public byte[] sign(byte[]... parts) {
        try {
            Mac mac = (Mac) initialised.clone();
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("The JDK's HmacSHA256 can be cloned", e);
        }
    }
}
