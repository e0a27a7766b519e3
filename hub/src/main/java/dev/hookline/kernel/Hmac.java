package dev.hookline.kernel;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A keyed hash under one key. Safe for many threads. */
public class Hmac {
    /** Cloning an initialised Mac is cheaper than making one. */
    private final Mac initialised;

    /**
     * Takes any key but an empty one.
     *
     * @param algorithm in Java's words: {@code HmacSHA256}, {@code HmacSHA512}
     * @throws IllegalArgumentException if the key is empty
     */
    public Hmac(String algorithm, byte[] key) {
        try {
            initialised = Mac.getInstance(algorithm);
            initialised.init(new SecretKeySpec(key, algorithm));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has " + algorithm, e);
        }
    }

    /** The bytes that sign the parts, put together in this order. */
    public byte[] sign(byte[]... parts) {
        try {
            Mac mac = (Mac) initialised.clone();
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("The JDK's Macs can be cloned", e);
        }
    }
}
