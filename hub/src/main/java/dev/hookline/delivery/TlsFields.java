package dev.hookline.delivery;

import dev.hookline.http.Problem;
import org.jspecify.annotations.Nullable;

/** The field {@code tls}: {@code certificate} and {@code private_key}, both or none, and {@code ca}, all PEM. */
final class TlsFields {
    private static final int PEM_MAX = 32_000;

    private TlsFields() {}

    static @Nullable ClientTls read(@Nullable FieldReader fields) throws Problem {
        if (fields == null) {
            return null;
        }
        String certificate = fields.text("certificate", 1, PEM_MAX);
        String key = fields.text("private_key", 1, PEM_MAX);
        String ca = fields.text("ca", 1, PEM_MAX);
        if (certificate != null && key == null) {
            throw fields.problem("private_key", "'tls.private_key' is required with a certificate");
        }
        if (certificate == null && key != null) {
            throw fields.problem("certificate", "'tls.certificate' is required with a private key");
        }
        if (certificate == null && ca == null) {
            return null;
        }
        String checking = "certificate";
        try {
            if (certificate != null && key != null) {
                var own = Pem.certificates(certificate).getFirst();
                checking = "private_key";
                Pem.keyOf(own, key);
            }
            checking = "ca";
            if (ca != null) {
                Pem.certificates(ca);
            }
        } catch (IllegalArgumentException e) {
            throw fields.problem(checking, "'tls." + checking + "' " + e.getMessage());
        }
        return new ClientTls(certificate, key, ca);
    }
}
