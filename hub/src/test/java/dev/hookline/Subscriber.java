package dev.hookline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** The tenant API of seed 004, as a client uses it. */
public final class Subscriber {
    public static final String SUBSCRIPTIONS = "/api/v1/tenant/webhooks/subscriptions";
    public static final String DELIVERIES = "/api/v1/tenant/webhooks/deliveries";
    public static final String EVENTS = "/api/v1/tenant/webhooks/events";
    public static final String SECRET = "my-webhook-secret-12345678";

    private final HubProcess hub;
    private final String authorization;

    public Subscriber(HubProcess hub) {
        this.hub = hub;
        this.authorization = "Bearer " + hub.token();
    }

    public HttpResponse<String> post(String path, JsonNode body) {
        return hub.post(path, body.toString(), "Authorization", authorization);
    }

    public HttpResponse<String> get(String path) {
        return hub.get(path, "Authorization", authorization);
    }

    public HttpResponse<String> send(String method, String path, String body) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path))
                .header("Authorization", authorization)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Subscribes, and answers the id. */
    public long subscribe(String url, String event) {
        ObjectNode body = Json.object().put("url", url).put("event", event).put("secret", SECRET);
        HttpResponse<String> answer = post(SUBSCRIPTIONS, body);
        if (answer.statusCode() != 201) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return HubProcess.json(answer).path("id").asLong();
    }

    /** Publishes one event, and answers its position. */
    public long publish(String event, String id) {
        HttpResponse<String> answer = post(EVENTS, event(event, id));
        if (answer.statusCode() != 202) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return HubProcess.json(answer).path("ids").get(0).asLong();
    }

    public static ObjectNode event(String event, String id) {
        ObjectNode body = Json.object()
                .put("event", event)
                .put("resource_type", event.substring(0, event.indexOf('.')))
                .put("resource_id", id);
        body.putObject("data").put("invoice_id", id).put("amount", "1500.00");
        return body;
    }

    /** The deliveries of a subscription, the newest first. */
    public List<JsonNode> deliveries(long subscription) {
        JsonNode answer = HubProcess.json(get(DELIVERIES + "?limit=1000&subscription_id=" + subscription));
        List<JsonNode> rows = new ArrayList<>();
        answer.path("data").forEach(rows::add);
        return rows;
    }

    /** The status of a subscription's only delivery. */
    public String status(long subscription) {
        List<JsonNode> rows = deliveries(subscription);
        return rows.size() == 1 ? rows.getFirst().path("status").asText() : rows.size() + " deliveries";
    }
}
