package dev.hookline.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.WebSocketProbe;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What GraphQL keeps apart and bounds: tenants, sockets that outlive their session or do not read, and wrong input. */
class GraphQlBoundsIT {
    private static final String PROTOCOL = "graphql-transport-ws";
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static BridgeCore owner;
    private static BridgeCore stranger;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        owner = BridgeCore.admin(hub);
        stranger = BridgeCore.user(hub, "bounds-other", "bounds-stranger", Role.OWNER);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static JsonNode made(BridgeCore by, String path, String body) {
        var answer = by.post(path, body);
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return HubProcess.json(answer);
    }

    // Tenants

    /** What the owner has: an event of a record, given up for a subscription; a source; a device. */
    private record Things(long position, long subscription, long source, String delivery) {}

    private static Things things() {
        String subscriptions = "/api/v1/tenant/webhooks/subscriptions";
        long source = made(
                        owner,
                        "/api/v1/sources",
                        "{\"name\":\"walled\",\"scheme\":{\"name\":\"none\"},\"mapping\":\"raw\"}")
                .path("id")
                .asLong();
        owner.pull(owner.pullOf("walled-phone", "sales_app"));
        long subscription = made(
                        owner,
                        subscriptions,
                        "{\"url\":\"http://127.0.0.1:1/\",\"event\":\"sales_order.created\",\"retry_policy\":[]}")
                .path("id")
                .asLong();
        long position = owner.push("sale.order", 4711, "create");
        String deadLetters = "{ deadLetters(subscriptionId: %d) { items { id } } }".formatted(subscription);
        JsonNode dead = await().atMost(SOON)
                .until(
                        () -> owner.ask(deadLetters)
                                .path("data")
                                .path("deadLetters")
                                .path("items"),
                        items -> !items.isEmpty());
        return new Things(
                position, subscription, source, dead.path(0).path("id").asText());
    }

    /** Every field that finds something by what names it, and whether an answer holds it. */
    private static Map<String, Predicate<JsonNode>> named(Things things) {
        Map<String, Predicate<JsonNode>> named = new LinkedHashMap<>();
        named.put("webhookEvent(position: %d) { id }".formatted(things.position), found -> found.isObject());
        named.put("webhookEvents(filter: {model: \"sale.order\"}) { id }", found -> !found.isEmpty());
        named.put(
                "updatesSummary { hasUpdates }",
                found -> found.path("hasUpdates").asBoolean());
        named.put("record(model: \"sale.order\", key: \"4711\") { key }", found -> found.isObject());
        named.put("records(model: \"sale.order\") { key }", found -> !found.isEmpty());
        named.put(
                "deliveries(subscriptionId: %d) { items { id } }".formatted(things.subscription),
                found -> !found.path("items").isEmpty());
        named.put(
                "deliveries(before: \"%s\") { items { id } }"
                        .formatted(things.delivery.replaceFirst("-.*", "-" + (things.position + 1))),
                found -> !found.path("items").isEmpty());
        named.put(
                "deadLetters(subscriptionId: %d) { items { id } }".formatted(things.subscription),
                found -> !found.path("items").isEmpty());
        named.put("subscriptions(after: %d) { id }".formatted(things.subscription - 1), found -> !found.isEmpty());
        named.put("sources(after: %d) { id }".formatted(things.source - 1), found -> !found.isEmpty());
        named.put("devices(userId: %d) { deviceId }".formatted(owner.userId), found -> !found.isEmpty());
        return named;
    }

