package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every route of the router, against its rule: no token 401, too weak a role 403, another tenant's id 404. A new route with
 * an id in its path has to be told here how to come by one, a new route for anyone has to be named here.
 */
class RouteRulesIT {
    private static final String PASSWORD = "a password for tests";
    private static final String BASIC = "Basic YWRtaW46YWRtaW4=";

    /** Decision 1: who sends here proves itself by the source's own scheme, if at all, or has come to sign in. */
    private static final Set<String> FOR_ANYONE = Set.of(
            "POST /api/webhook/booking",
            "POST /api/webhook/inventory",
            "POST /api/v2/webhooks/orders",
            "POST /in/:source",
            "POST /in/:source/:secret",
            "HEAD /in/:source",
            "HEAD /in/:source/:secret",
            "HEAD /api/v1/webhooks/receive",
            "GET /api/v2/webhooks/test",
            "GET /api/v2/webhooks/signature-help",
            "GET /",
            "GET /health",
            "GET /health/db",
            "GET /health/redis",
            "GET /api/v1/health",
            "GET /api/v1/webhooks/health",
            "GET /api/v2/sync/health",
            "GET /api/v1/odoo-sync/health",
            "GET /metrics",
            "GET /docs",
            "GET /docs/",
            "GET /docs/invitation.css",
            "GET /docs/invitation.js",
            "GET /invitation",
            "GET /docs/page.js",
            "GET /docs/page.css",
            "GET /docs/swagger-ui.css",
            "GET /docs/swagger-ui-bundle.js",
            "GET /graphiql",
            "GET /graphiql/",
            "GET /graphiql/fetcher.js",
            "GET /graphiql/graphiql.min.css",
            "GET /graphiql/graphiql.min.js",
            "GET /graphiql/page.css",
            "GET /graphiql/page.js",
            "GET /graphiql/react-dom.js",
            "GET /graphiql/react.js",
            "GET /openapi.yaml",
            "GET /openapi.json",
            "GET /redoc",
            "POST /auth/login",
            "POST /api/v1/auth/login",
            "POST /api/v1/auth/tenant/login",
            "POST /api/admin/auth/login",
            "POST /api/v1/invitations/accept");

    /** They look for a token themselves, for they take other proofs too. */
    private static final Set<String> BY_OTHER_PROOF = Set.of(
            "POST /api/v1/webhooks/receive",
            "POST /auth/refresh",
            "POST /auth/logout",
            "POST /api/v1/auth/refresh",
            "POST /api/v1/auth/logout",
            "POST /api/v1/auth/tenant/refresh",
            "POST /api/v1/auth/tenant/logout");

    /** For anyone to open, for the token may come as the first message; without one nothing else is heard. */
    private static final Set<String> BY_FIRST_MESSAGE =
            Set.of("GET /ws", "GET /ws/:user_id", "GET /api/v1/ws/:user_id");

    /** The name in the path is the tenant's own, whether the tenant has used it or not. */
    private static final Set<String> OF_NAMES = Set.of("GET /api/v1/records/:model", "PUT /api/v1/event-types/:name");

    private static final AtomicInteger MADE = new AtomicInteger();

    @TempDir
    static Path data;

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Map<Role, String> TOKENS = new EnumMap<>(Role.class);

    private static Hub hub;
    private static String foreignOwner;

    @BeforeAll
    static void start() throws Exception {
        DatabaseAddress address = TestDatabase.freshAddress();
        hub = Hub.start(Settings.from(Map.of(
                "PORT",
                "0",
                "HOOKLINE_DATA",
                data.toString(),
                "HOOKLINE_ADMIN_PASSWORD",
                PASSWORD,
                "RATE_LIMIT_ENABLED",
                "false",
                "WEBHOOK_SECRET",
                "so that no log of orders is open to this machine",
                "DATABASE_URL",
                url(address))));
        try (Database database = new Database(address, 1)) {
            PostgresAccess access = new PostgresAccess(database.jdbi());
            String hash = new Passwords().hash(PASSWORD);
            access.makeTenant("other", "Other");
            access.makeUser("other", "foreign", hash, Role.OWNER);
            for (Role role : Role.values()) {
                String name = role == Role.ADMIN ? "administrator" : role.text();
                access.makeUser("default", name, hash, role);
                TOKENS.put(role, login(name));
            }
        }
        foreignOwner = login("foreign");
    }

