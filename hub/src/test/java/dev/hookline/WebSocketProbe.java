package dev.hookline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A WebSocket client that keeps every message as it came. */
public final class WebSocketProbe implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final HttpClient http;
    private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
    private final AtomicInteger pings = new AtomicInteger();
    private final boolean reads;
    private final WebSocket socket;
    private volatile int closeCode = -1;

    private WebSocketProbe(HttpClient http, URI uri, @Nullable String protocol, boolean reads, String... headers) {
        this.http = http;
        this.reads = reads;
        WebSocket.Builder builder = http.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        if (protocol != null) {
            builder.subprotocols(protocol);
        }
        this.socket = builder.buildAsync(URI.create(uri.toString().replaceFirst("^http", "ws")), new Listener())
                .join();
    }

    /** Connects; fails with {@link Refused} where the handshake is refused. */
    public static WebSocketProbe open(URI uri, String... headers) {
        return open(uri, null, true, headers);
    }

    /** As {@link #open(URI, String...)}, with a subprotocol. */
    public static WebSocketProbe of(String protocol, URI uri, String... headers) {
        return open(uri, protocol, true, headers);
    }

    /** One that reads nothing before {@link #readAll}. */
    public static WebSocketProbe openStalled(URI uri, String... headers) {
        return open(uri, null, false, headers);
    }

    /** As {@link #openStalled(URI, String...)}, with a subprotocol. */
    public static WebSocketProbe stalledOf(String protocol, URI uri, String... headers) {
        return open(uri, protocol, false, headers);
    }

    private static WebSocketProbe open(URI uri, @Nullable String protocol, boolean reads, String... headers) {
        HttpClient http = HttpClient.newHttpClient();
        try {
            return new WebSocketProbe(http, uri, protocol, reads, headers);
        } catch (CompletionException e) {
            http.shutdownNow();
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                throw new Refused(refused.getResponse().statusCode());
            }
            throw e;
        }
    }

    /** The handshake was answered with another status than 101. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refused(int status) {
            super("The handshake was answered " + status);
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void onOpen(WebSocket opened) {
            if (reads) {
                opened.request(1);
            }
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                messages.add(Json.read(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
            pings.incrementAndGet();
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int statusCode, String reason) {
            closeCode = statusCode;
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closeCode = 1006;
        }
    }

    public WebSocketProbe send(JsonNode message) {
        return send(message.toString());
    }

    public WebSocketProbe send(String text) {
        socket.sendText(text, true).join();
        return this;
    }

    public void sendBinary(byte[] bytes) {
        socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
    }

    /** Sends to a hub that may hang up meanwhile. */
    public void trySend(String text) {
        socket.sendText(text, true).exceptionally(_ -> socket).join();
    }

    /** Begins to read. */
    public void readAll() {
        socket.request(1);
    }

    /** Sends a message, and waits for the next one that is no push. */
    public JsonNode ask(String message) {
        int before = answers().size();
        send(message);
        Awaitility.await()
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> answers().size() > before);
        return answers().get(before);
    }

    public JsonNode ask(ObjectNode message) {
        return ask(message.toString());
    }

    private List<JsonNode> answers() {
        return messages.stream()
                .filter(message -> List.of("status", "error", "pong")
                        .contains(message.path("type").asText()))
                .toList();
    }

    public List<JsonNode> messages() {
        return List.copyOf(messages);
    }

    public List<JsonNode> messages(String type) {
        return messages.stream()
                .filter(message -> message.path("type").asText().equals(type))
                .toList();
    }

    /** Waits for a message, and answers it. */
    public JsonNode await(Predicate<JsonNode> wanted) {
        Awaitility.await().atMost(SOON).until(() -> messages.stream().anyMatch(wanted));
        return messages.stream().filter(wanted).findFirst().orElseThrow();
    }

    /** Waits for a message of a type, and answers the first. */
    public JsonNode await(String type) {
        return await(message -> message.path("type").asText().equals(type));
    }

    /** Waits until the hub has closed it, and answers the code; 1006 for none. */
    public int awaitClose() {
        Awaitility.await().atMost(SOON).until(() -> closeCode >= 0);
        return closeCode;
    }

    public boolean isClosed() {
        return closeCode >= 0;
    }

    /** How many pings came. */
    public int pings() {
        return pings.get();
    }

    /** Cuts the line without a word. */
    public void cut() {
        socket.abort();
    }

    @Override
    public void close() {
        if (!socket.isOutputClosed()) {
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(_ -> socket);
        }
        socket.abort();
        http.shutdownNow();
    }
}
