package dev.hookline.access;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address in its one plain spelling: four decimal numbers without leading zeros, or IPv6 without brackets and zone.
 * Everything else that some resolver takes for an address ({@code 127.1}, {@code 0177.0.0.1}, {@code 2130706433}) is none.
 */
public final class IpLiteral {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final String QUAD = BYTE + "(\\." + BYTE + "){3}";
    private static final Pattern IPV4 = Pattern.compile(QUAD);
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:]*:([0-9A-Fa-f]*|" + QUAD + ")");

    private IpLiteral() {}

    /** The address, found without any resolver. */
    public static Optional<InetAddress> parse(String text) {
        if (text.indexOf(':') < 0) {
            return IPV4.matcher(text).matches() ? Optional.of(InetAddress.ofLiteral(text)) : Optional.empty();
        }
        if (!IPV6.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
