package dev.hookline;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A subscriber's HTTP server on loopback, which behaves as a test says, and remembers what it got. */
public final class Receiver implements AutoCloseable {
    /** A request as it came. */
    public record Received(String path, Headers headers, String body, long atNanos) {
        public JsonNode json() {
            return Json.read(body);
        }
    }

    /** Answers a request. */
    public interface Behaviour {
        void answer(HttpExchange exchange, Received received) throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Received> received = new CopyOnWriteArrayList<>();

    public Receiver(Behaviour behaviour) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Received one = new Received(
                        exchange.getRequestURI().getPath(), exchange.getRequestHeaders(), body, System.nanoTime());
                received.add(one);
                behaviour.answer(exchange, one);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    /** Answers every request with one status. */
    public static Receiver answering(int status) {
        return new Receiver((exchange, _) -> exchange.sendResponseHeaders(status, -1));
    }

    public String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    public List<Received> received() {
        return List.copyOf(received);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
