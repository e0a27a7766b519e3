package dev.hookline.eventlog;

import dev.hookline.postgres.DatabaseAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A line to PostgreSQL that can lose answers, hold questions back, and be cut. Each later connection is a line as new. */
final class CutLine implements AutoCloseable {
    private final ServerSocket listening;
    private final URI server;
    private final DatabaseAddress address;
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final List<Socket> servers = new CopyOnWriteArrayList<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean losing;
    private volatile boolean holding;
    private volatile boolean holdsSomething;
    private volatile boolean serverAnswered;

    private CutLine(DatabaseAddress to) throws IOException {
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.server = URI.create(to.jdbcUrl().substring("jdbc:".length()));
        String url = to.jdbcUrl().replace(":" + server.getPort() + "/", ":" + listening.getLocalPort() + "/");
        this.address = new DatabaseAddress(url, to.user(), to.password());
        Thread.ofVirtual().start(this::accept);
    }

    static CutLine to(DatabaseAddress address) throws IOException {
        return new CutLine(address);
    }

    DatabaseAddress address() {
        return address;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                Socket behind = new Socket(server.getHost(), server.getPort());
                clients.add(client);
                servers.add(behind);
                Thread.ofVirtual().start(() -> questions(client, behind));
                Thread.ofVirtual().start(() -> answers(behind, client));
            }
        } catch (IOException e) {
            close();
        }
    }

    private void questions(Socket client, Socket behind) {
        byte[] buffer = new byte[64 << 10];
        try {
            InputStream in = client.getInputStream();
            OutputStream out = behind.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (holding) {
                    holding = false;
                    holdsSomething = true;
                    released.await();
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            serverAnswered |= behind.isClosed();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answers(Socket behind, Socket client) {
        byte[] buffer = new byte[64 << 10];
        try {
            InputStream in = behind.getInputStream();
            OutputStream out = client.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                serverAnswered |= released.getCount() == 0;
                if (!losing) {
                    out.write(buffer, 0, read);
                }
            }
        } catch (IOException e) {
            serverAnswered |= released.getCount() == 0;
        }
    }

    /** What the server says from now on does not arrive. */
    void loseAnswers() {
        losing = true;
    }

    /** What the client says next does not arrive yet. */
    void holdBack() {
        holding = true;
    }

    boolean holdsSomething() {
        return holdsSomething;
    }

    void letThrough() {
        released.countDown();
    }

    /** Whether the server has answered what was held back. */
    boolean serverAnswered() {
        return serverAnswered;
    }

    /** Cuts the client off; the server does not notice. */
    void cutClient() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
    }

    void cut() throws IOException {
        losing = false;
        cutClient();
        for (Socket behind : servers) {
            behind.close();
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
            cut();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
