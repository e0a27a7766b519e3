package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and private keys as PEM. What is wrong is an {@link IllegalArgumentException}, with a reason for people. */
final class Pem {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private Pem() {}

    /** At least one. */
    static List<X509Certificate> certificates(String pem) {
        try {
            List<X509Certificate> found =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(pem.getBytes(UTF_8)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (found.isEmpty()) {
                throw new IllegalArgumentException("holds no certificate");
            }
            return found;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("is no certificate in PEM form");
        }
    }

    /** The key of a certificate: RSA, EC or ed25519, in PKCS #8. */
    static PrivateKey keyOf(X509Certificate certificate, String pem) {
        Matcher matcher = KEY.matcher(pem);
        if (!matcher.find()) {
            throw new IllegalArgumentException("is no private key in PKCS #8 PEM form without a password;"
                    + " 'openssl pkcs8 -topk8 -nodes' makes one");
        }
        PublicKey of = certificate.getPublicKey();
        String algorithm = of.getAlgorithm();
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(matcher.group(1));
            PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
            if (!fits(key, of)) {
                throw new IllegalArgumentException("is not the key of the certificate");
            }
            return key;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("is not the key of the certificate, whose algorithm is " + algorithm);
        }
    }

    private static boolean fits(PrivateKey key, PublicKey of) throws GeneralSecurityException {
        String algorithm = switch (of.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> of.getAlgorithm();
        };
        byte[] text = "Hookline".getBytes(UTF_8);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(of);
        signature.update(text);
        return signature.verify(signed);
    }
}
