package dev.hookline.delivery;

import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Who is trusted to say whose a server is. */
final class Authorities {
    private Authorities() {}

    /** Those of the JDK, and a subscriber's own as PEM. */
    static TrustOptions jdkAnd(String pem) {
        try {
            List<X509Certificate> all = new ArrayList<>(Pem.certificates(pem));
            all.addAll(List.of(trusting(null).getAcceptedIssuers()));
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < all.size(); i++) {
                store.setCertificateEntry(Integer.toString(i), all.get(i));
            }
            return TrustOptions.wrap(trusting(store));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("The authorities cannot be put together", e);
        }
    }

    /** Trusts what a store holds; null for the JDK's. */
    private static X509TrustManager trusting(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager found) {
                return found;
            }
        }
        throw new GeneralSecurityException("The JDK has no trust manager for X.509");
    }
}
