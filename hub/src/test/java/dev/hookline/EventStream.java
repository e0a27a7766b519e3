package dev.hookline;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/** A reader of server-sent events that keeps every line as it came. */
public final class EventStream implements AutoCloseable {
    /** An unnamed event. */
    public record Message(long id, JsonNode data) {}

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    private EventStream() {}

    /** Opens a stream and waits for its first line, a comment: what is sent from then on, it gets. */
    public static EventStream open(URI uri, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        if (headers.length > 0) {
            request.headers(headers);
        }
        EventStream stream = new EventStream();
        try {
            HttpResponse<InputStream> answer =
                    stream.http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("The stream was answered " + answer.statusCode());
            }
            Thread.ofVirtual().start(() -> stream.follow(answer.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        Awaitility.await().until(() -> !stream.lines.isEmpty());
        return stream;
    }

    private void follow(InputStream body) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("(ended)");
        }
        ended = true;
    }

    /** Whether the hub has ended it. */
    public boolean ended() {
        return ended;
    }

    /** Every line so far. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** Every event so far. */
    public List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        long id = -1;
        for (String line : lines) {
            if (line.startsWith("id: ")) {
                id = Long.parseLong(line.substring(4));
            } else if (line.startsWith("data: ")) {
                messages.add(new Message(id, Json.read(line.substring(6))));
            }
        }
        return messages;
    }

    /** Waits for so many events, and answers those that came. */
    public List<Message> await(int events) {
        Awaitility.await().until(() -> messages().size() >= events);
        return messages();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
