package dev.hookline;

import static org.awaitility.Awaitility.await;

import com.atlassian.oai.validator.model.Request.Method;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** {@code openapi.yaml} against what subscribers are answered, and the catalogue of what they subscribe to. */
class OpenApiDeliveryIT extends OpenApiSetting {
    @Test
    void deliveryIsAnsweredAsDocumented() {
        String base = "/api/v1/tenant/webhooks";
        String subscriptions = base + "/subscriptions";
        String example = "{\"url\":\"https://webhook.site/your-unique-id\",\"event\":\"invoice.created\"}";
        HttpResponse<String> made = hub.post(subscriptions, example, token);
        documented(Method.POST, subscriptions, 201, made);
        String one = subscriptions + "/" + HubProcess.json(made).path("id").asText();
        documented(Method.GET, subscriptions, 200, hub.get(subscriptions, token));
        documented(Method.GET, one, 200, hub.get(one, token));
        documented(Method.POST, one + "/pause", 200, hub.post(one + "/pause", "", token));
        documented(Method.POST, one + "/rotate", 200, hub.post(one + "/rotate", "", token));
        documented(Method.POST, one + "/rotate", 422, hub.post(one + "/rotate", "{\"overlap_hours\":-1}", token));
        String refused = "{\"url\":\"https://nowhere.invalid/\",\"events\":[\"a.*\",\"b\"],\"filter\":\"data.n > 1\","
                + "\"retry_policy\":[1,2],\"ed25519\":true,\"auth\":{\"type\":\"basic\",\"username\":\"u\","
                + "\"password\":\"p\"},\"headers\":{\"X-Key\":\"value\"},\"concurrency\":2}";
        HttpResponse<String> full = hub.post(subscriptions, refused, token);
        documented(Method.POST, subscriptions, 201, full);
        String test = subscriptions + "/" + HubProcess.json(full).path("id").asText() + "/test";
        documented(Method.POST, test, 200, hub.post(test, "", token));
        documented(Method.POST, test, 400, hub.post(test, "[]", token));

        String event = "{\"event\":\"invoice.created\",\"resource_type\":\"invoice\",\"resource_id\":7,\"data\":{}}";
        documented(Method.POST, base + "/events", 202, hub.post(base + "/events", event, token));
        await().until(() -> HubProcess.json(hub.get(base + "/deliveries", token))
                        .path("count")
                        .asInt()
                == 1);
        HttpResponse<String> list = hub.get(base + "/deliveries", token);
        documented(Method.GET, base + "/deliveries", 200, list);
        String delivery =
                base + "/deliveries/" + HubProcess.json(list).at("/data/0/id").asText();
        documented(Method.GET, delivery, 200, hub.get(delivery, token));
        documented(Method.POST, delivery + "/retry", 409, hub.post(delivery + "/retry", "", token));
        documented(Method.POST, delivery + "/cancel", 200, hub.post(delivery + "/cancel", "", token));
        documented(Method.POST, delivery + "/cancel", 409, hub.post(delivery + "/cancel", "", token));
        documented(Method.POST, delivery + "/retry", 202, hub.post(delivery + "/retry", "", token));
        String retry = base + "/deliveries/retry";
        documented(Method.POST, retry, 200, hub.post(retry, "{\"ids\":[\"1-1\"]}", token));
        documented(Method.POST, retry, 422, hub.post(retry, "{}", token));
        documented(Method.GET, delivery, 404, hub.get(base + "/deliveries/0-0", token));

        HttpRequest.Builder delete =
                HttpRequest.newBuilder(hub.uri(one)).headers(token).DELETE();
        documented(Method.DELETE, one, 200, hub.send(delete));
        documented(Method.POST, one + "/resume", 404, hub.post(one + "/resume", "", token));
        documented(Method.GET, one, 404, hub.get(one, token));
        documented(Method.POST, subscriptions, 422, hub.post(subscriptions, "{}", token));
        documented(Method.POST, base + "/events", 422, hub.post(base + "/events", "{\"events\":[]}", token));
        documented(Method.POST, base + "/events", 400, hub.post(base + "/events", "[]", token));
        documented(Method.GET, base + "/deliveries", 422, hub.get(base + "/deliveries?status=odd", token));
        documented(Method.GET, base + "/deliveries", 401, hub.get(base + "/deliveries"));
    }

