package dev.hookline.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Keeps connections to one server busy: each sends its next request when it has the answer to the last. One thread, no
 * pipelining; requests are copied from where they were made beforehand, and of an answer no more is read than its status and
 * its length, so that little of the machine is taken from the server.
 */
final class LoadGenerator {
    private static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

    /** What is sent. */
    interface Requests {
        /** The most bytes that one takes. */
        int bytesMax();

        /** Puts the next one, whole. */
        void next(ByteBuffer into);
    }

    /**
     * What came of it.
     *
     * @param requests answered 2xx in time
     * @param latency of each, in microseconds
     */
    record Load(long requests, double seconds, Histogram latency) {
        double perSecond() {
            return requests / seconds;
        }
    }

    private final int port;
    private final int connections;
    private final Requests requests;

    LoadGenerator(int port, int connections, Requests requests) {
        this.port = port;
        this.connections = connections;
        this.requests = requests;
    }

    /** Sends for this long; returns when the last answer is there. Any answer but 2xx ends it. */
    Load run(Duration duration) throws IOException {
        return run(duration, Long.MAX_VALUE);
    }

    /** Sends so many; returns when the last answer is there. */
    Load run(long count) throws IOException {
        return run(Duration.ofHours(1), count);
    }

    private Load run(Duration duration, long count) throws IOException {
        Histogram latency = new Histogram(60_000_000, 3);
        List<Connection> all = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < connections; i++) {
                SocketChannel channel =
                        SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
                channel.configureBlocking(false);
                channel.socket().setTcpNoDelay(true);
                all.add(new Connection(channel, selector));
            }
            long from = System.nanoTime();
            long until = from + duration.toNanos();
            int open = (int) Math.min(connections, count);
            long toSend = count - open;
            for (Connection connection : all.subList(0, open)) {
                connection.send(from);
            }
            long answered = 0;
            while (open > 0) {
                if (selector.select(5_000) == 0) {
                    throw new IOException(open + " requests had no answer within 5 s");
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    Connection connection = (Connection) key.attachment();
                    if (key.isWritable()) {
                        connection.flush();
                    }
                    if (!key.isReadable() || !connection.answered()) {
                        continue;
                    }
                    long now = System.nanoTime();
                    if (now < until) {
                        answered++;
                        latency.recordValue(Math.min((now - connection.sentAt) / 1_000, 60_000_000));
                    }
                    if (now < until && toSend > 0) {
                        toSend--;
                        connection.send(now);
                    } else {
                        open--;
                    }
                }
                selector.selectedKeys().clear();
            }
            double seconds = Math.min(duration.toNanos(), System.nanoTime() - from) / 1e9;
            return new Load(answered, seconds, latency);
        } finally {
            for (Connection connection : all) {
                connection.channel.close();
            }
        }
    }

    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer out = ByteBuffer.allocateDirect(requests.bytesMax());
        private final ByteBuffer in = ByteBuffer.allocateDirect(ANSWER_BYTES_MAX);
        private final SelectionKey key;
        private long sentAt;

        Connection(SocketChannel channel, Selector selector) throws IOException {
            this.channel = channel;
            this.key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send(long now) throws IOException {
            out.clear();
            requests.next(out);
            out.flip();
            in.clear();
            sentAt = now;
            flush();
        }

        void flush() throws IOException {
            channel.write(out);
            int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }

        /** Reads what is there; whether the answer is whole now. */
        boolean answered() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("The server closed a connection after: " + text());
            }
            int body = bodyStart();
            if (body < 0) {
                return false;
            }
            if (in.get(9) != '2') {
                throw new IOException("The server refused a request: " + text());
            }
            return in.position() >= body + contentLength(body);
        }

        private int bodyStart() {
            for (int i = 3; i < in.position(); i++) {
                if (in.get(i) == '\n' && in.get(i - 1) == '\r' && in.get(i - 2) == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        private int contentLength(int until) throws IOException {
            for (int line = 0; line < until; line++) {
                if (in.get(line) == '\n' && startsWithLength(line + 1)) {
                    int length = 0;
                    for (int i = line + 1 + LENGTH.length; in.get(i) != '\r'; i++) {
                        if (in.get(i) != ' ') {
                            length = length * 10 + in.get(i) - '0';
                        }
                    }
                    return length;
                }
            }
            throw new IOException("An answer without Content-Length: " + text());
        }

        private boolean startsWithLength(int from) {
            for (int i = 0; i < LENGTH.length; i++) {
                if (from + i >= in.position() || (in.get(from + i) | 0x20) != LENGTH[i]) {
                    return false;
                }
            }
            return true;
        }

        private String text() {
            byte[] bytes = new byte[in.position()];
            in.get(0, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
