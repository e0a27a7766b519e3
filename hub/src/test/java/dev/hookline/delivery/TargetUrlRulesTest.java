package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetUrlRulesTest {
    private static final TargetUrlRules STRICT = new TargetUrlRules(new AddressRules(""));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://webhook.site/your-unique-id",
                "HTTPS://Example.COM",
                "https://example.com:8443/a/b?c=d%20e",
                "https://example.com:1",
                "https://example.com:65535/",
                "https://8.8.8.8/",
                "https://[2606:4700:4700::1111]:8443/x",
                "https://[::ffff:8.8.8.8]/",
                "https://xn--bcher-kva.example/",
                "https://0x7f.example.com/",
                "https://127.0.0.1.example.com/",
                "https://intranet/",
            })
    void acceptsUrlsThatNameAPublicPlaceOrAHostYetToBeResolved(String url) {
        assertThat(STRICT.judge(url)).isEqualTo(new TargetUrl.Accepted(URI.create(url)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "http://example.com/ | The URL must start with https://; http is only for addresses that",
                "ftp://example.com/ | The URL must start with https://",
                "example.com/hook | The URL must start with https://",
                "//example.com/hook | The URL must start with https://",
                "javascript:alert(1) | The URL must start with https://",
                "https: | This is not a URL",
                "https:example.com | The URL has no host",
                "https:/example.com | The URL has no host",
                "https:///path | The URL has no host",
                "https://:8443/ | The URL has no host",
                "https://user@example.com/ | The URL must not hold a user name",
                "https://user:pass@127.0.0.1/ | The URL must not hold a user name",
                "https://example.com@127.1/ | The URL must not hold a user name",
                "https://example.com/#part | The URL must not have a fragment",
                "https://example.com/# | The URL must not have a fragment",
                "https://example.com:0/ | The port of the URL",
                "https://example.com:65536/ | The port of the URL",
                "https://example.com:/ | The port of the URL",
                "https://example.com:0443/ | The port of the URL",
                "https://example.com:99999999999/ | The port of the URL",
                "https://example.com:80:80/ | The port of the URL",
                "https://example.com:-1/ | The port of the URL",
                "https://example.com/a b | The URL has a space or a character beyond ASCII",
                "https://b\u00fccher.example/ | The URL has a space or a character beyond ASCII",
                "https://\uff11\uff12\uff17.0.0.1/ | The URL has a space or a character beyond ASCII",
                "https://127\u30020.0.1/ | The URL has a space or a character beyond ASCII",
                "https://example.com\\@127.0.0.1/ | This is not a URL",
                "https://example.com/<x> | This is not a URL",
                "https://my_host.example/ | 'my_host.example' is not a valid host name",
                "https://-a.example/ | '-a.example' is not a valid host name",
                "https://a..example/ | 'a..example' is not a valid host name",
                "https://.example/ | '.example' is not a valid host name",
                "https://*.example/ | '*.example' is not a valid host name",
                "https://example.1a/ | 'example.1a' is not a valid host name",
                "https://example.com./ | The host 'example.com.' must not end with a dot",
            })
    void saysWhatIsWrongWithAUrl(String url, String reason) {
        assertThat(refusal(STRICT, url)).startsWith(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/",
                "https://10.0.0.1:8443/",
                "https://169.254.169.254/latest/meta-data/",
                "https://0.0.0.0/",
                "https://2130706433/",
                "https://017700000001/",
                "https://0177.0.0.1/",
                "https://0177.0.0.01/",
                "https://127.0.0.01/",
                "https://127.0.0.001/",
                "https://0x7f.1/",
                "https://0x7f000001/",
                "https://0X7F.0x0.0x0.0x1/",
                "https://0x/",
                "https://127.1/",
                "https://127.0.1/",
                "https://0/",
                "https://127.0.0.1./",
                "https://127.1./",
                "https://127.0.0.256/",
                "https://1.2.3.4.5/",
                "https://example.123/",
                "https://example.0x7f/",
                "https://08.8.8.8/",
                "https://%31%32%37.0.0.1/",
                "https://127%2e0.0.1/",
                "https://%6cocalhost/",
                "https://example.com%00.internal/",
                "https://localhost/",
                "https://LocalHost:8443/",
                "https://a.b.LOCALHOST/",
                "https://localhost./",
                "https://[::1]/",
                "https://[::]/",
                "https://[0:0:0:0:0:0:0:1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[2002:7f00:1::]/",
                "https://[fe80::1%25eth0]/",
                "https://[fe80::1%eth0]/",
                "https://[fd00::1]/",
                "https://[v1.x]/",
                "https://[::1/",
                "https://[]/",
                "https://::1/",
            })
    void refusesPrivateAddressesInEverySpelling(String url) {
        assertThat(refusal(STRICT, url)).isNotBlank();
    }

    @Test
    void refusesZonesAndOddNumbersInWordsOfTheirOwn() {
        assertThat(refusal(STRICT, "https://[2606:4700::1%25eth0]/")).contains("must not have a zone");
        assertThat(refusal(STRICT, "https://2130706433/")).contains("neither a name nor an IPv4 address");
        assertThat(refusal(STRICT, "https://%31.1.1.1/")).contains("percent-encoded");
        assertThat(refusal(STRICT, "https://10.0.0.1/")).contains("not a public address", "HOOKLINE_DELIVERY_ALLOW");
    }

    @Test
    void countsCharacters() {
        String longest = "https://example.com/" + "a".repeat(2048 - 20);
        assertThat(STRICT.judge(longest)).isInstanceOf(TargetUrl.Accepted.class);
        assertThat(refusal(STRICT, longest + "a")).contains("2,048");
        String label = "a".repeat(63);
        String host = label + "." + label + "." + label + "." + "a".repeat(61);
        assertThat(STRICT.judge("https://" + host)).isInstanceOf(TargetUrl.Accepted.class);
        assertThat(refusal(STRICT, "https://" + host + "a")).contains("valid host name");
        assertThat(refusal(STRICT, "https://a" + label + ".example")).contains("valid host name");
        assertThat(refusal(STRICT, "https://" + "a.".repeat(1000) + "a")).contains("valid host name");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.0/8, http://127.0.0.1:9000/hook, true",
        "127.0.0.0/8, https://127.0.0.1/, true",
        "127.0.0.0/8, http://[::ffff:127.0.0.1]/, true",
        "127.0.0.0/8, http://localhost:9000/, true",
        "::1, http://sink.localhost/, true",
        "::1, http://[::1]:9000/, true",
        "127.0.0.0/8, http://sink:9000/, true",
        "127.0.0.0/8, http://127.1/, false",
        "127.0.0.0/8, http://2130706433/, false",
        "127.0.0.0/8, http://[::1]/, false",
        "127.0.0.0/8, http://10.0.0.1/, false",
        "127.0.0.0/8, https://10.0.0.1/, false",
        "127.0.0.0/8, http://8.8.8.8/, false",
        "127.0.0.0/8, https://8.8.8.8/, true",
        "10.0.0.0/8, https://localhost/, false",
        "10.0.0.0/8, http://localhost/, false",
        "0.0.0.0/0, http://8.8.8.8/, true",
    })
    void theAllowListOpensWhatItHolds(String allow, String url, boolean accepted) {
        TargetUrl judged = new TargetUrlRules(new AddressRules(allow)).judge(url);
        assertThat(judged instanceof TargetUrl.Accepted).as(judged.toString()).isEqualTo(accepted);
    }

    private static String refusal(TargetUrlRules rules, String url) {
        TargetUrl judged = rules.judge(url);
        assertThat(judged).isInstanceOf(TargetUrl.Refused.class);
        return ((TargetUrl.Refused) judged).reason();
    }

    /** Review: the sender compares the scheme with "https" as it stands, and sends HTTPS:// in the clear. */
    @Test
    void anUpperCaseSchemeIsKeptInLowerCase() {
        TargetUrl judged = new TargetUrlRules(new AddressRules("")).judge("HTTPS://example.com/hook");

        assertThat(judged)
                .isInstanceOfSatisfying(
                        TargetUrl.Accepted.class,
                        accepted -> assertThat(accepted.uri().getScheme()).isEqualTo("https"));
    }
}
