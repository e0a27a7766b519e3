package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import dev.hookline.ChildProcess;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
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
        Map<String, String> headers = new OutboundSignature(List.of(WHSEC, SEED_SECRET, OTHER_WHSEC), null)
                .headers("msg_1", Instant.now(), BODY);
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
        ChildProcess.require(isInstalled("python3"), "python3 is not installed");
        String signature = sign(secret).headers("msg_1", Instant.now(), BODY).get("X-Signature");
        assertThat(verifiedByTheSeed(BODY, signature, secret)).isEqualTo("True");
        assertThat(verifiedByTheSeed(BODY, signature, secret + "x")).isEqualTo("False");
        assertThat(verifiedByTheSeed("{}".getBytes(UTF_8), signature, secret)).isEqualTo("False");
    }

    @ParameterizedTest
    @ValueSource(strings = {"whsec_not-base64!", "whsec_a", "whsec_ab=c", "whsec_"})
    void refusesAWhsecSecretThatIsNoBase64WithoutShowingIt(String secret) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OutboundSignature(List.of(SEED_SECRET, secret), null))
                .withMessageStartingWith("The secret starts with whsec_, but ")
                .withNoCause()
                .satisfies(
                        e -> assertThat(e.getMessage().replace("whsec_,", "")).doesNotContain(secret));
    }

    @Test
    void refusesToSignWithNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> new OutboundSignature(List.of(), null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OutboundSignature(List.of(""), null))
                .withMessage("The secret is empty");
    }

    /** The vector of the public standard for {@code v1a}, whose signature is deterministic. */
    @Test
    void signsThePublishedEd25519Vector() {
        String keyPair =
                "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
        Map<String, String> headers = new OutboundSignature(List.of(WHSEC), keyPair)
                .headers(
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant.ofEpochSecond(1_614_265_330),
                        "{\"test\": 2432232314}".getBytes(UTF_8));

        assertThat(OutboundSignature.publicKey(keyPair)).isEqualTo("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        assertThat(headers)
                .containsEntry(
                        "webhook-signature",
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                                + "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==");
    }

    @Test
    void aMadeKeyPairSignsForItsPublicKey() throws Exception {
        String keyPair = OutboundSignature.newKeyPair();
        byte[] raw =
                Base64.getDecoder().decode(OutboundSignature.publicKey(keyPair).substring(5));
        // The fixed beginning of an ed25519 key in X.509 form, RFC 8410.
        byte[] prefix = HexFormat.of().parseHex("302a300506032b6570032100");
        byte[] encoded = Arrays.copyOf(prefix, prefix.length + raw.length);
        System.arraycopy(raw, 0, encoded, prefix.length, raw.length);
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));

        String signatures = new OutboundSignature(List.of(WHSEC), keyPair)
                .headers("msg_1", Instant.ofEpochSecond(7), BODY)
                .get("webhook-signature");

        verifier.update("msg_1.7.".getBytes(UTF_8));
        verifier.update(BODY);
        String last = signatures.substring(signatures.indexOf(" ") + 1);
        assertThat(verifier.verify(Base64.getDecoder().decode(last.substring("v1a,".length()))))
                .isTrue();
    }

    @Test
    void theNpmLibraryVerifiesAlsoWithAKeyPairBesideAndDuringAnOverlap() throws Exception {
        ChildProcess.require(
                isInstalled("node") && isInstalled("npm"),
                "node and npm, which has standardwebhooks from a registry, are not installed");
        Path library = npmLibrary();
        Map<String, String> headers = new OutboundSignature(List.of(WHSEC, SEED_SECRET), OutboundSignature.newKeyPair())
                .headers("msg_1", Instant.now(), BODY);
        String standardSeedSecret = "whsec_" + Base64.getEncoder().encodeToString(SEED_SECRET.getBytes(UTF_8));

        assertThat(verifiedByNpm(library, WHSEC, headers)).isEqualTo("accepted");
        assertThat(verifiedByNpm(library, standardSeedSecret, headers)).isEqualTo("accepted");
        assertThat(verifiedByNpm(library, OTHER_WHSEC, headers)).isEqualTo("No matching signature found");
    }

    @ParameterizedTest
    @ValueSource(strings = {SEED_SECRET, WHSEC, "ключ с пробелом"})
    void theSeedsNodeCodeVerifiesOnceItComparesBytes(String secret) throws Exception {
        ChildProcess.require(isInstalled("node"), "node is not installed");
        String signature = sign(secret).headers("msg_1", Instant.now(), BODY).get("X-Signature");

        assertThat(verifiedBySeedsNode(BODY, signature, secret)).isEqualTo("true");
        assertThat(verifiedBySeedsNode(BODY, signature, secret + "x")).isEqualTo("false");
        assertThat(verifiedBySeedsNode("{}".getBytes(UTF_8), signature, secret)).isEqualTo("false");
    }

    private static String verifiedBySeedsNode(byte[] body, String signature, String secret) throws Exception {
        String script = resource("/seeds/004_verify_webhook.js") + """

                const body = require('fs').readFileSync(0);
                console.log(verifyWebhook(body, process.argv[1], process.argv[2]));
                """;
        return output(body, "node", "-e", script, signature, secret);
    }

    private static String verifiedByNpm(Path library, String secret, Map<String, String> headers) throws Exception {
        String script = """
                const { Webhook } = require(process.argv[1]);
                const body = require('fs').readFileSync(0).toString();
                try {
                  new Webhook(process.argv[2]).verify(body, JSON.parse(process.argv[3]));
                  console.log('accepted');
                } catch (e) {
                  console.log(e.message);
                }
                """;
        return output(
                BODY,
                "node",
                "-e",
                script,
                library.resolve("node_modules/standardwebhooks")
                        .toAbsolutePath()
                        .toString(),
                secret,
                Json.write(headers));
    }

    /** Installed once, by npm as it is set up on this machine. */
    private static Path npmLibrary() throws Exception {
        Path folder = Path.of("target", "npm");
        if (!Files.exists(folder.resolve("node_modules/standardwebhooks/package.json"))) {
            Files.createDirectories(folder);
            String said = output(
                    new byte[0],
                    "npm",
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "--prefix",
                    folder.toAbsolutePath().toString(),
                    "standardwebhooks@1.1.1");
            assertThat(folder.resolve("node_modules/standardwebhooks/package.json"))
                    .as("standardwebhooks comes from an npm registry; npm said: %s", said)
                    .exists();
        }
        return folder;
    }

    private static OutboundSignature sign(String secret) {
        return new OutboundSignature(List.of(secret), null);
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
    private static String verifiedByTheSeed(byte[] body, String signature, String secret) throws Exception {
        String script = resource("/seeds/004_verify_webhook.py")
                + "\nimport sys\nprint(verify_webhook(sys.stdin.buffer.read(), sys.argv[1], sys.argv[2]))\n";
        return output(body, "python3", "-c", script, signature, secret);
    }

    private static String output(byte[] input, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("PYTHONUTF8", "1");
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input);
        }
        String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private static boolean isInstalled(String program) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
            return process.waitFor() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private static String resource(String path) throws IOException {
        try (InputStream in = OutboundSignatureTest.class.getResourceAsStream(path)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
