package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundSignatureTest {
    private static final String SEED_SECRET = "my-webhook-secret-12345678";
    private static final String WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String OTHER_WHSEC = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private static final byte[] BODY = "{\"event\":\"invoice.created\",\"name\":\"Añil 𝄞\"}".getBytes(UTF_8);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                WHSEC + "|msg_p5jXN8AQM9LWM0D4loKWxJek|1614265330|{\"test\": 2432232314}"
                        + "|v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                OTHER_WHSEC + "|msg_27UH4WbU6Z5A5EzD8u03UvzRbpk|1649367553"
                        + "|{\"email\":\"test@example.com\",\"username\":\"test_user\"}"
                        + "|v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            })
    void signsThePublishedVectors(String secret, String id, long seconds, String body, String signature) {
        Map<String, String> headers =
                sign(secret).headers(id, Instant.ofEpochSecond(seconds, 999_999_999), body.getBytes(UTF_8));
        assertThat(headers)
                .containsEntry("webhook-id", id)
                .containsEntry("webhook-timestamp", Long.toString(seconds))
                .containsEntry("webhook-signature", signature);
    }

    /** The hex is that of: printf '%s' '{"a":1}' | openssl dgst -sha256 -hmac secret */
    @Test
    void sendsTheSameHexInBothPlainHeaders() {
        String hex = "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494";
        assertThat(sign("secret").headers("id", Instant.EPOCH, "{\"a\":1}".getBytes(UTF_8)))
                .containsEntry("X-Signature", "sha256=" + hex)
                .containsEntry("X-Webhook-Signature", hex)
                .hasSize(5);
    }

    /** The hex is that of: printf '%s' '{"a":1}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw */
    @Test
    void thePlainHeadersUseTheTextOfAWhsecSecretAsGiven() {
        assertThat(sign(WHSEC).headers("id", Instant.EPOCH, "{\"a\":1}".getBytes(UTF_8)))
                .containsEntry(
                        "X-Webhook-Signature", "45ec03b2b33403c8043a90de06bedad0827183927115fd7e448ef97eeb13c5be");
    }

    @ParameterizedTest
    @ValueSource(strings = {SEED_SECRET, WHSEC, OTHER_WHSEC, "ключ с пробелом"})
    void theStandardWebhooksLibraryVerifies(String secret) throws Exception {
        Map<String, String> headers = sign(secret).headers("msg_1", Instant.now(), BODY);
        verifier(secret).verify(new String(BODY, UTF_8), http(headers));
    }

    @Test
    void whileSecretsRotateEachOfThemVerifies() throws Exception {
        Map<String, String> headers =
                new OutboundSignature(List.of(WHSEC, SEED_SECRET, OTHER_WHSEC)).headers("msg_1", Instant.now(), BODY);
        assertThat(headers.get("webhook-signature").split(" ")).hasSize(3).allMatch(part -> part.startsWith("v1,"));
        for (String secret : List.of(WHSEC, SEED_SECRET, OTHER_WHSEC)) {
            assertThatCode(() -> verifier(secret).verify(new String(BODY, UTF_8), http(headers)))
                    .doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> verifier("another").verify(new String(BODY, UTF_8), http(headers)))
                .isInstanceOf(WebhookVerificationException.class);
        assertThat(headers.get("X-Signature"))
                .isEqualTo(sign(WHSEC).headers("x", Instant.EPOCH, BODY).get("X-Signature"));
    }

    @Test
    void theStandardSignatureCoversIdTimeAndBody() {
        OutboundSignature signature = sign(SEED_SECRET);
        String one = signature.headers("a", Instant.EPOCH, BODY).get("webhook-signature");
        assertThat(signature.headers("a", Instant.EPOCH, BODY).get("webhook-signature"))
                .isEqualTo(one);
        assertThat(signature.headers("b", Instant.EPOCH, BODY).get("webhook-signature"))
                .isNotEqualTo(one);
        assertThat(signature.headers("a", Instant.EPOCH.plusSeconds(1), BODY).get("webhook-signature"))
                .isNotEqualTo(one);
        assertThat(signature.headers("a", Instant.EPOCH, new byte[0]).get("webhook-signature"))
                .isNotEqualTo(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {SEED_SECRET, WHSEC, "ключ с пробелом"})
    void theSeedsOwnPythonVerifies(String secret) throws Exception {
        assumeTrue(hasPython(), "python3 is not installed");
        String signature = sign(secret).headers("msg_1", Instant.now(), BODY).get("X-Signature");
        assertThat(verifiedByTheSeed(BODY, signature, secret)).isEqualTo("True");
        assertThat(verifiedByTheSeed(BODY, signature, secret + "x")).isEqualTo("False");
        assertThat(verifiedByTheSeed("{}".getBytes(UTF_8), signature, secret)).isEqualTo("False");
    }

    @ParameterizedTest
    @ValueSource(strings = {"whsec_not-base64!", "whsec_a", "whsec_ab=c", "whsec_"})
    void refusesAWhsecSecretThatIsNoBase64WithoutShowingIt(String secret) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OutboundSignature(List.of(SEED_SECRET, secret)))
                .withMessageStartingWith("The secret starts with whsec_, but ")
                .withNoCause()
                .satisfies(
                        e -> assertThat(e.getMessage().replace("whsec_,", "")).doesNotContain(secret));
    }

    @Test
    void refusesToSignWithNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> new OutboundSignature(List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OutboundSignature(List.of("")))
                .withMessage("The secret is empty");
    }

    private static OutboundSignature sign(String secret) {
        return new OutboundSignature(List.of(secret));
    }

    private static Webhook verifier(String secret) throws Exception {
        return secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret.getBytes(UTF_8));
    }

    private static HttpHeaders http(Map<String, String> headers) {
        return HttpHeaders.of(
                headers.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, entry -> List.of(entry.getValue()))),
                (_, _) -> true);
    }

    /** What the seed's {@code verify_webhook} says, its text unchanged. */
    private static String verifiedByTheSeed(byte[] body, String signature, String secret)
            throws IOException, InterruptedException {
        String script = seedScript()
                + "\nimport sys\nprint(verify_webhook(sys.stdin.buffer.read(), sys.argv[1], sys.argv[2]))\n";
        ProcessBuilder builder = new ProcessBuilder("python3", "-c", script, signature, secret);
        builder.environment().put("PYTHONUTF8", "1");
        Process python = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var stdin = python.getOutputStream()) {
            stdin.write(body);
        }
        assertThat(python.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new String(python.getInputStream().readAllBytes(), UTF_8).strip();
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            Process python = new ProcessBuilder("python3", "--version")
                    .redirectErrorStream(true)
                    .start();
            python.getInputStream().transferTo(OutputStream.nullOutputStream());
            return python.waitFor() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private static String seedScript() throws IOException {
        try (InputStream in = OutboundSignatureTest.class.getResourceAsStream("/seeds/004_verify_webhook.py")) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
