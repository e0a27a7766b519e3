package dev.hookline.delivery;

import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.Map;

/** A POST to be made. The URL is one that {@link TargetUrlRules} accepted. */
record OutboundRequest(URI url, Map<String, String> headers, Buffer body) {
    boolean https() {
        return "https".equals(url.getScheme());
    }

    /** Without the brackets of IPv6. */
    String host() {
        String host = String.valueOf(url.getHost());
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    int port() {
        return url.getPort() > 0 ? url.getPort() : https() ? 443 : 80;
    }

    /** For people: the host, and the port where the URL has one. */
    String where() {
        return host() + (url.getPort() > 0 ? ":" + url.getPort() : "");
    }

    String target() {
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }
}
