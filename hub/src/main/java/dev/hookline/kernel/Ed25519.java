package dev.hookline.kernel;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;

/** An ed25519 key pair. Safe for many threads. */
public final class Ed25519 {
    private static final String ALGORITHM = "Ed25519";
    private static final int KEY_BYTES = 32;

    private final byte[] pair;
    private final PrivateKey key;

    /**
     * A pair as {@link #bytes} gives it.
     *
     * @param pair 32 bytes of seed and 32 of public key
     * @throws IllegalArgumentException if it has another length
     */
    public Ed25519(byte[] pair) {
        if (pair.length != 2 * KEY_BYTES) {
            throw new IllegalArgumentException("An ed25519 key pair has 64 bytes");
        }
        this.pair = pair.clone();
        try {
            key = KeyFactory.getInstance(ALGORITHM)
                    .generatePrivate(
                            new EdECPrivateKeySpec(NamedParameterSpec.ED25519, Arrays.copyOf(pair, KEY_BYTES)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has Ed25519", e);
        }
    }

    /** A new pair. */
    public static Ed25519 generate() {
        try {
            KeyPair made = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
            // Both encodings end with the key itself.
            byte[] seed = lastBytes(made.getPrivate().getEncoded());
            byte[] pair = Arrays.copyOf(seed, 2 * KEY_BYTES);
            System.arraycopy(lastBytes(made.getPublic().getEncoded()), 0, pair, KEY_BYTES, KEY_BYTES);
            return new Ed25519(pair);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has Ed25519", e);
        }
    }

    private static byte[] lastBytes(byte[] encoded) {
        return Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length);
    }

    /** The seed and the public key; a secret. */
    public byte[] bytes() {
        return pair.clone();
    }

    /** 32 bytes. */
    public byte[] publicKey() {
        return Arrays.copyOfRange(pair, KEY_BYTES, pair.length);
    }

    /** The 64 bytes that sign the parts, put together in this order. */
    public byte[] sign(byte[]... parts) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            for (byte[] part : parts) {
                signature.update(part);
            }
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A key that was made signs", e);
        }
    }
}