    @Test
    void replaysAreAnsweredAsDocumented() {
        String base = "/api/v1/tenant/webhooks";
        String replays = base + "/replays";
        HttpResponse<String> made = hub.post(replays, "{\"source\":\"deliveries\",\"rate\":5}", token);
        documented(Method.POST, replays, 202, made);
        documented(Method.POST, replays, 200, hub.post(replays, "{\"dry_run\":true}", token));
        documented(Method.POST, replays, 422, hub.post(replays, "{\"rate\":0}", token));
        documented(Method.GET, replays, 200, hub.get(replays, token));
        String one = replays + "/" + HubProcess.json(made).path("id").asText();
        documented(Method.GET, one, 200, hub.get(one, token));
        await().until(() ->
                HubProcess.json(hub.get(one, token)).path("state").asText().equals("done"));
        documented(Method.POST, one + "/cancel", 409, hub.post(one + "/cancel", "", token));
        documented(Method.GET, replays + "/0", 404, hub.get(replays + "/0", token));
        String dead = base + "/dead-letters";
        documented(Method.GET, dead, 200, hub.get(dead, token));
        documented(Method.GET, dead + "/stats", 200, hub.get(dead + "/stats", token));
        documented(Method.POST, dead + "/replay", 202, hub.post(dead + "/replay", "", token));
        String subscriptions = base + "/subscriptions";
        String example = "{\"url\":\"https://webhook.site/your-unique-id\",\"event\":\"invoice.counted\"}";
        String stats = subscriptions + "/"
                + HubProcess.json(hub.post(subscriptions, example, token))
                        .path("id")
                        .asText() + "/stats";
        documented(Method.GET, stats, 200, hub.get(stats, token));
        documented(Method.GET, stats, 404, hub.get(subscriptions + "/0/stats", token));
    }

    @Test
    void catalogueIsAnsweredAsDocumented() {
        String types = "/api/v1/event-types";
        String shipment = "{\"name\":\"shipment.delivered\",\"schema\":{\"type\":\"object\"},\"sample\":{}}";
        documented(Method.GET, types, 200, hub.get(types, token));
        documented(Method.GET, types, 401, hub.get(types));
        documented(Method.POST, types, 201, hub.post(types, shipment, token));
        documented(Method.POST, types, 409, hub.post(types, shipment, token));
        documented(Method.POST, types, 422, hub.post(types, "{}", token));
        String one = types + "/shipment.delivered";
        documented(Method.GET, one, 200, hub.get(one, token));
        documented(Method.GET, one, 404, hub.get(types + "/shipment.lost", token));
        documented(Method.PUT, one, 200, sent("PUT", one, shipment));
        documented(Method.PATCH, one, 200, sent("PATCH", one, "{}"));
        documented(Method.PATCH, one, 422, sent("PATCH", one, "{\"schema\":5}"));
        documented(Method.DELETE, one, 200, sent("DELETE", one, ""));
        documented(Method.DELETE, one, 404, sent("DELETE", one, ""));
        documented(Method.PUT, one, 201, sent("PUT", one, "{}"));
        String settings = "/api/v1/tenant/catalogue";
        documented(Method.GET, settings, 200, hub.get(settings, token));
        documented(Method.PATCH, settings, 200, sent("PATCH", settings, "{\"validation\":\"warn\"}"));
        documented(Method.PATCH, settings, 422, sent("PATCH", settings, "{}"));
        String webhooks = "/api/v1/tenant/webhooks";
        documented(Method.GET, webhooks, 200, hub.get(webhooks, token));
        documented(Method.PATCH, webhooks, 200, sent("PATCH", webhooks, "{\"source\":\"hookline\"}"));
        documented(Method.PATCH, webhooks, 422, sent("PATCH", webhooks, "{}"));
    }
}
