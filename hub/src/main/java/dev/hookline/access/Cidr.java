package dev.hookline.access;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A range of IP addresses: {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address. Bits behind the prefix do not count:
 * {@code 127.0.0.1/8} is {@code 127.0.0.0/8}.
 */
public final class Cidr {
    private static final int MAPPED_PREFIX_BYTES = 12;
    private static final int IPV6_NETWORK_BYTES = 8;
    private static final Pattern BITS = Pattern.compile("0|[1-9][0-9]{0,2}");

    private final byte[] network;
    private final int bits;

    private Cidr(byte[] network, int bits) {
        this.network = network;
        this.bits = bits;
    }

    /**
     * Reads a range. One of IPv4-mapped IPv6 addresses ({@code ::ffff:10.0.0.0/104}) is its IPv4 range.
     *
     * @throws IllegalArgumentException naming the text, if it is no range
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        byte[] network = IpLiteral.parse(address).map(Cidr::bytes).orElseThrow(() -> notARange(text));
        // A mapped address comes out as four bytes, while its prefix counts sixteen.
        int skipped = network.length == 4 && address.indexOf(':') >= 0 ? 8 * MAPPED_PREFIX_BYTES : 0;
        if (slash < 0) {
            return new Cidr(network, 8 * network.length);
        }
        String suffix = text.substring(slash + 1);
        if (!BITS.matcher(suffix).matches()) {
            throw notARange(text);
        }
        int bits = Integer.parseInt(suffix) - skipped;
        if (bits < 0 || bits > 8 * network.length) {
            throw notARange(text);
        }
        return new Cidr(network, bits);
    }

    /**
     * Reads a list of ranges and addresses.
     *
     * @param text separated by commas or spaces; may be empty
     * @throws IllegalArgumentException naming the entry that is neither
     */
    public static List<Cidr> parseAll(String text) {
        return Stream.of(text.split("[,\\s]+"))
                .filter(entry -> !entry.isEmpty())
                .map(Cidr::parse)
                .toList();
    }

    /** Whether the range holds the address, given as {@link #bytes} has it. */
    public boolean contains(byte[] address) {
        if (address.length != network.length) {
            return false;
        }
        int whole = bits / 8;
        if (!Arrays.equals(address, 0, whole, network, 0, whole)) {
            return false;
        }
        int rest = bits % 8;
        return rest == 0 || (address[whole] & 0xff) >> (8 - rest) == (network[whole] & 0xff) >> (8 - rest);
    }

    /** Four bytes of IPv4 or sixteen of IPv6; an IPv4-mapped IPv6 address is its IPv4 address. */
    public static byte[] bytes(InetAddress address) {
        byte[] bytes = address.getAddress();
        return isMapped(bytes) ? Arrays.copyOfRange(bytes, MAPPED_PREFIX_BYTES, bytes.length) : bytes;
    }

    /** What one sender may be taken to have, as text: an IPv4 address, or a network of 2⁶⁴ IPv6 addresses. */
    public static String senderNetwork(InetAddress address) {
        byte[] bytes = bytes(address);
        return HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, IPV6_NETWORK_BYTES));
    }

    private static boolean isMapped(byte[] bytes) {
        if (bytes.length != 16 || bytes[10] != -1 || bytes[11] != -1) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static IllegalArgumentException notARange(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is neither an IP address nor a range of them such as 10.0.0.0/8 or fd00::/8");
    }
}
