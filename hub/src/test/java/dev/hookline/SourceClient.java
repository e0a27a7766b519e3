package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.HmacSha256;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** The API of sources and of the log of their calls, as its users have it. */
final class SourceClient {
    static final String SOURCES = "/api/v1/sources";
    static final String SECRET = "the-secret-of-this-source";

    private final HubProcess hub;
    private final String[] token;

    SourceClient(HubProcess hub) {
        this.hub = hub;
        this.token = new String[] {"Authorization", "Bearer " + hub.token()};
    }

    String[] token() {
        return token;
    }

    /** A source by its name. */
    JsonNode named(String name) {
        return HubProcess.json(hub.get(SOURCES, token))
                .path("data")
                .valueStream()
                .filter(source -> source.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    JsonNode make(String name, String scheme, String more) {
        HttpResponse<String> answer = hub.post(
                SOURCES,
                "{\"name\":\"%s\",\"scheme\":%s,\"secret\":\"%s\"%s}".formatted(name, scheme, SECRET, more),
                token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return HubProcess.json(answer);
    }

    JsonNode make(String name, String scheme) {
        return make(name, "{\"name\":\"" + scheme + "\"}", "");
    }

    HttpResponse<String> patch(JsonNode source, String change) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path(source)))
                .headers(token)
                .method("PATCH", BodyPublishers.ofString(change)));
    }

    static String path(JsonNode source) {
        return SOURCES + "/" + source.path("id").asLong();
    }

    static String hex(String secret, String text) {
        return HexFormat.of().formatHex(new HmacSha256(secret.getBytes(UTF_8)).sign(text.getBytes(UTF_8)));
    }

    static String base64(String secret, String text) {
        return Base64.getEncoder().encodeToString(new HmacSha256(secret.getBytes(UTF_8)).sign(text.getBytes(UTF_8)));
    }

    static long position(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("event_id").asLong())
                .as(answer.body())
                .isPositive();
        return HubProcess.json(answer).path("event_id").asLong();
    }

    static boolean duplicate(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("duplicate").asBoolean();
    }

    /** The calls of a source once there are so many, the newest first. */
    List<JsonNode> calls(String source, int count) {
        String path = "/api/v1/calls?source=" + source;
        await().atMost(Duration.ofSeconds(30))
                .until(() -> HubProcess.json(hub.get(path, token)).path("count").asInt() >= count);
        List<JsonNode> calls = new ArrayList<>();
        HubProcess.json(hub.get(path, token)).path("data").forEach(calls::add);
        assertThat(calls).hasSize(count);
        return calls;
    }

    JsonNode shown(JsonNode call) {
        return HubProcess.json(hub.get("/api/v1/calls/" + call.path("id").asLong(), token));
    }

    HttpResponse<String> replay(JsonNode call, String options) {
        return hub.post("/api/v1/calls/" + call.path("id").asLong() + "/replay", options, token);
    }
}
