package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {
    private final AddressRules none = new AddressRules("");

    /** The first and last address of a range; the ones just outside, or - where another special range begins there. */
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.255.255.255, -, 1.0.0.0",
        "10.0.0.0, 10.255.255.255, 9.255.255.255, 11.0.0.0",
        "100.64.0.0, 100.127.255.255, 100.63.255.255, 100.128.0.0",
        "127.0.0.0, 127.255.255.255, 126.255.255.255, 128.0.0.0",
        "168.63.129.16, 168.63.129.16, 168.63.129.15, 168.63.129.17",
        "169.254.0.0, 169.254.255.255, 169.253.255.255, 169.255.0.0",
        "172.16.0.0, 172.31.255.255, 172.15.255.255, 172.32.0.0",
        "192.0.0.0, 192.0.0.255, 191.255.255.255, 192.0.1.0",
        "192.0.2.0, 192.0.2.255, 192.0.1.255, 192.0.3.0",
        "192.31.196.0, 192.31.196.255, 192.31.195.255, 192.31.197.0",
        "192.52.193.0, 192.52.193.255, 192.52.192.255, 192.52.194.0",
        "192.88.99.0, 192.88.99.255, 192.88.98.255, 192.88.100.0",
        "192.168.0.0, 192.168.255.255, 192.167.255.255, 192.169.0.0",
        "192.175.48.0, 192.175.48.255, 192.175.47.255, 192.175.49.0",
        "198.18.0.0, 198.19.255.255, 198.17.255.255, 198.20.0.0",
        "198.51.100.0, 198.51.100.255, 198.51.99.255, 198.51.101.0",
        "203.0.113.0, 203.0.113.255, 203.0.112.255, 203.0.114.0",
        "224.0.0.0, 239.255.255.255, 223.255.255.255, -",
        "240.0.0.0, 255.255.255.255, -, -",
        "::, ::ffff, -, -",
        "::1, ::1, -, -",
        "64:ff9b:1::, 64:ff9b:1:ffff:ffff:ffff:ffff:ffff, -, -",
        "100::, 100::ffff:ffff:ffff:ffff, -, -",
        "100:0:0:1::, 100:0:0:1:ffff:ffff:ffff:ffff, -, -",
        "2001::, 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff, 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 2001:200::",
        "2001:db8::, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff, 2001:db9::",
        "2002::, 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 2003::",
        "2620:4f:8000::, 2620:4f:8000:ffff:ffff:ffff:ffff:ffff, 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff, 2620:4f:8001::",
        "3fff::, 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff, 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 3fff:1000::",
        "4000::, fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -",
        "200::, 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, 2000::",
        "5f00::, 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, -",
        "fc00::, fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, -",
        "fe80::, febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, -",
        "fec0::, feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, -",
        "ff00::, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, -, -",
    })
    void specialRangesAreNotPublicAndTheirNeighboursAre(String first, String last, String before, String after) {
        assertThat(isPublic(first)).as(first).isFalse();
        assertThat(isPublic(last)).as(last).isFalse();
        assertThat(before.equals("-") || isPublic(before)).as(before).isTrue();
        assertThat(after.equals("-") || isPublic(after)).as(after).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "100.100.100.200",
                "192.0.0.192",
                "fd00:ec2::254",
                "fd20:ce::254",
                "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                "2002:808:808::1",
                "::127.0.0.1",
                "::8.8.8.8",
                "::ffff:0:8.8.8.8",
                "64:ff9b::127.0.0.1",
                "64:ff9b::10.0.0.1",
                "64:ff9b::169.254.169.254",
                "64:ff9b::1:808:808",
                "2606:4700::5efe:10.0.0.1",
                "2606:4700::200:5efe:192.168.0.1",
                "fe80::5efe:8.8.8.8",
            })
    void refusesMetadataServicesTunnelsAndEmbeddedPrivateAddresses(String address) {
        assertThat(isPublic(address)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "93.184.215.14",
                "2606:4700:4700::1111",
                "2a00:1450:4001:830::200e",
                "64:ff9b::8.8.8.8",
                "2606:4700::5efe:8.8.8.8",
                "2606:4700::200:5efe:8.8.8.8",
                "2606:4700::100:5efe:10.0.0.1",
            })
    void publicAddressesNeedHttps(String address) {
        assertThat(none.allows(ip(address), true)).isTrue();
        assertThat(none.allows(ip(address), false)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "8.8.8.8, true",
        "127.0.0.1, false",
        "10.1.2.3, false",
        "169.254.169.254, false",
        "0.0.0.0, false",
    })
    void judgesMappedAddressesAsTheirIpv4(String ipv4, boolean isPublic) throws UnknownHostException {
        assertThat(none.allows(ip("::ffff:" + ipv4), true)).isEqualTo(isPublic);
        assertThat(none.allows(mapped(ipv4), true)).isEqualTo(isPublic);
        AddressRules listed = new AddressRules(ipv4);
        assertThat(listed.allows(mapped(ipv4), true)).isTrue();
        assertThat(listed.allows(mapped(ipv4), false)).isTrue();
    }

    @Test
    void theAllowListOpensItsRangesForHttpToo() {
        AddressRules rules = new AddressRules(" 127.0.0.0/8,10.20.0.0/15\tfd00::/8 ,, ::1\n192.0.2.7 198.51.100.0/31");
        for (String inside : new String[] {
            "127.0.0.0",
            "127.255.255.255",
            "10.20.0.0",
            "10.21.255.255",
            "fd00::",
            "fdff::1",
            "::1",
            "192.0.2.7",
            "198.51.100.0",
            "198.51.100.1",
        }) {
            assertThat(rules.allows(ip(inside), true)).as(inside).isTrue();
            assertThat(rules.allows(ip(inside), false)).as(inside).isTrue();
        }
        for (String outside : new String[] {
            "126.255.255.255",
            "128.0.0.0",
            "10.19.255.255",
            "10.22.0.0",
            "fcff::1",
            "fe00::",
            "::2",
            "192.0.2.6",
            "192.0.2.8",
            "198.51.100.2",
            "8.8.8.8",
        }) {
            assertThat(rules.allows(ip(outside), false)).as(outside).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0/0, 10.0.0.1, ::1",
        "::/0, ::1, 10.0.0.1",
        "::ffff:10.0.0.0/104, 10.255.0.1, 11.0.0.1",
        "::ffff:a00:1, 10.0.0.1, 10.0.0.2",
        "127.0.0.1/8, 127.9.9.9, 128.0.0.1",
        "10.0.0.0/9, 10.127.255.255, 10.128.0.0",
        "64:ff9b::/96, 64:ff9b::10.0.0.1, 10.0.0.1",
        "10.0.0.0/8, 10.0.0.1, 64:ff9b::10.0.0.1",
        "fe80::/10, fe80::1, fec0::1",
    })
    void aRangeHoldsOnlyItsOwnFamily(String allow, String inside, String outside) {
        assertThat(new AddressRules(allow).allows(ip(inside), false)).isTrue();
        assertThat(new AddressRules(allow).allows(ip(outside), false)).isFalse();
    }

    @Test
    void aZoneDoesNotMatterToARange() throws UnknownHostException {
        InetAddress scoped = Inet6Address.getByAddress("x", ip("fe80::1").getAddress(), 1);
        assertThat(none.allows(scoped, true)).isFalse();
        assertThat(new AddressRules("fe80::/10").allows(scoped, false)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "10.0.0.0/",
                "10.0.0.0/8/8",
                "10.0.0.0/99999999999",
                "10.0.0/8",
                "010.0.0.0/8",
                "10.0.0.256",
                "0x7f.0.0.1",
                "127.1",
                "2130706433",
                "localhost",
                "*",
                "/8",
                "fd00::/129",
                "fd00:::/8",
                "1:2:3:4:5:6:7:8:9",
                "fe80::1%eth0",
                "[::1]",
                "::ffff:10.0.0.0/8",
                "::ffff:010.0.0.1",
                ":",
                "1:2",
            })
    void namesTheEntryThatIsNoRange(String entry) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AddressRules("10.0.0.0/8, " + entry))
                .withMessageStartingWith("'" + entry + "' is neither");
    }

    private boolean isPublic(String address) {
        return none.allows(ip(address), true);
    }

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    /** Java turns a mapped address into an IPv4 one wherever it can; this is one that stays IPv6. */
    private static InetAddress mapped(String ipv4) throws UnknownHostException {
        byte[] bytes = new byte[16];
        bytes[10] = -1;
        bytes[11] = -1;
        System.arraycopy(ip(ipv4).getAddress(), 0, bytes, 12, 4);
        InetAddress address = Inet6Address.getByAddress("mapped", bytes, -1);
        assertThat(address).isInstanceOf(Inet6Address.class);
        return address;
    }
}
