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

/** Many clients that follow one log by event streams and WebSockets, on one thread. They know an event by its {@link #MARK}. */
final class Followers implements AutoCloseable {
    /** In each event once. Its first letter is in it once, so that a search never has to go back. */
    static final String MARK = "@here";

    /** The model whose events they follow. */
    static final String MODEL = "bench";

    private static final byte[] SOUGHT = MARK.getBytes(StandardCharsets.US_ASCII);
    private static final long WAIT_MILLIS_MAX = 30_000;
    private static final byte FINAL_TEXT = (byte) 0x81;
    private static final byte FINAL_PONG = (byte) 0x8a;
    private static final byte MASKED = (byte) 0x80;
    private static final int MASK_BYTES = 4;

    /** How a client follows. */
    enum Kind {
        STREAM,
        SOCKET
    }

    /** Called when an event, the first of all is 0, has come to a client. */
    interface Arrival {
        void at(Kind kind, int event);
    }

    /** One client: how much of the mark it has seen last, and of how many events. */
    private static final class Client {
        private final Kind kind;
        private final SocketChannel channel;
        private boolean upgraded;
        private boolean open;
        private int matched;
        private int events;

        Client(Kind kind, SocketChannel channel) {
            this.kind = kind;
            this.channel = channel;
        }
    }

    private final int port;
    private final String authorization;
    private final Selector selector = Selector.open();
    private final List<Client> clients = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private int left;

    Followers(int port, String authorization) throws IOException {
        this.port = port;
        this.authorization = authorization;
    }

    /** Connects one after the other, and returns when each has the start of its answer. */
    void openStreams(int count) throws IOException {
        open(Kind.STREAM, count, "GET /api/events HTTP/1.1\r\nAccept: text/event-stream\r\n");
    }

    /** As {@link #openStreams}; and each has subscribed to {@link #MODEL}, and been answered. */
    void openSockets(int count) throws IOException {
        String head = """
                GET /ws HTTP/1.1
                Connection: Upgrade
                Upgrade: websocket
                Sec-WebSocket-Version: 13
                Sec-WebSocket-Key: aG9va2xpbmUgYmVuY2ggMQ==
                """;
        open(Kind.SOCKET, count, head.replace("\n", "\r\n"));
    }

    private void open(Kind kind, int count, String head) throws IOException {
        byte[] request = (head + "Host: 127.0.0.1\r\nAuthorization: " + authorization + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        left = count;
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            Client client = new Client(kind, channel);
            clients.add(client);
            // Closed without TIME_WAIT, or the next round would run out of ports.
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.configureBlocking(false);
            channel.write(ByteBuffer.wrap(request));
            channel.register(selector, SelectionKey.OP_READ, client);
        }
        readUntilNoneIsLeft((_, _) -> {}, 0);
    }

    /** Returns when every client has so many events since it is open. */
    void follow(int events, Arrival arrival) throws IOException {
        left = (int) clients.stream().filter(client -> client.events < events).count();
        readUntilNoneIsLeft(arrival, events);
    }

    /** Shows the server that the WebSockets are alive, for nobody answers its pings. */
    void pong() throws IOException {
        for (Client client : clients) {
            if (client.kind == Kind.SOCKET) {
                client.channel.write(frame(FINAL_PONG, ""));
            }
        }
    }

    private void readUntilNoneIsLeft(Arrival arrival, int events) throws IOException {
        while (left > 0) {
            if (selector.select(WAIT_MILLIS_MAX) == 0) {
                throw new IOException(left + " of " + clients.size() + " clients still wait");
            }
            for (SelectionKey key : selector.selectedKeys()) {
                read((Client) key.attachment(), arrival, events);
            }
            selector.selectedKeys().clear();
        }
    }

    private void read(Client client, Arrival arrival, int events) throws IOException {
        in.clear();
        if (client.channel.read(in) < 0) {
            throw new IOException("A connection of kind " + client.kind + " ended");
        }
        in.flip();
        if (client.open) {
            search(client, arrival, events);
        } else {
            opened(client);
        }
    }

    private void opened(Client client) throws IOException {
        if (client.kind == Kind.SOCKET && !client.upgraded) {
            String answer = StandardCharsets.ISO_8859_1.decode(in).toString();
            if (!answer.startsWith("HTTP/1.1 101")) {
                throw new IOException("No WebSocket: " + answer);
            }
            client.upgraded = true;
            client.channel.write(
                    frame(FINAL_TEXT, "{\"type\":\"subscribe_model_channel\",\"model\":\"" + MODEL + "\"}"));
            return;
        }
        client.open = true;
        left--;
    }

    private void search(Client client, Arrival arrival, int events) {
        while (in.hasRemaining()) {
            byte next = in.get();
            client.matched = next == SOUGHT[client.matched] ? client.matched + 1 : next == SOUGHT[0] ? 1 : 0;
            if (client.matched == SOUGHT.length) {
                client.matched = 0;
                arrival.at(client.kind, client.events++);
                if (client.events == events) {
                    left--;
                }
            }
        }
    }

    /** A frame of a client, of less than 126 bytes. It must be masked; a mask of zeros changes nothing. */
    private static ByteBuffer frame(byte type, String text) {
        byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(2 + MASK_BYTES + payload.length)
                .put(type)
                .put((byte) (MASKED | payload.length))
                .put(new byte[MASK_BYTES])
                .put(payload)
                .flip();
    }

    @Override
    public void close() throws IOException {
        for (Client client : clients) {
            client.channel.close();
        }
        selector.close();
    }
}
