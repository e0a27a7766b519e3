package dev.hookline;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;

/** A WebSocket client that does nothing of itself: it answers no ping and no close, and reads only when it is told to. */
public final class RawWebSocket implements AutoCloseable {
    public static final int TEXT = 1;
    public static final int CLOSE = 8;
    public static final int PING = 9;

    /** What came in one frame. */
    public record Frame(int opcode, String text) {}

    private final Socket socket;
    private final DataInputStream in;

    private RawWebSocket(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** Connects to a server on this machine; what it does not read, its receive buffer holds little of. */
    public static RawWebSocket open(int port, String path, String... headerLines) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        for (String line : headerLines) {
            request.append(line).append("\r\n");
        }
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(US_ASCII));
        RawWebSocket opened = new RawWebSocket(socket);
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(US_ASCII).endsWith("\r\n\r\n")) {
            head.write(opened.in.readByte());
        }
        if (!head.toString(US_ASCII).startsWith("HTTP/1.1 101 ")) {
            throw new IOException(head.toString(US_ASCII));
        }
        return opened;
    }

    public RawWebSocket say(String text) throws IOException {
        socket.getOutputStream().write(frame(TEXT, text.getBytes(UTF_8)));
        return this;
    }

    /** Sends pings without a pause until it is cut; answers whether it was, in this time. */
    public boolean pingUntilCut(Duration atMost) throws InterruptedException {
        Thread pinging = Thread.ofVirtual().start(() -> {
            byte[] ping = frame(PING, new byte[125]);
            byte[] many = new byte[500 * ping.length];
            for (int i = 0; i < 500; i++) {
                System.arraycopy(ping, 0, many, i * ping.length, ping.length);
            }
            try {
                while (true) {
                    socket.getOutputStream().write(many);
                }
            } catch (IOException cut) {
                Thread.currentThread().interrupt();
            }
        });
        return pinging.join(atMost);
    }

    /** A masked frame; the mask is zero. */
    private static byte[] frame(int opcode, byte[] payload) {
        int length = payload.length;
        byte[] head = length < 126
                ? new byte[] {(byte) (0x80 | opcode), (byte) (0x80 | length)}
                : new byte[] {(byte) (0x80 | opcode), (byte) 0xFE, (byte) (length >> 8), (byte) length};
        byte[] frame = new byte[head.length + 4 + length];
        System.arraycopy(head, 0, frame, 0, head.length);
        System.arraycopy(payload, 0, frame, head.length + 4, length);
        return frame;
    }

    /** Waits for the next frame. */
    public Frame read() throws IOException {
        int opcode = in.readByte() & 0x0F;
        long length = in.readByte() & 0x7F;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        return new Frame(opcode, new String(in.readNBytes((int) length), UTF_8));
    }

    /** Reads until the server has cut the connection; fails when it has not, in this time. */
    public void awaitCut(Duration atMost) throws IOException {
        socket.setSoTimeout((int) atMost.toMillis());
        try {
            while (true) {
                read();
            }
        } catch (EOFException | SocketException cut) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
