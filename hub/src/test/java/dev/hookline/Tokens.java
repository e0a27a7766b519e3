package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tokens as the hub would make them, for a hub that signs with {@link #SIGNING_KEY}. */
final class Tokens {
    static final String SIGNING_KEY = "0123456789abcdef0123456789abcdef";

    private Tokens() {}

    static String of(long user, String role, Instant end) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String head = base64.encodeToString("{\"typ\":\"JWT\",\"alg\":\"HS256\"}".getBytes(UTF_8));
        String claims = ("{\"sub\":\"%s\",\"user_id\":%d,\"tenant_id\":\"default\",\"role\":\"%s\",\"type\":\"access\","
                        + "\"sid\":\"a-session\",\"exp\":%d}")
                .formatted(role, user, role, end.getEpochSecond());
        String signed = head + "." + base64.encodeToString(claims.getBytes(UTF_8));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SIGNING_KEY.getBytes(UTF_8), "HmacSHA256"));
            return signed + "." + base64.encodeToString(mac.doFinal(signed.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has HmacSHA256", e);
        }
    }
}
