package dev.hookline.intake;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Set;

/** Tells whether a request comes from a user of the machine that the hub runs on. */
final class ThisMachine {
    private static final Set<String> NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final List<String> PROXIED = List.of("X-Forwarded-For", "Forwarded", "X-Real-IP");

    private ThisMachine() {}

    /**
     * From loopback, asked for by a name of loopback, and not through a proxy: behind one every request comes from here, and
     * a page on another site can have its own name resolve to here.
     */
    static boolean sent(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        HostAndPort authority = request.authority();
        return remote != null
                && isLoopback(String.valueOf(remote.hostAddress()))
                && authority != null
                && NAMES.contains(authority.host())
                && PROXIED.stream().noneMatch(request.headers()::contains);
    }

    private static boolean isLoopback(String address) {
        return address.startsWith("127.") || address.equals("::1") || address.startsWith("0:0:0:0:0:0:0:1");
    }
}
