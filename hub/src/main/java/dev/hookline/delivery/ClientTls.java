package dev.hookline.delivery;

import org.jspecify.annotations.Nullable;

/**
 * How TLS to one subscriber differs: a certificate of ours for it to check, and its own authority for us to trust.
 *
 * @param certificate ours, PEM, with its chain; null for none
 * @param key of that certificate: PKCS #8, PEM, without a password
 * @param ca the certificates to trust instead of the JDK's, PEM; null for the JDK's
 */
record ClientTls(
        @Nullable String certificate,
        @Nullable String key,
        @Nullable String ca) {
    @Override
    public String toString() {
        return "ClientTls[…]";
    }
}
