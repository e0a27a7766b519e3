package dev.hookline.client;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookVerifierTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final long SENT_AT = 1614265330;
    private static final String V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static final String V1A =
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);

    private static final String SEED_SECRET = "my-webhook-secret-12345678";

    private static WebhookVerifier verifier(long secondsLater, String... secrets) {
        Clock clock = Clock.fixed(Instant.ofEpochSecond(SENT_AT + secondsLater), ZoneOffset.UTC);
        return new WebhookVerifier(List.of(secrets), false, clock);
    }

    private static Map<String, Object> headers(String signatures) {
        Map<String, Object> headers = new HashMap<>();
        headers.put("webhook-id", ID);
        headers.put("webhook-timestamp", Long.toString(SENT_AT));
        headers.put("webhook-signature", signatures);
        return headers;
    }

    private static void refused(WebhookVerifier verifier, Map<String, ?> headers) {
        assertThatThrownBy(() -> verifier.verify(headers, BODY)).isInstanceOf(InvalidSignatureException.class);
    }

    @Test
    void firstVectorIsAccepted() {
        verifier(0, SECRET).verify(headers(V1), BODY);
        verifier(0, SECRET.substring("whsec_".length())).verify(headers(V1), BODY);
    }

    @Test
    void secondVectorIsAccepted() {
        WebhookVerifier verifier = verifier(1649367553 - SENT_AT, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");

        verifier.verify(
                Map.of(
                        "webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                        "webhook-timestamp", "1649367553",
                        "webhook-signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
                "{\"email\":\"test@example.com\",\"username\":\"test_user\"}".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void publicKeyVectorIsAccepted() {
        verifier(0, PUBLIC_KEY).verify(headers(V1A), BODY);
        refused(verifier(0, PUBLIC_KEY), headers(V1));
        refused(verifier(0, SECRET), headers(V1A));
    }

    @Test
    void oneRightSignatureOfSeveralIsEnough() {
        verifier(0, SECRET).verify(headers("v1,AAAA v2,xyz " + V1 + " " + V1A), BODY);
        verifier(0, SECRET, PUBLIC_KEY).verify(headers("v1,AAAA " + V1A), BODY);
    }

    @Test
    void whileSecretsAreRotatedEitherCounts() {
        verifier(0, "another-secret", SECRET).verify(headers(V1), BODY);
    }

    @Test
    void namesOfHeadersCountInAnyCaseAndAsLists() {
        verifier(0, SECRET)
                .verify(
                        Map.of(
                                "Webhook-Id", List.of(ID),
                                "WEBHOOK-TIMESTAMP", List.of(Long.toString(SENT_AT)),
                                "Webhook-Signature", List.of(V1)),
                        BODY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"webhook-id", "webhook-timestamp", "webhook-signature"})
    void missingHeaderIsRefused(String name) {
        Map<String, Object> headers = headers(V1);
        headers.remove(name);

        refused(verifier(0, SECRET), headers);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "v1",
                "v1,",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O",
                "v1,g0hM9SsE+OTPJTGt",
                "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "v1a,AAAA",
                "v1,not base64"
            })
    void wrongSignatureIsRefused(String signatures) {
        refused(verifier(0, SECRET, PUBLIC_KEY), headers(signatures));
    }

    @Test
    void timeMayBeFiveMinutesOff() {
        verifier(300, SECRET).verify(headers(V1), BODY);
        verifier(-300, SECRET).verify(headers(V1), BODY);
        refused(verifier(301, SECRET), headers(V1));
        refused(verifier(-301, SECRET), headers(V1));
        Map<String, Object> never = headers(V1);
        never.put("webhook-timestamp", "never");
        refused(verifier(0, SECRET), never);
    }

    @Test
    void changedBodyIsRefused() {
        assertThatThrownBy(() -> verifier(0, SECRET).verify(headers(V1), "{}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidSignatureException.class);
    }

    @Test
    void hexSignatureCountsUnderBothNames() {
        String hex = "5c0ecd8b6a0a7f0d";
        byte[] body = "{\"event\":\"invoice.created\"}".getBytes(StandardCharsets.UTF_8);
        String right = Hex.hmac(SEED_SECRET, body);

        WebhookVerifier.verify(SEED_SECRET, Map.of("X-Signature", "sha256=" + right), body);
        WebhookVerifier.verify(
                SEED_SECRET, Map.of("x-webhook-signature", right.toUpperCase(java.util.Locale.ROOT)), body);
        WebhookVerifier.verify(
                SEED_SECRET, Map.of("X-Signature", "sha256=" + right, "X-Webhook-Signature", right), body);
        for (Map<String, ?> wrong : List.of(
                Map.of("X-Signature", "sha256=" + hex),
                Map.of("X-Signature", ""),
                Map.of("X-Signature", "sha256=" + right, "X-Webhook-Signature", hex),
                Map.of("X-Signature", "sha256=zz" + right.substring(2)),
                Map.of("Content-Type", "application/json"))) {
            assertThatThrownBy(() -> WebhookVerifier.verify(SEED_SECRET, wrong, body))
                    .isInstanceOf(InvalidSignatureException.class);
        }
    }

    @Test
    void rightHexSignatureDoesNotExcuseAWrongStandardOne() {
        Map<String, Object> headers = headers("v1,AAAA");
        headers.put("X-Signature", Hex.hmac(SECRET, BODY));

        refused(verifier(0, SECRET), headers);
    }

    /** The hub signs these two under the new secret alone. */
    @Test
    void hexSignatureUnderAnotherSecretDoesNotSpoilARightStandardOne() {
        Map<String, Object> headers = headers(V1);
        headers.put("X-Signature", Hex.hmac("the-new-secret", BODY));

        verifier(0, SECRET).verify(headers, BODY);
    }

    @Test
    void verifierOfStandardWebhooksOnlyTakesNothingElse() {
        Map<String, Object> hexOnly = Map.of("X-Signature", Hex.hmac(SECRET, BODY));

        verifier(0, SECRET).verify(hexOnly, BODY);
        refused(verifier(0, SECRET).standardOnly(), hexOnly);
        verifier(0, SECRET).standardOnly().verify(headers(V1), BODY);
    }

    @Test
    void whatTheStandardLibrarySignsIsAccepted() throws Exception {
        String signature = new Webhook(SECRET).sign(ID, SENT_AT, "{}");

        assertThatCode(() -> verifier(0, SECRET).verify(headers(signature), "{}".getBytes(StandardCharsets.UTF_8)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "whsec_", "whsec_###", "whpk_AAAA"})
    void secretThatIsNoneIsRefusedAtOnce(String secret) {
        assertThatThrownBy(() -> WebhookVerifier.of(secret)).isInstanceOf(IllegalArgumentException.class);
    }
}
