package dev.hookline.http;

import dev.hookline.access.Cidr;
import dev.hookline.access.IpLiteral;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end: the peer of the connection or, where that is a proxy of ours, the last address in {@code
 * X-Forwarded-For} that is none. What anybody else writes into that header does not count.
 */
public final class ClientAddresses {
    private static final InetAddress UNKNOWN = InetAddress.ofLiteral("0.0.0.0");

    private static final String[] NOBODY = {};

    private final List<Cidr> proxies;

    public ClientAddresses(List<Cidr> proxies) {
        this.proxies = List.copyOf(proxies);
    }

    public InetAddress of(HttpServerRequest request) {
        InetAddress peer = peer(request);
        return proxies.isEmpty() ? peer : of(peer, request.headers().getAll("X-Forwarded-For"));
    }

    private static InetAddress peer(HttpServerRequest request) {
        return IpLiteral.parse(withoutZone(request.remoteAddress().hostAddress()))
                .orElse(UNKNOWN);
    }

    /**
     * Of a peer's request.
     *
     * @param forwarded the header's lines in their order: some proxies add a line below the client's own instead of a word
     *     behind it
     */
    InetAddress of(InetAddress peer, List<String> forwarded) {
        String[] hops =
                forwarded.isEmpty() ? NOBODY : String.join(",", forwarded).split(",", -1);
        InetAddress client = peer;
        for (int i = hops.length - 1; i >= 0 && isProxy(client); i--) {
            Optional<InetAddress> hop = IpLiteral.parse(hops[i].strip());
            if (hop.isEmpty()) {
                return client;
            }
            client = hop.get();
        }
        return client;
    }

    /** Whether the client came by https: to us, or to a proxy of ours that says so. */
    public boolean isHttps(HttpServerRequest request) {
        return request.isSSL()
                || (!proxies.isEmpty() && isHttps(peer(request), request.getHeader("X-Forwarded-Proto")));
    }

    /** Whether a peer says so who may; of several schemes the first is the client's. */
    boolean isHttps(InetAddress peer, @Nullable String forwarded) {
        return forwarded != null
                && isProxy(peer)
                && forwarded.split(",", 2)[0].strip().equalsIgnoreCase("https");
    }

    private boolean isProxy(InetAddress address) {
        byte[] bytes = Cidr.bytes(address);
        return proxies.stream().anyMatch(range -> range.contains(bytes));
    }

    private static String withoutZone(@Nullable String address) {
        String text = String.valueOf(address);
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }
}
