package dev.hookline.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.access.Cidr;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressesTest {
    private final ClientAddresses addresses = new ClientAddresses(Cidr.parseAll("10.0.0.0/8, fd00::/8"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "203.0.113.1 | - | 203.0.113.1",
                "203.0.113.1 | 198.51.100.1 | 203.0.113.1",
                "10.0.0.1 | - | 10.0.0.1",
                "10.0.0.1 | 198.51.100.1 | 198.51.100.1",
                "10.0.0.1 | 198.51.100.9, 198.51.100.1 | 198.51.100.1",
                "10.0.0.1 | 198.51.100.1, 10.0.0.2 | 198.51.100.1",
                "10.0.0.1 | 10.0.0.3, 10.0.0.2 | 10.0.0.3",
                "10.0.0.1 | 198.51.100.1, unknown | 10.0.0.1",
                "10.0.0.1 | 198.51.100.1, unknown, 10.0.0.2 | 10.0.0.2",
                "10.0.0.1 | '' | 10.0.0.1",
                "fd00::1 | 2001:db8::7 | 2001:db8::7",
                "::ffff:10.0.0.1 | 198.51.100.1 | 198.51.100.1"
            })
    void lastAddressThatIsNoProxyIsTheClient(String peer, String forwarded, String client) {
        assertThat(addresses.of(InetAddress.ofLiteral(peer), forwarded == null ? List.of() : List.of(forwarded)))
                .isEqualTo(InetAddress.ofLiteral(client));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "10.0.0.1 | https | true",
                "10.0.0.1 | 'HTTPS, http' | true",
                "10.0.0.1 | 'http, https' | false",
                "10.0.0.1 | - | false",
                "203.0.113.1 | https | false"
            })
    void onlyAProxySaysThatTheClientCameByHttps(String peer, String forwarded, boolean https) {
        assertThat(addresses.isHttps(InetAddress.ofLiteral(peer), forwarded)).isEqualTo(https);
    }

    @Test
    void whatTheClientWritesAboveTheProxysLineOrInFrontOfItDoesNotCount() {
        InetAddress proxy = InetAddress.ofLiteral("10.0.0.1");
        InetAddress client = InetAddress.ofLiteral("198.51.100.1");

        assertThat(addresses.of(proxy, List.of("203.0.113.5", "198.51.100.1"))).isEqualTo(client);
        assertThat(addresses.of(proxy, List.of("203.0.113.5", "198.51.100.1, 10.0.0.2")))
                .isEqualTo(client);
        assertThat(addresses.of(proxy, List.of("203.0.113.5,".repeat(500) + "198.51.100.1")))
                .isEqualTo(client);
    }
}
