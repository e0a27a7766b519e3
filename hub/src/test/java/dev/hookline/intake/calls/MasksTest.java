package dev.hookline.intake.calls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.kernel.Json;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MasksTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "Cookie",
                "X-API-Key",
                "Stripe-Signature",
                "X-Shopify-Hmac-Sha256",
                "webhook-signature",
                "X-Gitlab-Token",
                "Proxy-Authorization"
            })
    void headerThatIsSecretIsMasked(String name) {
        assertThat(Masks.headers(Map.of(name, "s3cret").entrySet(), Set.of()))
                .doesNotContain("s3cret")
                .contains("***");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/in/shop/s3cret",
                "https://hub.example.org/in/shop/s3cret?a=b",
                "/in/shop?k=s3cret",
                "/x?token=s3cret"
            })
    void urlInAHeaderIsMaskedAsTheCallsOwn(String url) {
        assertThat(Masks.headers(Map.of("X-Original-URL", url).entrySet(), Set.of("k")))
                .doesNotContain("s3cret")
                .contains("***");
    }

    @Test
    void otherHeadersAreKeptAndCut() {
        String json = Masks.headers(
                Map.of("X-Shopify-Topic", "orders/create", "X-Long", "x".repeat(9_000))
                        .entrySet(),
                Set.of());

        assertThat(Json.read(json).path("x-shopify-topic").asText()).isEqualTo("orders/create");
        assertThat(json).hasSizeLessThan(700);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/in/shop | /in/shop",
                "/in/shop/s3cret | /in/shop/***",
                "/in/shop/s3cret?a=b | /in/shop/***?a=b",
                "/in/shop?key=s3cret&a=b&access_token=s3cret | /in/shop?key=***&a=b&access_token=***",
                "/in/shop?%6bey=s3cret | /in/shop?%6bey=***",
                "/in/shop?K=s3cret&b=1 | /in/shop?K=***&b=1",
                "/in/shop?b=1;k=s3cret | /in/shop?b=1&k=***",
                "/in/shop%2Fs3cret | /in/shop/***",
                "/in/shop%2fs3cret/x | /in/shop/***",
                "/api/webhook/booking?x | /api/webhook/booking?x"
            })
    void secretInTheUriIsMasked(String uri, String masked) {
        assertThat(Masks.uri(uri, Set.of("k"))).isEqualTo(masked);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "{\"password\":\"a\\\"b\",\"x\":1} | {\"password\":\"***\",\"x\":1}",
                "{\"client_secret\" : \"a\"} | {\"client_secret\" : \"***\"}",
                "{\"a\":[{\"apiKey\":123}]} | {\"a\":[{\"apiKey\":\"***\"}]}",
                "{\"access_token\":\"a\",\"note\":\"token\"} | {\"access_token\":\"***\",\"note\":\"token\"}",
                "token=s3cret&team_id=T1 | token=***&team_id=T1",
                "a=b&user%5Bpassword%5D=s3cret | a=b&user%5Bpassword%5D=***",
                "payload=%7B%22token%22%3A%22s3%5C%22cret%22%2C%22a%22%3A1%7D | payload=%7B%22token%22%3A%22***%22%2C%22a%22%3A1%7D",
                "payload=%7b%22token%22:+123%7d | payload=%7b%22token%22:+%22***%22%7d"
            })
    void secretMembersOfABodyAreMasked(String body, String masked) {
        Masks.Kept kept = Masks.body(body.strip().getBytes(UTF_8));

        assertThat(kept.text()).isEqualTo(masked);
        assertThat(kept.masked()).isTrue();
    }

    @Test
    void secretThatTheLimitCutsIsMaskedToo() {
        String start = "{\"note\":\"" + "x".repeat(Masks.BODY_BYTES_MAX - 40) + "\",\"password\":\"s3cret";
        for (String end : new String[] {"", "\\"}) {
            String body = start + end + "s3cret".repeat(10) + "\"}";

            Masks.Kept kept = Masks.body(body.getBytes(UTF_8));

            assertThat(kept.cut()).isTrue();
            assertThat(kept.text()).endsWith("\"password\":\"***\"").doesNotContain("s3cret");
        }
    }

    @Test
    void bodyIsKeptAsItIsCutAtALimitAndInBase64WhereItIsNoText() {
        assertThat(Masks.body("{\"ü\":1}".getBytes(UTF_8))).isEqualTo(new Masks.Kept("{\"ü\":1}", false, false, false));
        assertThat(Masks.body("webhook_id=7".getBytes(UTF_8)).masked()).isFalse();
        assertThat(Masks.body("{\"ü\":1}".getBytes(ISO_8859_1)).base64()).isTrue();
        assertThat(Masks.body(new byte[] {'a', 0}).base64()).isTrue();
        Masks.Kept cut = Masks.body("ü".repeat(60_000).getBytes(UTF_8));
        assertThat(cut.cut()).isTrue();
        assertThat(cut.text()).startsWith("üü").hasSizeBetween(32_700, 32_768);
        assertThat(Masks.body(("x" + "𝄞".repeat(30_000)).getBytes(UTF_8)).text())
                .startsWith("x𝄞");
    }
}