    @AfterAll
    static void stop() {
        HTTP.close();
        hub.close();
    }

    private static String url(DatabaseAddress address) {
        return address.jdbcUrl()
                + (address.jdbcUrl().contains("?") ? "&" : "?")
                + "user=" + URLEncoder.encode(address.user(), UTF_8)
                + "&password=" + URLEncoder.encode(address.password(), UTF_8);
    }

    private static String login(String name) {
        JsonNode body = Json.object().put("username", name).put("password", PASSWORD);
        return answer("POST", "/auth/login", "", Json.write(body)).json("access_token");
    }

    private record Answer(int status, HttpResponse<?> response, String body) {
        String json(String field) {
            JsonNode value = Json.read(body).path(field);
            assertThat(value.isMissingNode()).as(body).isFalse();
            return value.asText();
        }
    }

    /** Streams are answered without an end: only what others send is read whole. */
    private static Answer answer(String method, String path, String authorization, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + hub.ports().getFirst() + path))
                .timeout(Duration.ofSeconds(30))
                .method(
                        method,
                        Set.of("GET", "DELETE", "HEAD").contains(method)
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        try {
            HttpResponse<InputStream> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                boolean stream =
                        response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream");
                return new Answer(response.statusCode(), response, stream ? "" : new String(in.readAllBytes(), UTF_8));
            }
        } catch (IOException e) {
            throw new IllegalStateException(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static Answer as(String token, String route, String path, String body) {
        return answer(method(route), path, "Bearer " + token, body);
    }

    private static String method(String route) {
        return route.substring(0, route.indexOf(' '));
    }

    private static String path(String route) {
        return route.substring(route.indexOf(' ') + 1);
    }

    /** With ids that nobody has. */
    private static String anyPath(String route) {
        return path(route).replaceAll(":\\w+", "0");
    }

    private static Stream<Map.Entry<String, Rule>> guarded() {
        return hub.routes().entrySet().stream().filter(route -> route.getValue().audience() != Rule.Audience.ANYONE);
    }

    @Test
    void onlyWhatDecisionOneNamesAsksForNoToken() {
        Set<String> open = hub.routes().entrySet().stream()
                .filter(route -> route.getValue().audience() == Rule.Audience.ANYONE)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));

        Set<String> named = new TreeSet<>(FOR_ANYONE);
        named.addAll(BY_OTHER_PROOF);
        named.addAll(BY_FIRST_MESSAGE);
        assertThat(open).isEqualTo(named);
    }

    @TestFactory
    Stream<DynamicTest> withoutATokenThatCountsEveryOtherRouteAnswers401() {
        Stream<String> routes = Stream.concat(guarded().map(Map.Entry::getKey), BY_OTHER_PROOF.stream());
        return routes.map(route -> dynamicTest(route, () -> {
            for (String authorization : new String[] {"", BASIC, "Bearer x.y.z", "Bearer hlk_" + "x".repeat(43)}) {
                Answer answer = answer(method(route), anyPath(route), authorization, "{}");

                assertThat(answer.status)
                        .as("with '%s': %s", authorization, answer.body)
                        .isEqualTo(401);
                assertThat(answer.response.headers().firstValue("WWW-Authenticate"))
                        .isPresent();
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> tooWeakARoleIsAnswered403() {
        return guarded()
                .filter(route -> route.getValue().role() != Role.DEVICE)
                .map(route -> dynamicTest(route.getKey(), () -> {
                    Role weaker = Stream.of(Role.values())
                            .filter(role -> !role.isAtLeast(route.getValue().role()))
                            .max(Role::compareTo)
                            .orElseThrow();

                    Answer answer = as(TOKENS.get(weaker), route.getKey(), anyPath(route.getKey()), "{}");

                    assertThat(answer.status).as(answer.body).isEqualTo(403);
                }));
    }

    /** Of keys that have every scope but those that the route asks for. */
    @TestFactory
    Stream<DynamicTest> anApiKeyWithoutTheScopeIsAnswered403() {
        Map<Set<Scope>, String> keys = new HashMap<>();
        return guarded()
                .filter(route -> !route.getValue().scopes().containsAll(Set.of(Scope.values())))
                .map(route -> dynamicTest(route.getKey(), () -> {
                    String key = keys.computeIfAbsent(route.getValue().scopes(), RouteRulesIT::keyForAllBut);

                    Answer answer = as(key, route.getKey(), anyPath(route.getKey()), "{}");

                    assertThat(answer.status).as(answer.body).isEqualTo(403);
                }));
    }

    @TestFactory
    Stream<DynamicTest> anApiKeyWithTheScopeIsLetIn() {
        String key = keyForAllBut(Set.of());
        return guarded()
                .filter(route -> !route.getValue().scopes().isEmpty())
                .map(route -> dynamicTest(route.getKey(), () -> {
                    Answer answer = as(key, route.getKey(), anyPath(route.getKey()), "{}");

                    assertThat(answer.status).as(answer.body).isNotIn(401, 403).isLessThan(500);
                }));
    }

    private static String keyForAllBut(Set<Scope> without) {
        ObjectNode body = Json.object().put("name", "all but " + without);
        ArrayNode scopes = body.putArray("scopes");
        Stream.of(Scope.values()).filter(scope -> !without.contains(scope)).forEach(scope -> scopes.add(scope.text()));
        return made("/api/v1/api-keys", Json.write(body)).json("key");
    }

    @TestFactory
    Stream<DynamicTest> theLeastRoleThatMayIsLetIn() {
        return guarded()
                .map(route -> dynamicTest(route.getKey(), () -> {
                    Answer answer =
                            as(TOKENS.get(route.getValue().role()), route.getKey(), anyPath(route.getKey()), "{}");

                    assertThat(answer.status).as(answer.body).isNotIn(401, 403).isLessThan(500);
                }));
    }

    @TestFactory
    Stream<DynamicTest> whatIsForThePlatformIsAnswered403ToOwnersOfOtherTenants() {
        return guarded()
                .filter(route -> route.getValue().audience() == Rule.Audience.PLATFORM)
                .map(route -> dynamicTest(
                        route.getKey(),
                        () -> assertThat(as(foreignOwner, route.getKey(), anyPath(route.getKey()), "{}").status)
                                .isEqualTo(403)));
    }

    /** How to make something that has an id, by the paths that take it; each answers the path's id as text. */
    private static Map<String, Supplier<String>> ids() {
        Map<String, Supplier<String>> ids = new LinkedHashMap<>();
        ids.put(
                "/api/v1/tenant/webhooks/subscriptions/:id",
                () -> made(
                                "/api/v1/tenant/webhooks/subscriptions",
                                "{\"url\":\"https://example.com/\",\"event\":\"a.b\"}")
                        .json("id"));
        ids.put("/api/v1/tenant/webhooks/deliveries/:id", RouteRulesIT::delivery);
        ids.put(
                "/api/v1/tenant/webhooks/replays/:id",
                () -> made("/api/v1/tenant/webhooks/replays", "{}").json("id"));
        ids.put("/api/v1/sources/:id", () -> made("/api/v1/sources", source()).json("id"));
        ids.put(
                "/api/v1/users/:id",
                () -> made(
                                "/api/v1/users",
                                "{\"username\":\"made" + next() + "\",\"role\":\"viewer\",\"password\":\"" + PASSWORD
                                        + "\"}")
                        .json("id"));
        ids.put(
                "/api/v1/invitations/:id",
                () -> made("/api/v1/invitations", "{\"role\":\"viewer\"}").json("id"));
        ids.put(
                "/api/v1/api-keys/:id",
                () -> made("/api/v1/api-keys", "{\"name\":\"made\",\"scopes\":[\"sync\"]}")
                        .json("id"));
        ids.put("/api/v1/calls/:id", RouteRulesIT::call);
        ids.put(
                "/api/v1/event-types/:name",
                () -> made("/api/v1/event-types", "{\"name\":\"made.n" + next() + "\"}")
                        .json("name"));
        ids.put("/api/v1/records/:model/:key", () -> {
            String booking = "{\"event_type\":\"booking.created\",\"booking_ref\":\"B\",\"vehicle_id\":1}";
            made("/api/webhook/booking", booking);
            return "booking/B";
        });
        return ids;
    }

    private static int next() {
        return MADE.incrementAndGet();
    }

    private static Answer made(String path, String body) {
        Answer answer = answer("POST", path, "Bearer " + TOKENS.get(Role.OWNER), body);
        assertThat(answer.status).as(answer.body).isBetween(200, 299);
        return answer;
    }

    private static String source() {
        return "{\"name\":\"made" + next() + "\",\"scheme\":{\"name\":\"none\"},\"mapping\":\"raw\"}";
    }

    /** To a subscription that pauses: nothing is sent. */
    private static String delivery() {
        String subscriptions = "/api/v1/tenant/webhooks/subscriptions";
        String event = "made.n" + next();
        String subscription = made(subscriptions, "{\"url\":\"https://example.com/\",\"event\":\"" + event + "\"}")
                .json("id");
        made(subscriptions + "/" + subscription + "/pause", "");
        made(
                "/api/v1/tenant/webhooks/events",
                "{\"event\":\"" + event + "\",\"resource_type\":\"made\",\"resource_id\":1,\"data\":{}}");
        return firstOf("/api/v1/tenant/webhooks/deliveries?subscription_id=" + subscription);
    }

    private static String call() {
        String name = made("/api/v1/sources", source()).json("name");
        made("/in/" + name, "{\"id\":1}");
        return firstOf("/api/v1/calls?source=" + name);
    }

    /** The id of what a list shows first, as soon as it shows something. */
    private static String firstOf(String list) {
        JsonNode shown = await().atMost(Duration.ofSeconds(30))
                .until(
                        () -> Json.read(as(TOKENS.get(Role.OWNER), "GET /", list, "").body)
                                .path("data"),
                        data -> !data.isEmpty());
        return shown.path(0).path("id").asText();
    }

    @TestFactory
    Stream<DynamicTest> anotherTenantsIdIsAnswered404() {
        Map<String, Supplier<String>> ids = ids();
        return guarded()
                .filter(route -> route.getValue().audience() == Rule.Audience.TENANT)
                .map(Map.Entry::getKey)
                .filter(route -> route.contains(":") && !OF_NAMES.contains(route))
                .map(route -> dynamicTest(route, () -> {
                    String kind = ids.keySet().stream()
                            .filter(path(route)::startsWith)
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("Tell this test how to make the id of " + route));
                    String path = kind.replaceFirst(":.*", ids.get(kind).get())
                            + path(route).substring(kind.length());

                    Answer foreign = as(foreignOwner, route, path, "{}");
                    Answer own = as(TOKENS.get(Role.OWNER), route, path, "{}");

                    assertThat(foreign.status).as(foreign.body).isEqualTo(404);
                    assertThat(own.status).as(own.body).isNotIn(401, 403, 404).isLessThan(500);
                }));
    }

    @Test
    void anotherTenantsIdInAQueryOrABodyShowsAndChangesNothing() {
        String delivery = delivery();
        String subscription = delivery.substring(0, delivery.indexOf('-'));
        String owner = Json.read(as(TOKENS.get(Role.OWNER), "GET /", "/auth/me", "").body)
                .path("id")
                .asText();

        Answer deliveries =
                as(foreignOwner, "GET /", "/api/v1/tenant/webhooks/deliveries?subscription_id=" + subscription, "");
        Answer retried = as(
                foreignOwner, "POST /", "/api/v1/tenant/webhooks/deliveries/retry", "{\"ids\":[\"" + delivery + "\"]}");
        Answer key = as(
                foreignOwner,
                "POST /",
                "/api/v1/api-keys",
                "{\"name\":\"k\",\"scopes\":[\"sync\"],\"user_id\":" + owner + "}");
        Answer audit = as(foreignOwner, "GET /", "/api/v1/audit?user_id=" + owner, "");

        assertThat(deliveries.json("count")).isEqualTo("0");
        assertThat(retried.json("retried")).isEqualTo("0");
        assertThat(key.status).isEqualTo(404);
        assertThat(audit.json("count")).isEqualTo("0");
    }

    /** To an administrator, another tenant's user is as one that there is not. */
    @TestFactory
    Stream<DynamicTest> anotherTenantsUserIsAnswered404WhereADeviceSyncs() {
        String owner = userId(TOKENS.get(Role.OWNER));
        return Stream.of(
                        "POST /api/v2/sync/pull",
                        "GET /api/v2/sync/state",
                        "POST /api/v2/sync/reset",
                        "POST /api/v1/odoo-sync/pull",
                        "GET /api/v1/odoo-sync/pull",
                        "POST /api/v1/odoo-sync/sync-state",
                        "POST /api/v1/odoo-sync/sync-state/update",
                        "GET /api/v1/odoo-sync/sync-state/stats",
                        "POST /api/v1/odoo-sync/smart-pull")
                .map(route -> dynamicTest(route, () -> {
                    for (String user : new String[] {owner, "424242"}) {
                        String path = path(route) + "?user_id=" + user + "&device_id=stolen";
                        String body = "{\"user_id\":" + user
                                + ",\"device_id\":\"stolen\",\"app_type\":\"mobile_app\",\"last_event_id\":0}";

                        Answer answer = as(foreignOwner, route, path, body);

                        assertThat(answer.status).as(answer.body).isEqualTo(404);
                        assertThat(answer.body).contains("There is no user with this id");
                    }
                }));
    }

    @Test
    void anotherTenantsUserIsNobodysSocket() {
        String owner = userId(TOKENS.get(Role.OWNER));
        String member = userId(TOKENS.get(Role.MEMBER));
        String[] bearer = {"Authorization", "Bearer " + foreignOwner};
        for (String path : new String[] {"/ws/" + owner, "/api/v1/ws/" + owner, "/ws/424242"}) {
            assertThatThrownBy(() -> WebSocketProbe.open(socket(path), bearer))
                    .as(path)
                    .hasMessageContaining("404");
            try (WebSocketProbe late = WebSocketProbe.open(socket(path))) {
                late.send(Json.object().put("type", "auth").put("token", foreignOwner));
                assertThat(late.awaitClose()).isEqualTo(1008);
            }
        }
        try (WebSocketProbe own =
                WebSocketProbe.open(socket("/ws/" + member), "Authorization", "Bearer " + TOKENS.get(Role.OWNER))) {
            assertThat(own.ask(Json.object().put("type", "ping")).path("type").asText())
                    .isEqualTo("pong");
        }
    }

    private static URI socket(String path) {
        return URI.create("http://127.0.0.1:" + hub.ports().getFirst() + path);
    }

    private static String userId(String token) {
        return as(token, "GET /", "/auth/me", "").json("id");
    }

    /** A key that was given to a device is no administrator's. */
    @Test
    void anAdministratorsKeyActsForOthersOnlyWithTheScopeForIt() {
        String member = userId(TOKENS.get(Role.MEMBER));
        String state = "/api/v2/sync/state?device_id=none&user_id=";
        String sync = made("/api/v1/api-keys", "{\"name\":\"device\",\"scopes\":[\"sync\"]}")
                .json("key");
        String both = made("/api/v1/api-keys", "{\"name\":\"all\",\"scopes\":[\"sync\",\"admin\"]}")
                .json("key");

        assertThat(as(sync, "GET /", state + member, "").status).isEqualTo(403);
        assertThat(as(sync, "GET /", state + userId(TOKENS.get(Role.OWNER)), "").body)
                .contains("Sync state not found");
        assertThat(as(both, "GET /", state + member, "").body).contains("Sync state not found");
    }
}
