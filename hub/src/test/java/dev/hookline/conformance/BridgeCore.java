package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** A client of seed 001's API: one user of a running hub. */
final class BridgeCore {
    static final String EVENTS = "/api/v1/webhooks/events";
    static final String PULL = "/api/v2/sync/pull";
    static final String STATE = "/api/v2/sync/state";
    static final String RESET = "/api/v2/sync/reset";

    private final HubProcess hub;
    final long userId;
    final String token;
    final String[] bearer;

    private BridgeCore(HubProcess hub, String username, String password) {
        this.hub = hub;
        JsonNode login = HubProcess.json(hub.post(
                "/auth/login",
                Json.object()
                        .put("username", username)
                        .put("password", password)
                        .toString()));
        this.token = login.path("access_token").asText();
        this.userId = login.path("user").path("id").asLong();
        this.bearer = new String[] {"Authorization", "Bearer " + token};
    }

    static BridgeCore admin(HubProcess hub) {
        return new BridgeCore(hub, "admin", HubProcess.PASSWORD);
    }

    /** A member of a tenant, which is made where it is not there. */
    static BridgeCore user(HubProcess hub, String tenant, String username) {
        return user(hub, tenant, username, Role.MEMBER);
    }

    static BridgeCore user(HubProcess hub, String tenant, String username, Role role) {
        String password = "password-of-" + username;
        try (Database database =
                new Database(EmbeddedPostgres.running(hub.data()).orElseThrow(), 1)) {
            PostgresAccess accounts = new PostgresAccess(database.jdbi());
            accounts.makeTenant(tenant, tenant);
            accounts.makeUser(tenant, username, new Passwords().hash(password), role);
        }
        return new BridgeCore(hub, username, password);
    }

    /** Stores an event as Odoo's module sends it; answers its id. */
    long push(String model, long recordId, String operation) {
        return push(Json.object()
                .put("model", model)
                .put("record_id", recordId)
                .put("event", operation)
                .put("timestamp", "2025-11-16T10:30:00Z"));
    }

    long push(ObjectNode event) {
        HttpResponse<String> answer = hub.post("/api/v1/webhooks/receive", event.toString(), bearer);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer).path("event_id").asLong();
    }

    /** The body of a pull of one of the user's own devices. */
    ObjectNode pullOf(String device, String appType) {
        return Json.object().put("user_id", userId).put("device_id", device).put("app_type", appType);
    }

    /** What GraphQL answers. */
    JsonNode ask(String query) {
        return ok(post("/graphql", Json.object().put("query", query).toString()));
    }

    JsonNode pull(ObjectNode body) {
        return ok(post(PULL, body.toString()));
    }

    HttpResponse<String> get(String path) {
        return hub.get(path, bearer);
    }

    HttpResponse<String> post(String path, String body) {
        return hub.post(path, body, bearer);
    }

    HttpResponse<String> delete(String path) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path)).headers(bearer).DELETE());
    }

    static JsonNode ok(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer);
    }

    /** The ids of a list of events. */
    static List<Long> ids(JsonNode events) {
        List<Long> ids = new ArrayList<>();
        events.forEach(event -> ids.add(event.path("id").asLong()));
        return ids;
    }
}
