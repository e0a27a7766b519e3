package dev.hookline.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports on 127.0.0.1. */
final class LoopbackPort {
    // Below the ranges from which Linux and macOS take the local ports of outgoing connections, so that none of those
    // can sit on our port while the server restarts.
    private static final int FIRST = 20_000;
    private static final int LAST = 29_999;
    private static final int TRIES_MAX = 200;

    private LoopbackPort() {}

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    static int anyFree() {
        for (int i = 0; i < TRIES_MAX; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
            if (isFree(port)) {
                return port;
            }
        }
        throw new DatabaseStartException("No free port found on 127.0.0.1 between " + FIRST + " and " + LAST
                + ". Free one, or set DATABASE_URL to a PostgreSQL of your own.");
    }
}
