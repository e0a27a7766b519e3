package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionFieldsTest {
    private static final String REQUIRED = "\"url\":\"https://example.org/\",\"event\":\"invoice.created\"";
    private static final SubscriptionSettings PLAIN = SubscriptionSettings.of(
            URI.create("https://example.org/"), List.of("invoice.created"), Signing.with("a secret of some length"));

    @TempDir
    Path folder;

    private static SubscriptionFields fields(String json) {
        return new SubscriptionFields((ObjectNode) Json.read(json), new TargetUrlRules(new AddressRules("127.0.0.1")));
    }

    private static SubscriptionSettings create(String more) throws Problem {
        return fields("{" + REQUIRED + (more.isEmpty() ? "" : "," + more) + "}").create();
    }

    private static SubscriptionSettings change(SubscriptionSettings before, String json) throws Problem {
        return fields(json).change(before);
    }

    private static Problem problem(String more) {
        return catchThrowableOfType(Problem.class, () -> create(more));
    }

    @Test
    void theSeedsThreeFieldsAreEnough() throws Exception {
        assertThat(create("\"secret\":\"a secret of some length\"")).isEqualTo(PLAIN);
        assertThat(create("").signing().secret()).startsWith("whsec_");
    }

    @Test
    void eventAndEventsAreTakenTogetherEachOnce() throws Exception {
        assertThat(create("\"events\":[\"invoice.*\",\"invoice.created\",\"*\"]")
                        .events())
                .containsExactly("invoice.created", "invoice.*", "*");
        assertThat(change(PLAIN, "{\"events\":[\"a.b\",\"c\"]}").events()).containsExactly("a.b", "c");
        assertThat(change(PLAIN, "{\"event\":null}").events()).containsExactly("invoice.created");
    }

    @Test
    void everythingCanBeSetAndGoesBackToItsDefaultWithNull() throws Exception {
        SubscriptionSettings set = create("""
                "name":"Books","description":"all","filter":"data.amount > 1","payload_form":"cloudevents",
                "secret":"a secret of some length",
                "retry_policy":[60,120],"timeout_seconds":7,"ordered":true,"on_dead":"continue","concurrency":3,
                "throttle_per_second":5,"ed25519":true,"headers":{"X-Key":"value"},
                "auth":{"type":"basic","username":"u","password":"p"}""");

        assertThat(set.delivery())
                .isEqualTo(new DeliverySettings(
                        RetryPolicy.own(List.of(60, 120)),
                        Duration.ofSeconds(7),
                        true,
                        DeliverySettings.OnDead.CONTINUE,
                        3,
                        5));
        assertThat(set.signing().keyPair()).startsWith("whsk_");
        assertThat(set.headers()).isEqualTo(Map.of("X-Key", "value"));
        assertThat(set.auth()).isEqualTo(new OutboundAuth.Basic("u", "p"));
        assertThat(change(set, "{}")).isEqualTo(set);
        assertThat(change(set, """
                {"name":null,"description":null,"filter":null,"payload_form":null,"retry_policy":null,
                 "timeout_seconds":null,"ordered":null,"on_dead":null,"concurrency":null,"throttle_per_second":null,
                 "ed25519":null,"headers":null,"auth":null,"tls":null,"secret":null,"url":null,"events":null}""")).isEqualTo(PLAIN);
    }

    @Test
    void aKeyPairIsKeptUntilItIsTakenAway() throws Exception {
        SubscriptionSettings signed = change(PLAIN, "{\"ed25519\":true}");

        assertThat(change(signed, "{\"ed25519\":true}").signing().keyPair())
                .isEqualTo(signed.signing().keyPair());
        assertThat(change(signed, "{\"ed25519\":false}").signing().keyPair()).isNull();
    }

    @Test
    void aSecretGivenInAChangeCountsAloneAtOnce() throws Exception {
        SubscriptionSettings rotated = PLAIN.with(PLAIN.signing().rotated("second secret", Instant.MAX));

        assertThat(change(rotated, "{\"secret\":\"third secret\"}").signing()).isEqualTo(Signing.with("third secret"));
        assertThat(change(rotated, "{\"secret\":\"second secret\"}").signing()).isEqualTo(rotated.signing());
    }

    @Test
    void oauth2IsRead() throws Exception {
        assertThat(create("""
                "auth":{"type":"oauth2","token_url":"https://id.example.org/token","client_id":"c","client_secret":"s",
                "scope":"a b","client_auth":"body"}""").auth())
                .isEqualTo(new OutboundAuth.OAuth2(
                        URI.create("https://id.example.org/token"), "c", "s", "a b", null, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "\"url\":\"https://10.0.0.1/\" | url",
                "\"event\":\"inv*\" | event",
                "\"event\":7 | event",
                "\"events\":[] | events",
                "\"events\":[7] | events",
                "\"events\":[\"a.**\"] | events",
                "\"filter\":\"data.amount >\" | filter",
                "\"filter\":\"\" | filter",
                "\"name\":7 | name",
                "\"payload_form\":\"xml\" | payload_form",
                "\"retry_policy\":\"never\" | retry_policy",
                "\"retry_policy\":[0] | retry_policy",
                "\"retry_policy\":[604801] | retry_policy",
                "\"retry_policy\":[1.5] | retry_policy",
                "\"retry_policy\":{} | retry_policy",
                "\"timeout_seconds\":0 | timeout_seconds",
                "\"timeout_seconds\":61 | timeout_seconds",
                "\"ordered\":\"yes\" | ordered",
                "\"on_dead\":\"stop\" | on_dead",
                "\"concurrency\":0 | concurrency",
                "\"concurrency\":33 | concurrency",
                "\"throttle_per_second\":0.5 | throttle_per_second",
                "\"secret\":\"short\" | secret",
                "\"secret\":\"whsec_no-base64!\" | secret",
                "\"ed25519\":\"yes\" | ed25519",
                "\"headers\":[] | headers",
                "\"headers\":{\"Host\":\"x\"} | headers",
                "\"headers\":{\"content-LENGTH\":\"1\"} | headers",
                "\"headers\":{\"Transfer-Encoding\":\"chunked\"} | headers",
                "\"headers\":{\"X-Signature\":\"x\"} | headers",
                "\"headers\":{\"Webhook-Id\":\"x\"} | headers",
                "\"headers\":{\"Proxy-Authorization\":\"x\"} | headers",
                "\"headers\":{\"a b\":\"x\"} | headers",
                "\"headers\":{\"\":\"x\"} | headers",
                "\"headers\":{\"X-A\":\"x\\ny\"} | headers",
                "\"headers\":{\"X-A\":\" x\"} | headers",
                "\"headers\":{\"X-A\":\"\u00e9\"} | headers",
                "\"headers\":{\"X-A\":\"\u2026gth1\"} | headers",
                "\"headers\":{\"X-A\":7} | headers",
                "\"headers\":{\"X-A\":\"1\",\"x-a\":\"2\"} | headers",
                "\"headers\":{\"authorization\":\"x\"},\"auth\":{\"type\":\"bearer\",\"token\":\"t\"} | headers",
                "\"auth\":\"basic\" | auth",
                "\"auth\":{} | auth.type",
                "\"auth\":{\"type\":\"digest\"} | auth.type",
                "\"auth\":{\"type\":\"basic\",\"username\":\"a:b\",\"password\":\"p\"} | auth.username",
                "\"auth\":{\"type\":\"basic\",\"username\":\"a\"} | auth.password",
                "\"auth\":{\"type\":\"bearer\",\"token\":\"a b\"} | auth.token",
                "\"auth\":{\"type\":\"bearer\",\"token\":\"\u2026abcd\"} | auth.token",
                "\"auth\":{\"type\":\"oauth2\",\"client_id\":\"c\",\"client_secret\":\"s\"} | auth.token_url",
                "\"auth\":{\"type\":\"oauth2\",\"token_url\":\"https://169.254.169.254/\",\"client_id\":\"c\",\"client_secret\":\"s\"} | auth.token_url",
                "\"auth\":{\"type\":\"oauth2\",\"token_url\":\"https://2130706433/\",\"client_id\":\"c\",\"client_secret\":\"s\"} | auth.token_url",
                "\"auth\":{\"type\":\"oauth2\",\"token_url\":\"https://u:p@example.org/\",\"client_id\":\"c\",\"client_secret\":\"s\"} | auth.token_url",
                "\"tls\":{\"certificate\":\"x\"} | tls.private_key",
                "\"tls\":{\"private_key\":\"x\"} | tls.certificate",
                "\"tls\":{\"ca\":\"x\"} | tls.ca",
                "\"tls\":{\"certificate\":\"x\",\"private_key\":\"x\"} | tls.certificate",
            })
    void aWrongFieldIsNamed(String more, String field) {
        Problem problem = problem(more);

        assertThat(problem.status()).isEqualTo(422);
        assertThat(problem.field()).isEqualTo(field);
        assertThat(problem.text()).isNotBlank();
    }

    @Test
    void tlsIsCheckedAgainstItsKeyAndTheUrl() throws Exception {
        TestCertificates certificates = new TestCertificates(folder);
        ObjectNode tls = Json.object()
                .put("certificate", certificates.certificate("client"))
                .put("private_key", certificates.key("client"))
                .put("ca", certificates.certificate("authority"));

        assertThat(create("\"tls\":" + tls).tls())
                .isEqualTo(new ClientTls(
                        certificates.certificate("client"),
                        certificates.key("client"),
                        certificates.certificate("authority")));
        assertThat(problem("\"tls\":" + tls + ",\"url\":\"http://127.0.0.1/\"").field())
                .isEqualTo("tls");
        tls.put("private_key", certificates.key("good"));
        assertThat(problem("\"tls\":" + tls).field()).isEqualTo("tls.private_key");
    }
}
