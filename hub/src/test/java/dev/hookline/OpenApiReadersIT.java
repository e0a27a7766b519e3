package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import com.atlassian.oai.validator.model.Request.Method;
import io.swagger.v3.oas.models.media.Schema;
import org.junit.jupiter.api.Test;

/** {@code openapi.yaml} against what those are answered who read events and records: devices, apps and pages. */
class OpenApiReadersIT extends OpenApiSetting {
    @Test
    void recordsAreAnsweredAsDocumented() {
        documented(Method.GET, "/api/v1/records/booking", 200, hub.get("/api/v1/records/booking?limit=1", token));
        documented(Method.GET, "/api/v1/records/booking/OA-1", 200, hub.get("/api/v1/records/booking/OA-1", token));
        documented(Method.GET, "/api/v1/records/booking/NO", 404, hub.get("/api/v1/records/booking/NO", token));
    }

    @Test
    void syncIsAnsweredAsDocumented() {
        String pull = "/api/v2/sync/pull";
        String device = "{\"user_id\":1,\"device_id\":\"documented\",\"app_type\":\"any\"}";
        documented(Method.POST, pull, 200, hub.post(pull, device, token));
        documented(Method.POST, pull, 401, hub.post(pull, device));
        documented(Method.POST, pull, 422, hub.post(pull, "{}", token));
        documented(Method.POST, pull, 400, hub.post(pull, "[", token));
        String state = "/api/v2/sync/state";
        documented(Method.GET, state, 200, hub.get(state + "?user_id=1&device_id=documented", token));
        documented(Method.GET, state, 404, hub.get(state + "?user_id=1&device_id=unknown", token));
        String reset = "/api/v2/sync/reset";
        documented(Method.POST, reset, 200, hub.post(reset + "?user_id=1&device_id=documented", "", token));
        documented(Method.GET, "/api/v2/sync/health", 200, hub.get("/api/v2/sync/health"));
        String odoo = "/api/v1/odoo-sync";
        documented(Method.GET, odoo + "/pull", 200, hub.get(odoo + "/pull?limit=3", token));
        documented(Method.POST, odoo + "/pull", 200, hub.post(odoo + "/pull", "{\"limit\":3}", token));
        documented(Method.POST, odoo + "/ack", 200, hub.post(odoo + "/ack", "{\"event_ids\":[1]}", token));
        documented(
                Method.POST,
                odoo + "/sync-state",
                200,
                hub.post(odoo + "/sync-state", device.replace("any", "sales_app"), token));
        documented(
                Method.POST,
                odoo + "/sync-state/update",
                200,
                hub.post(odoo + "/sync-state/update", device.replace("}", ",\"last_event_id\":1}"), token));
        documented(Method.GET, odoo + "/sync-state/stats", 200, hub.get(odoo + "/sync-state/stats?user_id=1", token));
        documented(
                Method.POST,
                odoo + "/smart-pull",
                200,
                hub.post(odoo + "/smart-pull?user_id=1&device_id=documented", "", token));
        documented(Method.GET, odoo + "/stats", 200, hub.get(odoo + "/stats", token));
        documented(Method.GET, odoo + "/health", 200, hub.get(odoo + "/health"));
    }

    @Test
    void eventsAreAnsweredAsDocumented() {
        String base = "/api/v1/webhooks";
        for (String path : new String[] {
            "/events", "/events/enhanced", "/check-updates", "/statistics", "/dead-letter/stats", "/configs", "/health"
        }) {
            documented(Method.GET, base + path, 200, hub.get(base + path, token));
        }
        for (String path : new String[] {"/api/v1/webhook/events", "/api/v1/check-updates", "/api/v1/health"}) {
            documented(Method.GET, path, 200, hub.get(path, token));
        }
        documented(Method.GET, base + "/events", 422, hub.get(base + "/events?limit=0", token));
        documented(Method.POST, base + "/retry", 200, hub.post(base + "/retry", "{\"event_id\":1}", token));
        documented(Method.POST, base + "/retry", 404, hub.post(base + "/retry", "{\"event_id\":999999}", token));
        documented(
                Method.POST, base + "/retry/bulk", 200, hub.post(base + "/retry/bulk", "{\"event_ids\":[1]}", token));
        documented(Method.DELETE, base + "/cleanup", 200, sent("DELETE", base + "/cleanup?before=2020-01-01", ""));
        documented(Method.DELETE, "/api/v1/cleanup", 200, sent("DELETE", "/api/v1/cleanup?before=2020-01-01", ""));
    }

    @Test
    void eventOnTheStreamIsAsDocumented() {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?since=0"), token)) {
            var event = stream.await(1).getFirst().data();

            Schema<?> schema = document.getComponents().getSchemas().get("Event");
            assertThat(event.fieldNames())
                    .toIterable()
                    .containsExactlyElementsOf(schema.getProperties().keySet());
        }
    }

    @Test
    void socketsAreAnsweredAsDocumented() {
        documented(Method.GET, "/ws", 426, hub.get("/ws"));
        documented(Method.GET, "/ws/1", 426, hub.get("/ws/1", token));
        documented(Method.GET, "/api/v1/ws/1", 426, hub.get("/api/v1/ws/1", token));
        documented(Method.GET, "/api/v1/ws/stats", 200, hub.get("/api/v1/ws/stats", token));
        documented(Method.GET, "/api/v1/ws/stats", 401, hub.get("/api/v1/ws/stats"));
    }
}
