package dev.hookline.kernel;

/** HMAC-SHA256 under one key. */
public final class HmacSha256 extends Hmac {
    /**
     * Takes any key but an empty one.
     *
     * @throws IllegalArgumentException if the key is empty
     */
    public HmacSha256(byte[] key) {
        super("HmacSHA256", key);
    }
}
