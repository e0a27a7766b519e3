package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import dev.hookline.WebSocketProbe;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mutations beyond seed 001's: what people do to deliveries and subscriptions. */
class GraphQlMutationsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore owner;
    private static BridgeCore viewer;
    private static BridgeCore stranger;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        owner = BridgeCore.admin(hub);
        viewer = BridgeCore.user(hub, "default", "mutations-viewer", Role.VIEWER);
        stranger = BridgeCore.user(hub, "mutations-other", "mutations-stranger", Role.OWNER);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static JsonNode change(BridgeCore caller, String mutation) {
        return caller.ask("mutation { done: " + mutation + " }");
    }

    private static JsonNode done(String mutation) {
        JsonNode answer = change(owner, mutation);
        assertThat(answer.path("errors").isMissingNode()).as(answer.toString()).isTrue();
        return answer.path("data").path("done");
    }

    /** To where nobody listens; without retries. */
    private static long subscription() {
        HttpResponse<String> made = owner.post(
                "/api/v1/tenant/webhooks/subscriptions",
                "{\"url\":\"http://127.0.0.1:1/\",\"event\":\"sales_order.created\",\"retry_policy\":[]}");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        return HubProcess.json(made).path("id").asLong();
    }

    /** What became of a new event for a subscription, once it is that. */
    private static String delivery(long subscription, String status) {
        owner.push("sale.order", 4711, "create");
        return awaitDelivery(subscription, status);
    }

    private static String awaitDelivery(long subscription, String status) {
        String query =
                "{ deliveries(subscriptionId: %d, status: \"%s\") { items { id } } }".formatted(subscription, status);
        return await().atMost(SOON)
                .until(() -> owner.ask(query).findPath("items"), items -> !items.isEmpty())
                .path(0)
                .path("id")
                .asText();
    }

    private static List<String> acts(String subject) {
        JsonNode entries = BridgeCore.ok(owner.get("/api/v1/audit?subject=" + subject));
        return entries.findValuesAsText("action");
    }

    @Test
    void aDeadLetterIsRetriedOneOrMany() {
        long subscription = subscription();
        String id = delivery(subscription, "dead");

        JsonNode one = done("retryDelivery(id: \"%s\") { id status attempts subscription { id } }".formatted(id));

        assertThat(one.path("id").asText()).isEqualTo(id);
        assertThat(one.path("subscription").path("id").asLong()).isEqualTo(subscription);
        assertThat(acts("delivery/" + id)).containsExactly("delivery.retry");
        awaitDelivery(subscription, "dead");
        JsonNode many =
                done("retryDeliveries(ids: [\"%s\", \"%d-1\"]) { retried skipped }".formatted(id, subscription));
        assertThat(many.path("retried")).hasSize(1);
        assertThat(many.path("retried").path(0).asText()).isEqualTo(id);
        assertThat(many.path("skipped").path(0).asText()).isEqualTo(subscription + "-1");
    }

    @Test
    void aPausedSubscriptionKeepsADeliveryThatIsCancelledOnce() {
        long subscription = subscription();
        String on = "(id: %d) { id active }".formatted(subscription);

        assertThat(done("pauseSubscription" + on).path("active").asBoolean(true))
                .isFalse();

        String id = delivery(subscription, "paused");
        JsonNode retried = change(owner, "retryDelivery(id: \"%s\") { id }".formatted(id));
        assertThat(code(retried)).isEqualTo("CONFLICT");
        JsonNode cancelled = done("cancelDelivery(id: \"%s\") { mayStillArrive delivery { status } }".formatted(id));
        assertThat(cancelled.path("mayStillArrive").asBoolean(true)).isFalse();
        assertThat(cancelled.path("delivery").path("status").asText()).isEqualTo("cancelled");
        JsonNode again = change(owner, "cancelDelivery(id: \"%s\") { mayStillArrive }".formatted(id));
        assertThat(code(again)).isEqualTo("CONFLICT");
        assertThat(argument(again)).isEqualTo("id");
        assertThat(acts("delivery/" + id)).containsExactly("delivery.cancel");
        assertThat(done("resumeSubscription" + on).path("active").asBoolean()).isTrue();
        assertThat(acts("subscription/" + subscription))
                .containsExactly("subscription.resume", "subscription.pause", "subscription.create");
    }

    private static String code(JsonNode answer) {
        return answer.path("errors").path(0).path("extensions").path("code").asText();
    }

    private static String argument(JsonNode answer) {
        return answer.path("errors").path(0).path("extensions").path("argument").asText();
    }

    @Test
    void eachNeedsTheRoleOfItsRouteAndReachesTheTenantsOwnOnly() {
        long subscription = subscription();
        String id = delivery(subscription, "dead");
        HttpResponse<String> key =
                owner.post("/api/v1/api-keys", "{\"name\":\"reads\",\"scopes\":[\"subscriptions:read\"]}");
        String[] reads = {"X-API-Key", HubProcess.json(key).path("key").asText()};
        List<String> all = List.of(
                "retryDelivery(id: \"%s\") { id }".formatted(id),
                "cancelDelivery(id: \"%s\") { mayStillArrive }".formatted(id),
                "pauseSubscription(id: %d) { id }".formatted(subscription),
                "resumeSubscription(id: %d) { id }".formatted(subscription));

        for (String mutation : all) {
            JsonNode foreign = change(stranger, mutation);
            assertThat(code(foreign)).as(mutation).isEqualTo("NOT_FOUND");
            assertThat(argument(foreign)).isEqualTo("id");
            assertThat(code(change(viewer, mutation))).as(mutation).isEqualTo("FORBIDDEN");
            String body =
                    Json.object().put("query", "mutation { " + mutation + " }").toString();
            assertThat(code(HubProcess.json(hub.post("/graphql", body, reads)))).isEqualTo("FORBIDDEN");
        }
        assertThat(change(stranger, "retryDeliveries(ids: [\"%s\"]) { retried skipped }".formatted(id))
                        .findPath("retried"))
                .isEmpty();
        assertThat(acts("delivery/" + id)).isEmpty();
        assertThat(acts("subscription/" + subscription)).containsExactly("subscription.create");
    }

    @Test
    void aWrongIdIsNamed() {
        Stream.of(
                        "retryDelivery(id: \"x\") { id }",
                        "cancelDelivery(id: \"1\") { mayStillArrive }",
                        "retryDeliveries(ids: []) { retried }",
                        "retryDeliveries(ids: [\"1-1\", \"x\"]) { retried }")
                .forEach(mutation -> {
                    JsonNode answer = change(owner, mutation);
                    assertThat(code(answer)).as(mutation).isEqualTo("BAD_USER_INPUT");
                    assertThat(argument(answer)).startsWith("id");
                });
    }

    @Test
    void aSocketChangesThingsToo() {
        long subscription = subscription();
        try (WebSocketProbe socket = WebSocketProbe.of("graphql-transport-ws", hub.uri("/graphql"), owner.bearer)) {
            socket.send("{\"type\":\"connection_init\"}");
            socket.await("connection_ack");
            String query = "mutation { pauseSubscription(id: %d) { active } }".formatted(subscription);
            socket.send(Json.object()
                    .put("type", "subscribe")
                    .put("id", "1")
                    .set("payload", Json.object().put("query", query)));

            assertThat(socket.await("next").findPath("active").asBoolean(true)).isFalse();
        }
        assertThat(acts("subscription/" + subscription)).contains("subscription.pause");
    }
}
