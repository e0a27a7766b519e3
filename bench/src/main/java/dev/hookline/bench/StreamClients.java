package dev.hookline.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Many clients that follow one event stream, on one thread. */
final class StreamClients implements AutoCloseable {
    private static final byte[] DATA = "data: {".getBytes(StandardCharsets.US_ASCII);
    private static final long WAIT_MILLIS_MAX = 30_000;

    /** One client: how much of {@link #DATA} it has seen last, and of how many events. */
    private static final class Client {
        int matched;
        int events;
        boolean open;
    }

    private final Selector selector = Selector.open();
    private final List<SocketChannel> channels = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private int events;

    /** Connects one after the other, and returns when each has the start of its answer. */
    StreamClients(int port, int count, String authorization) throws IOException {
        byte[] request = ("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + authorization
                        + "\r\nAccept: text/event-stream\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            channels.add(channel);
            // Closed without TIME_WAIT, or the next round would run out of ports.
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.configureBlocking(false);
            channel.write(ByteBuffer.wrap(request));
            channel.register(selector, SelectionKey.OP_READ, new Client());
        }
        readUntil(count, client -> {
            boolean first = !client.open;
            client.open = true;
            return first;
        });
    }

    private interface Seen {
        /** Whether this is the moment that was waited for, at this client. */
        boolean now(Client client);
    }

    /** Returns when every client has one more event. */
    void awaitEvent() throws IOException {
        events++;
        readUntil(channels.size(), client -> client.matched == DATA.length && client.events == events);
    }

    private void readUntil(int clients, Seen seen) throws IOException {
        int left = clients;
        while (left > 0) {
            if (selector.select(WAIT_MILLIS_MAX) == 0) {
                throw new IOException(left + " of " + clients + " clients still wait");
            }
            for (SelectionKey key : selector.selectedKeys()) {
                Client client = (Client) key.attachment();
                in.clear();
                if (((SocketChannel) key.channel()).read(in) < 0) {
                    throw new IOException("A stream ended");
                }
                client.matched = 0;
                scan(client);
                if (seen.now(client)) {
                    left--;
                }
            }
            selector.selectedKeys().clear();
        }
    }

    /** An event arrives in one piece: it is smaller than a segment of the loopback. */
    private void scan(Client client) {
        for (int i = 0; i <= in.position() - DATA.length; i++) {
            int same = 0;
            while (same < DATA.length && in.get(i + same) == DATA[same]) {
                same++;
            }
            if (same == DATA.length) {
                client.matched = same;
                client.events++;
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
        selector.close();
    }
}
