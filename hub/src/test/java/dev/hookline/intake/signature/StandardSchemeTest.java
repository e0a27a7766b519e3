package dev.hookline.intake.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.net.http.HttpHeaders;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandardSchemeTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final String TIME = "1614265330";
    private static final String BODY = "{\"test\": 2432232314}";
    private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static final Instant NOW = Instant.ofEpochSecond(1_614_265_330);

    private static final String PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    private static final String ED25519 =
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

    private static final TestCall CALL =
            TestCall.of(BODY, "webhook-id", ID, "webhook-timestamp", TIME, "webhook-signature", SIGNATURE);

    private static Scheme shared(String secret) throws Problem {
        return SchemeDefinition.parse(Json.read("{\"name\":\"standard\"}")).under(secret);
    }

    private static Scheme ed25519(String key) throws Problem {
        return SchemeDefinition.parse(Json.read("{\"name\":\"standard\",\"key\":\"ed25519\"}"))
                .under(key);
    }

    private static void refused(Scheme scheme, TestCall call) {
        assertThat(scheme.verify(call, NOW)).isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void publishedVectorsAreVerifiedWithTheMessagesIdAsTheCalls() throws Problem {
        assertThat(shared(SECRET).verify(CALL, NOW)).isEqualTo(new Verdict.Verified(ID));

        TestCall other = TestCall.of(
                "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
                "webhook-id",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                "webhook-timestamp",
                "1649367553",
                "webhook-signature",
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
        assertThat(shared("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").verify(other, Instant.ofEpochSecond(1_649_367_553)))
                .isInstanceOf(Verdict.Verified.class);
    }

    @Test
    void secretIsTakenWithOrWithoutItsPrefixAndAsText() throws Exception {
        assertThat(shared(SECRET.substring(6)).verify(CALL, NOW)).isInstanceOf(Verdict.Verified.class);

        String text = "my-webhook-secret-12345678";
        Instant now = Time.system().now();
        String signature = new Webhook(Base64.getEncoder().encodeToString(text.getBytes(UTF_8)))
                .sign(ID, now.getEpochSecond(), BODY);
        TestCall call = TestCall.of(
                BODY,
                "webhook-id",
                ID,
                "webhook-timestamp",
                Long.toString(now.getEpochSecond()),
                "webhook-signature",
                signature);
        assertThat(shared(text).verify(call, now)).isInstanceOf(Verdict.Verified.class);
    }

    @Test
    void libraryVerifiesWhatWeProve() throws Exception {
        Proof proof = shared(SECRET)
                .prove(BODY.getBytes(UTF_8), "msg_1", Time.system().now())
                .orElseThrow();
        Map<String, List<String>> headers = proof.headers().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, header -> List.of(header.getValue())));

        new Webhook(SECRET).verify(BODY, HttpHeaders.of(headers, (_, _) -> true));
    }

    @Test
    void ed25519VectorIsVerifiedWithAndWithoutThePrefixOfTheKey() throws Problem {
        TestCall call = CALL.with("webhook-signature", ED25519);

        assertThat(ed25519(PUBLIC_KEY).verify(call, NOW)).isEqualTo(new Verdict.Verified(ID));
        assertThat(ed25519(PUBLIC_KEY.substring(5)).verify(call, NOW)).isEqualTo(new Verdict.Verified(ID));
    }

    @Test
    void ed25519SignatureOfAnotherKeyBodyIdOrTimeIsRefused() throws Exception {
        Scheme scheme = ed25519(PUBLIC_KEY);
        TestCall call = CALL.with("webhook-signature", ED25519);
        KeyPair own = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(own.getPrivate());
        signer.update((ID + "." + TIME + "." + BODY).getBytes(UTF_8));
        String other = "v1a," + Base64.getEncoder().encodeToString(signer.sign());
        byte[] encoded = own.getPublic().getEncoded();
        String ownKey =
                Base64.getEncoder().encodeToString(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));

        refused(scheme, call.with("webhook-signature", other));
        assertThat(ed25519(ownKey).verify(call.with("webhook-signature", other), NOW))
                .isInstanceOf(Verdict.Verified.class);
        refused(scheme, call.with("webhook-id", "msg_other"));
        refused(scheme, call.with("webhook-timestamp", "1614265331"));
        refused(scheme, new TestCall("{}", call.headers(), Map.of(), null));
        refused(scheme, call.with("webhook-signature", "v1a,AAAA"));
        refused(scheme, call.with("webhook-signature", "v1a,"));
        refused(scheme, CALL);
        assertThat(scheme.prove(new byte[0], ID, NOW)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"webhook-id", "webhook-timestamp", "webhook-signature"})
    void missingOrEmptyHeaderIsRefused(String header) throws Problem {
        refused(shared(SECRET), CALL.with(header, null));
        refused(shared(SECRET), CALL.with(header, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v1,",
                "v1",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O==",
                "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "v1,%%%",
                "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
            })
    void truncatedEmptyUnknownOrWrongSignatureIsRefused(String signature) throws Problem {
        refused(shared(SECRET), CALL.with("webhook-signature", signature));
    }

    @Test
    void oneRightSignatureAmongSeveralIsEnough() throws Problem {
        String several = "v1,AAAA v2,BBBB " + SIGNATURE + " " + ED25519;

        assertThat(shared(SECRET).verify(CALL.with("webhook-signature", several), NOW))
                .isInstanceOf(Verdict.Verified.class);
        assertThat(ed25519(PUBLIC_KEY).verify(CALL.with("webhook-signature", several), NOW))
                .isInstanceOf(Verdict.Verified.class);
    }

    @Test
    void timeMoreThanFiveMinutesOffIsRefused() throws Problem {
        Scheme scheme = shared(SECRET);

        assertThat(scheme.verify(CALL, NOW.plusSeconds(300))).isInstanceOf(Verdict.Verified.class);
        assertThat(scheme.verify(CALL, NOW.plusSeconds(301))).isInstanceOf(Verdict.Refused.class);
        assertThat(scheme.verify(CALL, NOW.minusSeconds(301))).isInstanceOf(Verdict.Refused.class);
        refused(scheme, CALL.with("webhook-timestamp", "1614265330x"));
        refused(scheme, CALL.with("webhook-timestamp", "9999999999999999999"));
    }

    @Test
    void headerNamesCountInAnyCaseAndUnderAnotherPrefix() throws Problem {
        TestCall upper = TestCall.of(BODY, "WEBHOOK-ID", ID, "Webhook-Timestamp", TIME, "Webhook-Signature", SIGNATURE);
        TestCall svix = TestCall.of(BODY, "svix-id", ID, "svix-timestamp", TIME, "svix-signature", SIGNATURE);

        assertThat(shared(SECRET).verify(upper, NOW)).isInstanceOf(Verdict.Verified.class);
        assertThat(SchemeDefinition.parse(Json.read("{\"name\":\"standard\",\"header_prefix\":\"svix-\"}"))
                        .under(SECRET)
                        .verify(svix, NOW))
                .isInstanceOf(Verdict.Verified.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"whsec_%%%", "whsec_"})
    void secretThatIsNoneIsRefusedWithoutShowingIt(String secret) {
        assertThatThrownBy(() -> shared(secret)).isInstanceOf(Problem.class).hasMessageNotContaining("%%%");
        assertThatThrownBy(() -> ed25519("whpk_AAAA")).isInstanceOf(Problem.class);
    }
}
