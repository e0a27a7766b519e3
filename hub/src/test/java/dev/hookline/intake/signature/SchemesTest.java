package dev.hookline.intake.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each scheme but Standard Webhooks, against vectors that others made. */
class SchemesTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_614_265_330);

    private static Scheme scheme(String definition, String secret) throws Problem {
        return SchemeDefinition.parse(Json.read(definition)).under(secret);
    }

    private static Scheme named(String name, String secret) throws Problem {
        return scheme("{\"name\":\"" + name + "\"}", secret);
    }

    private static void verified(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Verified.class);
    }

    private static void refused(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    }

    // ---- HMAC -------------------------------------------------------------------------------------------------------

    /** printf '%s' '{"a":1}' | openssl dgst -sha256 -hmac secret; the other with -sha512 */
    private static final String SHA256 = "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494";

    private static final String SHA512 =
            "42f08c0da01c9a46d4e5663d5f2140526a016507c598182c6769cca2bcf7ba43c395b719b01d288f5ad322564dce1d40ca28ef50b876fc49a33d13d6783114dd";

    @Test
    void hexIsTakenInEitherCaseWithAndWithoutPrefixInEveryHeaderOfTheList() throws Problem {
        Scheme hmac = named("hmac", "secret");

        for (String value :
                List.of(SHA256, "sha256=" + SHA256, "SHA256=" + SHA256.toUpperCase(Locale.ROOT), " " + SHA256)) {
            verified(hmac.verify(TestCall.of("{\"a\":1}", "x-webhook-signature", value), NOW));
            verified(hmac.verify(TestCall.of("{\"a\":1}", "X-Signature", value), NOW));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "test",
                "sha256=",
                "00",
                "sha1=" + SHA256,
                "sha256=sha256=" + SHA256,
                "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a849",
                "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494\u0000",
                "\uff41a9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494",
                "0000000000000000000000000000000000000000000000000000000000000000"
            })
    void whatIsNoSignatureIsRefused(String sent) throws Problem {
        refused(named("hmac", "secret").verify(TestCall.of("{\"a\":1}", "X-Signature", sent), NOW));
    }

    @Test
    void noHeaderAnotherBodyAnotherSecretAndHeadersThatDisagreeAreRefused() throws Problem {
        Scheme hmac = named("hmac", "secret");
        TestCall right = TestCall.of("{\"a\":1}", "X-Signature", SHA256);

        refused(hmac.verify(TestCall.of("{\"a\":1}"), NOW));
        refused(hmac.verify(TestCall.of("{\"a\":2}", "X-Signature", SHA256), NOW));
        refused(named("hmac", "Secret").verify(right, NOW));
        refused(hmac.verify(right.with("X-Webhook-Signature", "0".repeat(64)), NOW));
        verified(hmac.verify(right.with("X-Webhook-Signature", "sha256=" + SHA256), NOW));
    }

    @Test
    void sha512AndAnOwnHeaderAndPrefixAreTaken() throws Problem {
        Scheme hmac = scheme(
                "{\"name\":\"hmac\",\"algorithm\":\"sha512\",\"headers\":[\"X-Own\"],\"prefix\":\"v1:\"}", "secret");

        verified(hmac.verify(TestCall.of("{\"a\":1}", "X-Own", "v1:" + SHA512), NOW));
        refused(hmac.verify(TestCall.of("{\"a\":1}", "X-Own", SHA256), NOW));
    }

    // ---- Shops ------------------------------------------------------------------------------------------------------

    /** printf '%s' '{"id":1}' | openssl dgst -sha256 -hmac shop-secret -binary | base64 */
    @ParameterizedTest
    @CsvSource({"shopify,X-Shopify-Hmac-Sha256", "woocommerce,X-WC-Webhook-Signature"})
    void base64IsTaken(String name, String header) throws Problem {
        Scheme shop = named(name, "shop-secret");
        String right = "plW8VGqq0nDMIEhDqaNNW99asdUCy7EIqLZVcQwtAZ0=";

        verified(shop.verify(TestCall.of("{\"id\":1}", header, right), NOW));
        refused(shop.verify(TestCall.of("{\"id\":1}"), NOW));
        for (String wrong : List.of("", "=", "plW8", right.replace('p', 'q'), right + right + right, "%%%")) {
            refused(shop.verify(TestCall.of("{\"id\":1}", header, wrong), NOW));
        }
    }

    @Test
    void wooCommercesUnsignedPingIsGreetedAndNothingLikeIt() throws Problem {
        Scheme shop = named("woocommerce", "shop-secret");

        assertThat(shop.verify(TestCall.of("webhook_id=7"), NOW)).isInstanceOf(Verdict.Greeting.class);
        for (String other : List.of("webhook_id=", "webhook_id=7&a=b", "webhook_id=" + "7".repeat(40), "x=1")) {
            refused(shop.verify(TestCall.of(other), NOW));
        }
    }

    // ---- GitHub: the vector of its documentation --------------------------------------------------------------------

    @Test
    void gitHubsVectorIsVerifiedAndItsPingIsGreetedOnlyWhenSigned() throws Problem {
        Scheme gitHub = named("github", "It's a Secret to Everybody");
        TestCall call = TestCall.of(
                "Hello, World!",
                "X-Hub-Signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");

        verified(gitHub.verify(call, NOW));
        assertThat(gitHub.verify(call.with("X-GitHub-Event", "ping"), NOW)).isInstanceOf(Verdict.Greeting.class);
        refused(gitHub.verify(TestCall.of("Hello, World?", "X-GitHub-Event", "ping"), NOW));
        refused(gitHub.verify(call.with("X-Hub-Signature-256", null).with("X-GitHub-Event", "ping"), NOW));
    }

    // ---- Stripe -----------------------------------------------------------------------------------------------------

    private static final String STRIPE_BODY = "{\"id\":\"evt_1\"}";

    /** printf '%s' '1614265330.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret */
    private static final String STRIPE = "e135cdbed3dda004bf8a2fb350f2541d299393c770e0b9e6e319dc595e9072aa";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "t=1614265330,v1=" + STRIPE,
                "v1=" + STRIPE + ", t=1614265330",
                "t=1614265330,v0=00,v1=0000,v1=" + STRIPE
            })
    void stripesHeaderIsTakenWithSeveralSignaturesInAnyOrder(String header) throws Problem {
        Verdict verdict =
                named("stripe", "whsec_test_secret").verify(TestCall.of(STRIPE_BODY, "Stripe-Signature", header), NOW);

        assertThat(verdict).isEqualTo(new Verdict.Verified("stripe:" + STRIPE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "t=1614265330",
                "v1=" + STRIPE,
                "t=,v1=" + STRIPE,
                "t=now,v1=" + STRIPE,
                "t=1614265331,v1=" + STRIPE,
                "t=1614265330,v0=" + STRIPE,
                "t=1614265330,v1=",
                "t=1614265330,v1=e135cdbed3dda004",
                "t=9223372036854775807,v1=" + STRIPE,
                "t=-9223372036854775808,v1=" + STRIPE
            })
    void stripesHeaderIsRefused(String header) throws Problem {
        Scheme stripe = named("stripe", "whsec_test_secret");

        refused(stripe.verify(TestCall.of(STRIPE_BODY, "Stripe-Signature", header), NOW));
        refused(stripe.verify(TestCall.of(STRIPE_BODY), NOW));
    }

    @Test
    void timeOffByMoreThanTheToleranceIsRefusedEitherWay() throws Problem {
        TestCall call = TestCall.of(STRIPE_BODY, "Stripe-Signature", "t=1614265330,v1=" + STRIPE);
        Scheme usual = named("stripe", "whsec_test_secret");
        Scheme strict = scheme("{\"name\":\"stripe\",\"tolerance_seconds\":10}", "whsec_test_secret");

        verified(usual.verify(call, NOW.plusSeconds(300)));
        verified(usual.verify(call, NOW.minusSeconds(300)));
        refused(usual.verify(call, NOW.plusSeconds(301)));
        refused(usual.verify(call, NOW.minusSeconds(301)));
        verified(strict.verify(call, NOW.plusSeconds(10)));
        refused(strict.verify(call, NOW.plusSeconds(11)));
    }

    // ---- Slack: the example of its documentation --------------------------------------------------------------------

    private static final String SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
    private static final Instant SLACK_TIME = Instant.ofEpochSecond(1_531_420_618);
    private static final String SLACK_BODY =
            "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
                    + "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
                    + "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
                    + "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    private static final String SLACK_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    @Test
    void slacksExampleIsVerifiedAndNothingLikeIt() throws Problem {
        Scheme slack = named("slack", SLACK_SECRET);
        TestCall call = TestCall.of(
                SLACK_BODY, "X-Slack-Signature", SLACK_SIGNATURE, "X-Slack-Request-Timestamp", "1531420618");

        verified(slack.verify(call, SLACK_TIME));
        refused(slack.verify(call, SLACK_TIME.plusSeconds(301)));
        refused(slack.verify(call.with("X-Slack-Request-Timestamp", "1531420619"), SLACK_TIME));
        refused(slack.verify(call.with("X-Slack-Request-Timestamp", null), SLACK_TIME));
        refused(slack.verify(call.with("X-Slack-Signature", null), SLACK_TIME));
        refused(slack.verify(call.with("X-Slack-Signature", SLACK_SIGNATURE.substring(3)), SLACK_TIME));
        refused(slack.verify(call.with("X-Slack-Signature", SLACK_SIGNATURE.replace("v0", "v1")), SLACK_TIME));
    }

    @Test
    void slacksSignedChallengeIsSentBack() throws Problem {
        Scheme slack = named("slack", SLACK_SECRET);
        String body = "{\"token\":\"x\",\"challenge\":\"3eZbrw1a\",\"type\":\"url_verification\"}";
        TestCall call =
                TestCall.of(body, slack.prove(body.getBytes(UTF_8), "", NOW).orElseThrow());

        assertThat(slack.verify(call, NOW))
                .isEqualTo(new Verdict.Greeting(Json.object().put("challenge", "3eZbrw1a")));
        refused(slack.verify(TestCall.of(body), NOW));
    }

    // ---- Secrets that come along ------------------------------------------------------------------------------------

    @Test
    void bearerIsTakenInAnyCaseOfItsWord() throws Problem {
        Scheme bearer = named("bearer", "token-12345");

        verified(bearer.verify(TestCall.of("", "Authorization", "Bearer token-12345"), NOW));
        verified(bearer.verify(TestCall.of("", "authorization", "bearer token-12345"), NOW));
        for (String wrong : List.of("", "Bearer", "Bearer ", "token-12345", "Bearer token-1234", "Basic token-12345")) {
            refused(bearer.verify(TestCall.of("", "Authorization", wrong), NOW));
        }
        refused(bearer.verify(TestCall.of(""), NOW));
        refused(named("bearer", "").verify(TestCall.of("", "Authorization", "Bearer "), NOW));
    }

    /** RFC 7617, section 2. */
    @Test
    void basicIsTakenWithAUserAndVerbatimWithout() throws Problem {
        Scheme basic = scheme("{\"name\":\"basic\",\"username\":\"Aladdin\"}", "open sesame");
        Scheme verbatim = named("basic", "odoo-auth-token");

        verified(basic.verify(TestCall.of("", "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NOW));
        refused(basic.verify(TestCall.of("", "Authorization", "Basic open sesame"), NOW));
        refused(basic.verify(TestCall.of("", "Authorization", "Basic %%"), NOW));
        verified(verbatim.verify(TestCall.of("", "Authorization", "Basic odoo-auth-token"), NOW));
    }

    @Test
    void apiKeyIsTakenInItsHeader() throws Problem {
        verified(named("api-key", "key-12345678").verify(TestCall.of("", "x-api-key", "key-12345678"), NOW));
        refused(named("api-key", "key-12345678").verify(TestCall.of("", "X-API-Key", "key-12345679"), NOW));
        verified(scheme("{\"name\":\"api-key\",\"header\":\"X-Own\"}", "key-12345678")
                .verify(TestCall.of("", "X-Own", "key-12345678"), NOW));
    }

    @Test
    void secretInTheUrlIsTakenFromThePathOrTheQuery() throws Problem {
        String secret = "0123456789abcdef";
        for (String definition :
                List.of("{\"name\":\"url-secret\"}", "{\"name\":\"url-secret\",\"parameter\":\"key\"}")) {
            Scheme scheme = scheme(definition, secret);
            Proof proof = scheme.prove(new byte[0], "", NOW).orElseThrow();

            verified(scheme.verify(TestCall.of("", proof), NOW));
            refused(scheme.verify(TestCall.of(""), NOW));
            refused(scheme("{\"name\":\"url-secret\"}", "another-secret-12345").verify(TestCall.of("", proof), NOW));
        }
    }

    @Test
    void noneAsksForNothing() throws Problem {
        verified(named("none", "").verify(TestCall.of("anything"), NOW));
    }

    // ---- All of them ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hmac",
                "github",
                "shopify",
                "woocommerce",
                "stripe",
                "slack",
                "standard",
                "basic",
                "bearer",
                "api-key",
                "url-secret",
                "none"
            })
    void whatASchemeProvesItVerifies(String name) throws Problem {
        String secret = "a-secret-of-the-sender";
        Scheme scheme = named(name, secret);
        Proof proof = scheme.prove("{}".getBytes(UTF_8), "id-1", NOW).orElseThrow();

        verified(scheme.verify(TestCall.of("{}", proof), NOW));
        if (!name.equals("none")) {
            refused(named(name, "another-secret-of-it").verify(TestCall.of("{}", proof), NOW));
            refused(scheme.verify(TestCall.of("{}"), NOW));
        }
    }

    @Test
    void duringARotationEitherSecretVerifiesAndTheOldOneEnds() throws Problem {
        Verifier verifier = new Verifier(named("hmac", "new-secret"), named("hmac", "old-secret"), NOW.plusSeconds(60));
        TestCall old = TestCall.of(
                "{}",
                named("hmac", "old-secret").prove("{}".getBytes(UTF_8), "", NOW).orElseThrow());
        TestCall current = TestCall.of(
                "{}",
                named("hmac", "new-secret").prove("{}".getBytes(UTF_8), "", NOW).orElseThrow());

        verified(verifier.verify(old, NOW));
        verified(verifier.verify(current, NOW));
        refused(verifier.verify(old, NOW.plusSeconds(60)));
        verified(verifier.verify(current, NOW.plusSeconds(60)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scheme.name|{}",
                "scheme.name|{\"name\":\"md5\"}",
                "scheme.algorithm|{\"name\":\"hmac\",\"algorithm\":\"sha1\"}",
                "scheme.headers|{\"name\":\"hmac\",\"headers\":[]}",
                "scheme.headers[1]|{\"name\":\"hmac\",\"headers\":[\"X-A\",\"X B\"]}",
                "scheme.prefix|{\"name\":\"hmac\",\"prefix\":1}",
                "scheme.tolerance_seconds|{\"name\":\"stripe\",\"tolerance_seconds\":0}",
                "scheme.username|{\"name\":\"basic\",\"username\":\"a:b\"}",
                "scheme.headers|{\"name\":\"github\",\"headers\":[\"X-A\"]}",
                "scheme.key|{\"name\":\"standard\",\"key\":\"rsa\"}",
                "scheme|[]"
            })
    void wrongDefinitionIsRefusedNamingTheField(String field, String definition) {
        assertThatThrownBy(() -> SchemeDefinition.parse(Json.read(definition)))
                .isInstanceOfSatisfying(Problem.class, problem -> {
                    assertThat(problem.field()).isEqualTo(field);
                    assertThat(problem.status()).isEqualTo(422);
                });
    }

    @Test
    void definitionShowsItsDefaults() throws Problem {
        assertThat(SchemeDefinition.parse(Json.read("{\"name\":\"hmac\"}")).json())
                .isEqualTo(Json.read("""
                        {"name":"hmac","algorithm":"sha256","encoding":"hex",
                         "headers":["X-Webhook-Signature","X-Signature"],"prefix":"sha256="}"""));
    }
}
