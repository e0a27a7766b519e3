package dev.hookline.delivery;

import dev.hookline.access.Cidr;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which addresses an outgoing webhook may go to. With https: public addresses and those of the allow-list. With plain http:
 * those of the allow-list alone.
 *
 * <p>Public is what no range of IANA's special-purpose registries holds (iana-ipv4-special-registry and
 * iana-ipv6-special-registry, with RFC 6890), multicast is not, and neither is IPv6 outside 2000::/3. The few special
 * ranges that may be reached from anywhere (AS112, AMT, PCP, 6to4) are refused too: no receiver of webhooks lives there. An
 * IPv4-mapped IPv6 address is judged as its IPv4 address in every respect; one that carries an IPv4 address for NAT64 or
 * ISATAP is public only where that is.
 */
public final class AddressRules {
    private static final List<Cidr> IPV4_SPECIAL = ranges(
            "0.0.0.0/8", // this network
            "10.0.0.0/8", // private
            "100.64.0.0/10", // carrier-grade NAT
            "127.0.0.0/8", // loopback
            "168.63.129.16/32", // the host agent of Azure, which every virtual machine there reaches; not IANA's
            "169.254.0.0/16", // link-local, with the metadata services of clouds
            "172.16.0.0/12", // private
            "192.0.0.0/24", // IETF protocols
            "192.0.2.0/24", // documentation
            "192.31.196.0/24", // AS112
            "192.52.193.0/24", // AMT
            "192.88.99.0/24", // 6to4 relays
            "192.168.0.0/16", // private
            "192.175.48.0/24", // AS112
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4"); // reserved, and broadcast

    /** Holds everything of IPv6 that is routed; loopback, unique local, link-local and multicast lie outside. */
    private static final Cidr IPV6_GLOBAL = Cidr.parse("2000::/3");

    private static final List<Cidr> IPV6_SPECIAL = ranges(
            "2001::/23", // IETF protocols: Teredo, benchmarks, ORCHID
            "2001:db8::/32", // documentation
            "2002::/16", // 6to4
            "2620:4f:8000::/48", // AS112
            "3fff::/20"); // documentation

    private static final Cidr NAT64 = Cidr.parse("64:ff9b::/96");

    private final List<Cidr> allowed;

    /**
     * Rules with an allow-list.
     *
     * @param allow addresses and CIDR ranges, IPv4 and IPv6, separated by commas or spaces; may be empty
     * @throws IllegalArgumentException naming the entry that is neither
     */
    public AddressRules(String allow) {
        allowed = Cidr.parseAll(allow);
    }

    /** Whether a connection may be made to this address. */
    boolean allows(InetAddress address, boolean https) {
        byte[] bytes = Cidr.bytes(address);
        return allowed.stream().anyMatch(range -> range.contains(bytes)) || (https && isPublic(bytes));
    }

    /** Whether plain http is possible at all. */
    boolean hasAllowList() {
        return !allowed.isEmpty();
    }

    /** Whether the allow-list opens this machine itself. */
    boolean allowsLoopback() {
        return allows(InetAddress.ofLiteral("127.0.0.1"), false) || allows(InetAddress.ofLiteral("::1"), false);
    }

    private static boolean isPublic(byte[] address) {
        if (address.length == 4) {
            return IPV4_SPECIAL.stream().noneMatch(range -> range.contains(address));
        }
        byte[] embedded = Arrays.copyOfRange(address, 12, 16);
        if (NAT64.contains(address)) {
            return isPublic(embedded);
        }
        return IPV6_GLOBAL.contains(address)
                && IPV6_SPECIAL.stream().noneMatch(range -> range.contains(address))
                && (!isIsatap(address) || isPublic(embedded));
    }

    /** RFC 5214: an interface identifier of 0000:5efe or 0200:5efe, and the IPv4 address. */
    private static boolean isIsatap(byte[] address) {
        return (address[8] & ~2) == 0 && address[9] == 0 && address[10] == 0x5e && (address[11] & 0xff) == 0xfe;
    }

    private static List<Cidr> ranges(String... cidrs) {
        return Stream.of(cidrs).map(Cidr::parse).toList();
    }
}