    @TestFactory
    Stream<DynamicTest> whatNamesSomethingOfAnotherTenantFindsNothing() {
        return named(things()).entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    JsonNode own = owner.ask("{ found: " + one.getKey() + " }");
                    JsonNode foreign = stranger.ask("{ found: " + one.getKey() + " }");

                    assertThat(one.getValue().test(own.path("data").path("found")))
                            .as(own.toString())
                            .isTrue();
                    assertThat(foreign.at("/errors/0/extensions/code").asText("NOT_FOUND"))
                            .as(foreign.toString())
                            .isEqualTo("NOT_FOUND");
                    assertThat(one.getValue().test(foreign.path("data").path("found")))
                            .as(foreign.toString())
                            .isFalse();
                }));
    }

    /** Names that both tenants use are each one's own. */
    @Test
    void sameNamesInTwoTenantsAreTwoThings() {
        owner.push("twin.model", 5, "create");
        owner.push("twin.model", 5, "write");
        stranger.push("twin.model", 5, "create");
        String query = "{ record(model: \"twin.model\", key: \"5\") { version }"
                + " webhookEvents(filter: {model: \"twin.model\"}) { id record { version } } }";

        JsonNode own = owner.ask(query).path("data");
        JsonNode foreign = stranger.ask(query).path("data");

        assertThat(own.path("record").path("version").asInt()).isEqualTo(2);
        assertThat(own.path("webhookEvents")).hasSize(2);
        assertThat(foreign.path("record").path("version").asInt()).isEqualTo(1);
        assertThat(foreign.path("webhookEvents")).hasSize(1);
        assertThat(foreign.path("webhookEvents")
                        .path(0)
                        .path("record")
                        .path("version")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void aMutationThatNamesADeviceOfAnotherTenantChangesNothing() {
        owner.push("sale.order", 4712, "create");
        owner.pull(owner.pullOf("walled-tablet", "sales_app"));
        stranger.pull(stranger.pullOf("walled-tablet", "sales_app"));
        String query = "mutation { resetSyncState(userId: %d, deviceId: \"walled-tablet\") }".formatted(owner.userId);
        String devices = "{ devices { deviceId lastEventId } }";
        JsonNode before = await().atMost(SOON)
                .until(
                        () -> owner.ask(devices),
                        shown -> shown.toString().matches(".*walled-tablet\",\"lastEventId\":[1-9].*"));

        JsonNode answer = stranger.ask(query);

        assertThat(answer.at("/errors/0/extensions/code").asText()).isEqualTo("NOT_FOUND");
        assertThat(owner.ask(devices)).isEqualTo(before);
        assertThat(owner.ask(query).path("data").path("resetSyncState").asBoolean())
                .isTrue();
        assertThat(owner.ask(devices)).isNotEqualTo(before);
    }

    @Test
    void aSubscriptionShowsTheTenantsOwnOnlyFromThePastAsFromNowOn() {
        long others = owner.push("walled.model", 1, "create");
        long own = stranger.push("walled.model", 2, "create");
        try (WebSocketProbe socket = open(stranger)) {
            String query = "subscription { webhookEventStream(models: [\"walled.model\"], after: " + (others - 1) + ")"
                    + " { position record { key } } }";
            subscribe(socket, "all", query);
            awaitPosition(socket, own);
            owner.push("walled.model", 3, "create");
            long live = stranger.push("walled.model", 4, "create");
            awaitPosition(socket, live);

            assertThat(socket.messages("next").stream().map(GraphQlBoundsIT::position))
                    .containsExactly(own, live);
            assertThat(socket.messages("next").toString()).doesNotContain("\"key\":\"1\"", "\"key\":\"3\"");
        }
    }

    // Sockets

    private static WebSocketProbe open(BridgeCore caller) {
        WebSocketProbe socket = WebSocketProbe.of(PROTOCOL, hub.uri("/graphql"));
        init(socket, caller.token);
        socket.await("connection_ack");
        return socket;
    }

    private static void init(WebSocketProbe socket, String token) {
        socket.send(Json.object()
                .put("type", "connection_init")
                .set("payload", Json.object().put("token", token)));
    }

    private static void subscribe(WebSocketProbe socket, String id, String query) {
        ObjectNode message = Json.object().put("type", "subscribe").put("id", id);
        message.putObject("payload").put("query", query);
        socket.send(message);
    }

    private static String following(String model) {
        return "subscription { webhookEventStream(models: [\"" + model + "\"]) { id } }";
    }

    private static long position(JsonNode next) {
        return next.path("payload")
                .path("data")
                .path("webhookEventStream")
                .path("position")
                .asLong();
    }

    private static void awaitPosition(WebSocketProbe socket, long position) {
        socket.await(message -> position(message) == position);
    }

    private static JsonNode answerTo(WebSocketProbe socket, String id) {
        return socket.await(message -> message.path("id").asText().equals(id));
    }

    @Test
    void aSocketEndsWithItsSessionAndAsksNothingAfterIt() {
        BridgeCore leaving = BridgeCore.user(hub, "default", "leaving", Role.VIEWER);
        try (WebSocketProbe asks = open(leaving);
                WebSocketProbe follows = open(leaving);
                WebSocketProbe stays = open(owner)) {
            subscribe(follows, "f", following("left.model"));
            subscribe(asks, "before", "{ __typename }");
            assertThat(answerTo(asks, "before").path("type").asText()).isEqualTo("next");

            assertThat(leaving.post("/auth/logout", "").statusCode()).isEqualTo(200);
            subscribe(asks, "after", "{ __typename }");

            assertThat(asks.awaitClose()).isEqualTo(4401);
            assertThat(asks.messages().toString()).doesNotContain("after");
            assertThat(follows.awaitClose()).isEqualTo(4401);
            subscribe(stays, "stays", "{ __typename }");
            assertThat(answerTo(stays, "stays").path("type").asText()).isEqualTo("next");
        }
    }

    @Test
    void anApiKeyOpensASocketUntilItIsRevoked() {
        JsonNode key = made(owner, "/api/v1/api-keys", "{\"name\":\"socket\",\"scopes\":[\"events:read\"]}");
        try (WebSocketProbe socket = WebSocketProbe.of(PROTOCOL, hub.uri("/graphql"));
                WebSocketProbe wrong = WebSocketProbe.of(PROTOCOL, hub.uri("/graphql"))) {
            init(wrong, "hlk_" + "x".repeat(43));
            assertThat(wrong.awaitClose()).isEqualTo(4403);
            init(socket, key.path("key").asText());
            socket.await("connection_ack");
            subscribe(socket, "events", "{ webhookEvents(limit: 1) { id } }");
            assertThat(answerTo(socket, "events").path("payload").has("errors")).isFalse();
            subscribe(socket, "records", "{ records(model: \"a\") { key } }");
            assertThat(answerTo(socket, "records").toString()).contains("FORBIDDEN");

            assertThat(owner.delete("/api/v1/api-keys/" + key.path("id").asText())
                            .statusCode())
                    .isBetween(200, 299);

            assertThat(socket.awaitClose()).isEqualTo(4401);
        }
    }

    @Test
    void nothingIsAskedBeforeTheConnectionIsAcknowledged() {
        try (WebSocketProbe early = WebSocketProbe.of(PROTOCOL, hub.uri("/graphql"));
                WebSocketProbe twice = open(owner)) {
            subscribe(early, "1", "{ __typename }");
            assertThat(early.awaitClose()).isEqualTo(4401);
            assertThat(early.messages()).isEmpty();
            init(twice, owner.token);
            assertThat(twice.awaitClose()).isEqualTo(4429);
        }
    }

    @Test
    void aSocketHasTwentyOperationsAtOnceAndAnIdOnce() {
        String query = following("counted.model");
        try (WebSocketProbe socket = open(owner)) {
            IntStream.range(0, 20).forEach(i -> subscribe(socket, "op" + i, query));
            subscribe(socket, "one too many", query);

            JsonNode refused = answerTo(socket, "one too many");
            assertThat(refused.path("type").asText()).isEqualTo("error");
            assertThat(refused.path("payload").path(0).path("message").asText()).contains("20 operations");

            socket.send("{\"type\":\"complete\",\"id\":\"op0\"}");
            subscribe(socket, "instead", query);
            subscribe(socket, "query", "{ __typename }");
            assertThat(answerTo(socket, "query").path("type").asText()).isEqualTo("error");
            owner.push("counted.model", 1, "create");
            answerTo(socket, "instead");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(socket.messages("next").stream()
                                    .map(message -> message.path("id").asText())
                                    .collect(Collectors.toSet()))
                            .hasSize(20)
                            .doesNotContain("op0"));

            subscribe(socket, "op1", query);
            assertThat(socket.awaitClose()).isEqualTo(4409);
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsNobodyUpAndLosesNothing() {
        ObjectNode event =
                Json.object().put("model", "slow.model").put("event", "write").put("record_id", 1);
        event.put("timestamp", "2025-11-16T10:30:00Z").putObject("payload").put("note", "x".repeat(700_000));
        String query = "subscription { webhookEventStream(models: [\"slow.model\"], after: %d) { position data } }"
                .formatted(owner.push("slow.model", 1, "create"));
        WebSocketProbe slow = WebSocketProbe.stalledOf(PROTOCOL, hub.uri("/graphql"), owner.bearer);
        try (slow;
                WebSocketProbe fast = open(owner)) {
            slow.send("{\"type\":\"connection_init\"}");
            List.of("a", "b", "c").forEach(id -> subscribe(slow, id, query));
            subscribe(fast, "fast", query);
            // More than the hub keeps in memory, so that the slow one has to be served from the table.
            List<Long> positions =
                    IntStream.range(0, 60).mapToObj(_ -> owner.push(event)).toList();
            awaitPosition(fast, positions.getLast());
            assertThat(fast.messages("next").stream().map(GraphQlBoundsIT::position))
                    .containsExactlyElementsOf(positions);
            assertThat(slow.messages()).isEmpty();

            slow.readAll();

            for (String id : List.of("a", "b", "c")) {
                await().atMost(SOON).until(() -> positions(slow, id).contains(positions.getLast()));
                assertThat(positions(slow, id)).isEqualTo(positions);
            }
        }
    }

    private static List<Long> positions(WebSocketProbe socket, String id) {
        return socket.messages("next").stream()
                .filter(next -> next.path("id").asText().equals(id))
                .map(GraphQlBoundsIT::position)
                .toList();
    }

    /** The same payload under many names costs little to ask for. */
    @Test
    void anAnswerIsBoundedWhateverItsFieldsHold() {
        ObjectNode large =
                Json.object().put("model", "large.model").put("event", "write").put("record_id", 1);
        large.put("timestamp", "2025-11-16T10:30:00Z").putObject("payload").put("note", "x".repeat(700_000));
        String many = IntStream.range(0, 200).mapToObj(i -> "d" + i + ": data").collect(Collectors.joining(" "));
        try (WebSocketProbe socket = open(owner)) {
            subscribe(socket, "s", "subscription { webhookEventStream(models: [\"large.model\"]) { " + many + " } }");
            subscribe(socket, "ready", "{ __typename }");
            answerTo(socket, "ready");

            owner.push(large);

            JsonNode answer =
                    owner.ask("{ webhookEvents(filter: {model: \"large.model\"}, limit: 1) { " + many + " } }");
            assertThat(answer.path("errors").path(0).path("message").asText()).contains("too large");
            assertThat(answer.path("errors").path(0).path("path").path(0).asText())
                    .isEqualTo("webhookEvents");
            assertThat(answerTo(socket, "s").toString()).contains("too large");
        }
    }

    // Wrong input

    private record Wrong(String query, String argument) {}

    @TestFactory
    Stream<DynamicTest> anErrorNamesTheArgumentOfAMutationThatIsWrong() {
        BridgeCore device = BridgeCore.user(hub, "default", "bounds-phone", Role.DEVICE);
        Stream<Wrong> wrong = Stream.of(
                new Wrong("mutation { resetSyncState(deviceId: \"d\") }", "userId"),
                new Wrong("mutation { resetSyncState(userId: 1) }", "deviceId"),
                new Wrong("mutation { resetSyncState(userId: null, deviceId: \"d\") }", "userId"),
                new Wrong("mutation { resetSyncState(userId: \"x\", deviceId: \"d\") }", "userId"),
                new Wrong("mutation { resetSyncState(userId: 3000000000, deviceId: \"d\") }", "userId"),
                new Wrong("mutation { resetSyncState(userId: -1, deviceId: \"d\") }", "userId"),
                new Wrong("mutation { resetSyncState(userId: 1, deviceId: 7) }", "deviceId"),
                new Wrong("mutation { resetSyncState(userId: 1, deviceId: \"\") }", "deviceId"),
                new Wrong("mutation { resetSyncState(userId: 1, deviceId: \"a\\u0000\") }", "deviceId"),
                new Wrong("mutation { resetSyncState(userId: 1, deviceId: \"" + "x".repeat(300) + "\") }", "deviceId"),
                new Wrong("mutation { resetSyncState(userId: 1, deviceId: \"d\", more: 1) }", "more"),
                new Wrong("mutation ($userId: Int!) { resetSyncState(userId: $userId, deviceId: \"d\") }", "userId"));
        Stream<DynamicTest> tests = wrong.map(one -> dynamicTest(cut(one.query), () -> {
            JsonNode answer = owner.ask(one.query);
            assertThat(answer.path("errors")).as(answer.toString()).isNotEmpty();
            assertThat(answer.path("errors").path(0).path("message").asText()).contains(one.argument);
        }));
        return Stream.concat(tests, Stream.of(dynamicTest("another's device", () -> {
            JsonNode error = device.ask(
                            "mutation { resetSyncState(userId: %d, deviceId: \"d\") }".formatted(owner.userId))
                    .path("errors")
                    .path(0);
            assertThat(error.path("path").path(0).asText()).isEqualTo("resetSyncState");
            assertThat(error.path("extensions").path("argument").asText()).isEqualTo("userId");
        })));
    }

    @Test
    void anErrorOfASubscriptionNamesItsArgumentToo() {
        try (WebSocketProbe socket = open(owner)) {
            subscribe(socket, "after", "subscription { webhookEventStream(after: -1) { id } }");
            subscribe(socket, "models", "subscription { webhookEventStream(models: [\"a\\u0000\"]) { id } }");
            subscribe(socket, "type", "subscription { webhookEventStream(after: \"x\") { id } }");

            for (String argument : List.of("after", "models")) {
                JsonNode error = answerTo(socket, argument).path("payload").findPath("extensions");
                assertThat(error.path("argument").asText()).isEqualTo(argument);
            }
            assertThat(answerTo(socket, "type").toString()).contains("after");
        }
    }

    private static String cut(String query) {
        return query.length() <= 80 ? query : query.substring(0, 80);
    }
}
