package dev.hookline.intake.signature;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The public half of an ed25519 key pair: it verifies, and cannot sign. */
final class Ed25519Key implements StandardScheme.Key {
    private static final int KEY_BYTES = 32;

    /** What stands before the key's bytes in X.509 (RFC 8410). */
    private static final byte[] X509_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

    private final PublicKey key;

    /**
     * From the key's bytes.
     *
     * @throws IllegalArgumentException if they are no public key
     */
    Ed25519Key(byte[] raw) {
        if (raw.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    "An ed25519 public key is the base64 of " + KEY_BYTES + " bytes, with or without whpk_ before it");
        }
        byte[] encoded = new byte[X509_HEAD.length + KEY_BYTES];
        System.arraycopy(X509_HEAD, 0, encoded, 0, X509_HEAD.length);
        System.arraycopy(raw, 0, encoded, X509_HEAD.length, KEY_BYTES);
        try {
            key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("These 32 bytes are no ed25519 public key", e);
        }
    }

    @Override
    public String version() {
        return "v1a";
    }

    @Override
    public boolean signed(byte[] before, byte[] body, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(before);
            verifier.update(body);
            return verifier.verify(signature);
        } catch (SignatureException _) {
            // Of a wrong length, or no point of the curve.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has Ed25519", e);
        }
    }

    @Override
    public byte @Nullable [] sign(byte[] before, byte[] body) {
        return null;
    }
}
