package dev.hookline.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** The open WebSockets of this node, those of every event loop. Safe for threads. */
final class SocketConnections {
    private static final int STRANGERS_MAX = 1_000;

    private final Set<SocketClient> known = ConcurrentHashMap.newKeySet();
    private final Semaphore strangers = new Semaphore(STRANGERS_MAX);

    SocketConnections(MeterRegistry registry) {
        Gauge.builder("websocket.connections.active", known, Set::size)
                .description("Open WebSockets whose user is known")
                .register(registry);
    }

    /** Lets one in whose user is not known yet; false when there are too many. Each leaves by {@link #strangerLeft}. */
    boolean admitStranger() {
        return strangers.tryAcquire();
    }

    void strangerLeft() {
        strangers.release();
    }

    void add(SocketClient client) {
        known.add(client);
    }

    void remove(SocketClient client) {
        known.remove(client);
    }

    /** One tenant's, as {@code GET /api/v1/ws/stats} answers it. */
    ObjectNode stats(String tenant) {
        int connections = 0;
        Set<Long> users = new HashSet<>();
        Map<String, Integer> channels = new TreeMap<>();
        for (SocketClient client : known) {
            if (client.tenant().equals(tenant)) {
                connections++;
                users.add(client.userId());
                client.channels().forEach(channel -> channels.merge(channel, 1, Integer::sum));
            }
        }
        ObjectNode stats = Json.object().put("active_connections", connections).put("active_users", users.size());
        ObjectNode counts = stats.putObject("channels");
        channels.forEach(counts::put);
        return stats;
    }
}
