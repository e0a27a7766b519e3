package dev.hookline.delivery;

import dev.hookline.access.IpLiteral;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which URLs a subscription may have: https, or http where there is an allow-list; no user name, no fragment; at most 2,048
 * characters; as host an IP address in its plain spelling that {@link AddressRules} allow, or a host name of ASCII letters,
 * digits and hyphens (one of another script as punycode, {@code xn--…}).
 *
 * <p>Names are not resolved here. Each attempt does that, and asks the address rules about what it found.
 */
final class TargetUrlRules {
    private static final int URL_CHARS_MAX = 2048;
    private static final int HOST_CHARS_MAX = 253;
    private static final int PORT_MAX = 65_535;

    private static final Pattern PRINTABLE_ASCII = Pattern.compile("[!-~]*");
    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final Pattern HOST_NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*");

    /** A last label that makes resolvers and browsers read the whole host as an IPv4 address. No top-level domain is one. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9A-Fa-f]*");

    private final AddressRules addresses;

    TargetUrlRules(AddressRules addresses) {
        this.addresses = addresses;
    }

    /** Judges a URL, as the text that was given. */
    TargetUrl judge(String text) {
        if (text.length() > URL_CHARS_MAX) {
            return new TargetUrl.Refused("The URL has more than 2,048 characters");
        }
        if (!PRINTABLE_ASCII.matcher(text).matches()) {
            return new TargetUrl.Refused(
                    "The URL has a space or a character beyond ASCII; give a host of another script"
                            + " as punycode (xn--…) and percent-encode the rest");
        }
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            return new TargetUrl.Refused("This is not a URL: " + e.getReason());
        }
        String refusal = refusal(uri);
        return refusal == null ? new TargetUrl.Accepted(inLowerCase(uri)) : new TargetUrl.Refused(refusal);
    }

    /** Only of the scheme, which is compared as it stands from here on. */
    private static URI inLowerCase(URI uri) {
        String scheme = uri.getScheme();
        return URI.create(scheme.toLowerCase(Locale.ROOT) + uri.toString().substring(scheme.length()));
    }

    private @Nullable String refusal(URI uri) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean https = scheme.equals("https");
        if (!https && !scheme.equals("http")) {
            return "The URL must start with https://";
        }
        if (!https && !addresses.hasAllowList()) {
            return "The URL must start with https://; http is only for addresses that HOOKLINE_DELIVERY_ALLOW lists";
        }
        // Not getHost(): it is null, without a reason, where the parser sees no server (an underscore, a number).
        String authority = uri.getRawAuthority();
        if (authority == null) {
            return "The URL has no host";
        }
        if (authority.indexOf('@') >= 0) {
            return "The URL must not hold a user name or password";
        }
        if (uri.getRawFragment() != null) {
            return "The URL must not have a fragment (#…): it would never be sent";
        }
        int hostEnd = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        String host = hostEnd < 0 ? authority : authority.substring(0, hostEnd);
        String port = authority.substring(host.length());
        if (host.isEmpty()) {
            return "The URL has no host";
        }
        if (!port.isEmpty() && !isPort(port)) {
            return "The port of the URL must be a number from 1 to 65535";
        }
        String refusal = host.startsWith("[") ? ipv6Refusal(host, https) : hostRefusal(host, https);
        if (refusal == null && !host.equals(uri.getHost())) {
            return "'" + host + "' is not a valid host name";
        }
        return refusal;
    }

    private static boolean isPort(String colonAndPort) {
        String digits = colonAndPort.substring(1);
        return colonAndPort.charAt(0) == ':' && PORT.matcher(digits).matches() && Integer.parseInt(digits) <= PORT_MAX;
    }

    private @Nullable String ipv6Refusal(String host, boolean https) {
        String literal = host.substring(1, host.length() - 1);
        if (literal.indexOf('%') >= 0) {
            return "The IPv6 address must not have a zone (%…): it means something on one machine only";
        }
        InetAddress address = IpLiteral.parse(literal).orElse(null);
        return address == null ? "'" + host + "' is not an IPv6 address" : addressRefusal(address, literal, https);
    }

    private @Nullable String hostRefusal(String host, boolean https) {
        InetAddress address = IpLiteral.parse(host).orElse(null);
        if (address != null) {
            return addressRefusal(address, host, https);
        }
        if (host.indexOf('%') >= 0) {
            return "The host '" + host + "' must not be percent-encoded";
        }
        if (host.endsWith(".")) {
            return "The host '" + host + "' must not end with a dot";
        }
        if (NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches()) {
            return "The host '" + host
                    + "' is neither a name nor an IPv4 address of four decimal numbers from 0 to 255";
        }
        if (host.length() > HOST_CHARS_MAX || !HOST_NAME.matcher(host).matches()) {
            return "'" + host + "' is not a valid host name: its parts, between dots, have 1 to 63 letters, digits and"
                    + " inner hyphens, and all of it at most 253 characters";
        }
        String name = host.toLowerCase(Locale.ROOT);
        boolean local = name.equals("localhost") || name.endsWith(".localhost");
        if (local && !addresses.allowsLoopback()) {
            return "'" + host + "' is this machine; HOOKLINE_DELIVERY_ALLOW does not list its address";
        }
        return null;
    }

    private @Nullable String addressRefusal(InetAddress address, String host, boolean https) {
        if (addresses.allows(address, https)) {
            return null;
        }
        return https
                ? "'" + host + "' is not a public address, and HOOKLINE_DELIVERY_ALLOW does not list it"
                : "http is only for addresses that HOOKLINE_DELIVERY_ALLOW lists, and '" + host + "' is none of them";
    }
}
