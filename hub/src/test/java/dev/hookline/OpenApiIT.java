package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.Request.Method;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@code openapi.yaml} against the router, and against what a running hub answers. */
class OpenApiIT {
    private static final String BOOKING = """
            {"event_type":"booking.created","booking_ref":"OA-1","vehicle_id":7,"customer_email":"customer@example.com",
             "date_from":"2024-02-01","date_to":"2024-02-05","total_amount":600.00,"currency":"USD"}""";
    private static final String PRICE = """
            {"event_type":"price.updated","vehicle_id":7,"rental_price_daily":85.00,"currency":"USD"}""";
    private static final String LOGIN =
            "{\"username\":\"admin\",\"password\":\"" + HubProcess.PASSWORD + "\",\"database\":\"odoo\"}";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static OpenAPI document;
    private static OpenApiInteractionValidator validator;
    private static String[] token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", ""));
        String yaml = hub.get("/openapi.yaml").body();
        document = new OpenAPIV3Parser().readContents(yaml).getOpenAPI();
        validator = OpenApiInteractionValidator.createForInlineApiSpecification(yaml)
                .build();
        token = new String[] {"Authorization", "Bearer " + hub.token()};
        hub.post("/api/webhook/booking", BOOKING);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void documentHasNoFaults() {
        String yaml = hub.get("/openapi.yaml").body();

        assertThat(new OpenAPIV3Parser().readContents(yaml).getMessages()).isEmpty();
    }

    @Test
    void everyRouteIsDocumentedAndNothingElseIs(@TempDir Path folder) throws Exception {
        Set<String> documented = document.getPaths().entrySet().stream()
                .flatMap(path -> operations(path.getKey(), path.getValue()))
                .collect(Collectors.toCollection(TreeSet::new));

        try (Hub wired = Hub.start(Settings.from(Map.of(
                "PORT", "0", "HOOKLINE_DATA", folder.toString(), "DATABASE_URL", url(TestDatabase.freshAddress()))))) {
            Set<String> mounted = new TreeSet<>(wired.routes().keySet());
            mounted.removeIf(route -> route.startsWith("GET /docs/"));
            assertThat(documented).isEqualTo(mounted);
        }
    }

    private static Stream<String> operations(String path, PathItem item) {
        String pattern = path.replaceAll("\\{(\\w+)}", ":$1");
        return item.readOperationsMap().keySet().stream().map(method -> method + " " + pattern);
    }

    private static String url(DatabaseAddress address) {
        return address.jdbcUrl()
                + (address.jdbcUrl().contains("?") ? "&" : "?")
                + "user=" + URLEncoder.encode(address.user(), StandardCharsets.UTF_8)
                + "&password=" + URLEncoder.encode(address.password(), StandardCharsets.UTF_8);
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfAWebhookIsAccepted() {
        return Stream.of("/api/webhook/booking", "/api/webhook/inventory", "/api/v2/webhooks/orders")
                .flatMap(path -> {
                    PathItem item = document.getPaths().get(path);
                    MediaType body =
                            item.getPost().getRequestBody().getContent().get("application/json");
                    return body.getExamples().entrySet().stream()
                            .map(example -> dynamicTest(path + ", " + example.getKey(), () -> {
                                HttpResponse<String> answer = posted(
                                        path, Json.write(example.getValue().getValue()));
                                documented(Method.POST, path, 200, answer);
                            }));
                });
    }

    private static HttpResponse<String> posted(String path, String body) {
        var report = validator.validateRequest(SimpleRequest.Builder.post(path)
                .withContentType("application/json")
                .withBody(body)
                .build());
        assertThat(report.getMessages()).isEmpty();
        return hub.post(path, body);
    }

    @Test
    void bookingIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/booking", 200, posted("/api/webhook/booking", BOOKING));
    }

    @Test
    void priceIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/inventory", 200, posted("/api/webhook/inventory", PRICE));
    }

    @Test
    void duplicateIsAnsweredAsDocumented() {
        String[] id = {"webhook-id", "oa-duplicate"};
        hub.post("/api/webhook/booking", BOOKING, id);

        HttpResponse<String> second = hub.post("/api/webhook/booking", BOOKING, id);

        documented(Method.POST, "/api/webhook/booking", 200, second);
        assertThat(second.body()).contains("\"duplicate\":true");
    }

    @Test
    void invalidJsonIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/booking", 400, hub.post("/api/webhook/booking", "{"));
        documented(Method.POST, "/auth/login", 400, hub.post("/auth/login", "{"));
    }

    @Test
    void wrongSignatureIsAnsweredAsDocumented(@TempDir Path folder) {
        try (HubProcess signed = HubProcess.start(folder, Map.of("ODOO_WEBHOOK_SECRET", "secret"))) {
            documented(
                    Method.POST,
                    "/api/webhook/booking",
                    401,
                    signed.post("/api/webhook/booking", BOOKING, "X-Webhook-Signature", "test"));
        }
    }

    @Test
    void largeBodyIsAnsweredAsDocumented() {
        String large = "\"" + "x".repeat(2 << 20) + "\"";

        documented(Method.POST, "/api/webhook/inventory", 413, hub.post("/api/webhook/inventory", large));
        documented(Method.POST, "/auth/login", 413, hub.post("/auth/login", large));
    }

    @Test
    void wrongFieldIsAnsweredAsDocumented() {
        documented(Method.POST, "/api/webhook/booking", 422, hub.post("/api/webhook/booking", "{}"));
        documented(Method.POST, "/auth/login", 422, hub.post("/auth/login", "{\"username\":\"admin\"}"));
        documented(Method.GET, "/api/v1/records/booking", 422, hub.get("/api/v1/records/booking?limit=0", token));
        documented(Method.GET, "/api/events", 422, hub.get("/api/events?since=never", token));
    }

    @Test
    void missingTokenIsAnsweredAsDocumented() {
        documented(Method.GET, "/api/events", 401, hub.get("/api/events"));
        documented(Method.GET, "/api/v1/records/booking", 401, hub.get("/api/v1/records/booking"));
        documented(Method.GET, "/api/v1/records/booking/OA-1", 401, hub.get("/api/v1/records/booking/OA-1"));
    }

    @Test
    void socketsAreAnsweredAsDocumented() {
        documented(Method.GET, "/ws", 426, hub.get("/ws"));
        documented(Method.GET, "/ws/1", 426, hub.get("/ws/1", token));
        documented(Method.GET, "/api/v1/ws/1", 426, hub.get("/api/v1/ws/1", token));
        documented(Method.GET, "/api/v1/ws/stats", 200, hub.get("/api/v1/ws/stats", token));
        documented(Method.GET, "/api/v1/ws/stats", 401, hub.get("/api/v1/ws/stats"));
    }

    @Test
    void recordsAreAnsweredAsDocumented() {
        documented(Method.GET, "/api/v1/records/booking", 200, hub.get("/api/v1/records/booking?limit=1", token));
        documented(Method.GET, "/api/v1/records/booking/OA-1", 200, hub.get("/api/v1/records/booking/OA-1", token));
        documented(Method.GET, "/api/v1/records/booking/NO", 404, hub.get("/api/v1/records/booking/NO", token));
    }

    @Test
    void loginIsAnsweredAsDocumented() {
        documented(Method.POST, "/auth/login", 200, posted("/auth/login", LOGIN));
        documented(Method.POST, "/api/v1/auth/login", 200, posted("/api/v1/auth/login", LOGIN));
        documented(
                Method.POST,
                "/auth/login",
                401,
                hub.post("/auth/login", "{\"username\":\"admin\",\"password\":\"wrong\"}"));
    }

    @Test
    void sessionIsAnsweredAsDocumented() {
        for (String family : new String[] {"/auth", "/api/v1/auth"}) {
            var login = HubProcess.json(hub.post(family + "/login", LOGIN));
            String[] access = {
                "Authorization", "Bearer " + login.path("access_token").asText()
            };
            String[] refresh = {
                "Authorization", "Bearer " + login.path("refresh_token").asText()
            };
            documented(Method.GET, family + "/me", 200, hub.get(family + "/me", access));
            documented(Method.POST, family + "/refresh", 200, hub.post(family + "/refresh", "", refresh));
            documented(Method.POST, family + "/refresh", 401, hub.post(family + "/refresh", "", access));
            documented(Method.POST, family + "/logout", 200, hub.post(family + "/logout", "", access));
            documented(Method.POST, family + "/logout", 401, hub.post(family + "/logout", "", access));
            documented(Method.GET, family + "/me", 401, hub.get(family + "/me", access));
        }
    }

    @Test
    void accountsAreAnsweredAsDocumented() {
        String users = "/api/v1/users";
        String jo = "{\"username\":\"jo\",\"role\":\"viewer\",\"password\":\"twelve or more\"}";
        HttpResponse<String> user = hub.post(users, jo, token);
        documented(Method.POST, users, 201, user);
        documented(Method.POST, users, 409, hub.post(users, jo, token));
        documented(Method.POST, users, 422, hub.post(users, "{}", token));
        documented(Method.GET, users, 200, hub.get(users, token));
        String one = users + "/" + HubProcess.json(user).path("id").asText();
        documented(Method.GET, one, 200, hub.get(one, token));
        documented(Method.PATCH, one, 200, sent("PATCH", one, "{\"full_name\":\"Jo\",\"role\":\"member\"}"));
        documented(Method.DELETE, one, 204, sent("DELETE", one, ""));
        documented(Method.DELETE, one, 404, sent("DELETE", one, ""));

        String invitations = "/api/v1/invitations";
        HttpResponse<String> invitation = hub.post(invitations, "{\"role\":\"device\"}", token);
        documented(Method.POST, invitations, 201, invitation);
        documented(Method.GET, invitations, 200, hub.get(invitations, token));
        String open = invitations + "/" + HubProcess.json(invitation).path("id").asText();
        String accept = invitations + "/accept";
        String guest = "{\"token\":\"x\",\"username\":\"guest\",\"password\":\"twelve or more\"}";
        documented(Method.POST, accept, 404, hub.post(accept, guest));
        String shown = HubProcess.json(invitation).path("token").asText();
        documented(Method.POST, accept, 201, hub.post(accept, guest.replace("\"x\"", "\"" + shown + "\"")));
        documented(Method.DELETE, open, 404, sent("DELETE", open, ""));

        String keys = "/api/v1/api-keys";
        HttpResponse<String> key = hub.post(keys, "{\"name\":\"k\",\"scopes\":[\"sync\"]}", token);
        documented(Method.POST, keys, 201, key);
        documented(Method.POST, keys, 422, hub.post(keys, "{\"name\":\"k\"}", token));
        documented(Method.GET, keys, 200, hub.get(keys, token));
        String made = keys + "/" + HubProcess.json(key).path("id").asText();
        documented(Method.GET, made, 200, hub.get(made, token));
        documented(Method.DELETE, made, 204, sent("DELETE", made, ""));

        String tenants = "/api/v1/tenants";
        documented(Method.POST, tenants, 201, hub.post(tenants, "{\"id\":\"acme\",\"name\":\"Acme\"}", token));
        documented(Method.POST, tenants, 409, hub.post(tenants, "{\"id\":\"acme\",\"name\":\"Acme\"}", token));
        documented(Method.GET, tenants, 200, hub.get(tenants, token));
        documented(Method.GET, tenants + "/acme", 200, hub.get(tenants + "/acme", token));
        documented(Method.PATCH, tenants + "/acme", 200, sent("PATCH", tenants + "/acme", "{\"active\":false}"));
        documented(Method.GET, "/api/v1/audit", 200, hub.get("/api/v1/audit", token));
        documented(Method.GET, "/api/v1/audit", 422, hub.get("/api/v1/audit?before=x", token));
        String wrong = "{\"current_password\":\"wrong\",\"new_password\":\"twelve or more\"}";
        documented(Method.POST, "/api/v1/auth/password", 422, hub.post("/api/v1/auth/password", wrong, token));
    }

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
    void sourcesAndCallsAreAnsweredAsDocumented() {
        String sources = "/api/v1/sources";
        HttpResponse<String> made = hub.post(
                sources, "{\"name\":\"documented\",\"scheme\":{\"name\":\"none\"},\"mapping\":\"raw\"}", token);
        documented(Method.POST, sources, 201, made);
        documented(Method.POST, sources, 409, hub.post(sources, "{\"name\":\"documented\"}", token));
        documented(Method.POST, sources, 422, hub.post(sources, "{}", token));
        documented(Method.GET, sources, 200, hub.get(sources, token));
        String one = sources + "/" + HubProcess.json(made).path("id").asText();
        documented(Method.GET, one, 200, hub.get(one, token));
        documented(Method.POST, one + "/rotate", 409, hub.post(one + "/rotate", "", token));
        documented(Method.POST, one + "/test", 200, hub.post(one + "/test", "{\"payload\":{\"id\":1}}", token));
        documented(Method.POST, "/in/documented", 200, hub.post("/in/documented", "{\"id\":1}"));
        documented(Method.POST, "/in/documented", 400, hub.post("/in/documented", "{"));
        documented(Method.POST, "/in/nobody", 404, hub.post("/in/nobody", "{}"));

        String calls = "/api/v1/calls";
        await().until(() -> HubProcess.json(hub.get(calls + "?source=documented", token))
                        .path("count")
                        .asInt()
                == 2);
        HttpResponse<String> list = hub.get(calls + "?source=documented", token);
        documented(Method.GET, calls, 200, list);
        documented(Method.GET, calls, 422, hub.get(calls + "?status=odd", token));
        String call = calls + "/"
                + HubProcess.json(list).path("data").get(1).path("id").asText();
        documented(Method.GET, call, 200, hub.get(call, token));
        documented(Method.POST, call + "/replay", 200, hub.post(call + "/replay", "", token));
        documented(Method.GET, calls + "/999999", 404, hub.get(calls + "/999999", token));

        HttpRequest.Builder delete =
                HttpRequest.newBuilder(hub.uri(one)).headers(token).DELETE();
        documented(Method.DELETE, one, 204, hub.send(delete));
        documented(Method.GET, one, 404, hub.get(one, token));
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
    }

    private static HttpResponse<String> sent(String method, String path, String body) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path))
                .headers(token)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Java's own HTTP client offers to change to HTTP/2 with the first request of each connection. */
    @Test
    void longAnswerArrivesOnEveryNewConnectionOfAClientThatOffersHttp2() throws Exception {
        String wanted = hub.get("/openapi.yaml").body();
        for (int i = 0; i < 50; i++) {
            try (HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
                HttpRequest request =
                        HttpRequest.newBuilder(hub.uri("/openapi.yaml")).build();
                assertThat(client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                                .get(10, TimeUnit.SECONDS)
                                .body())
                        .isEqualTo(wanted);
            }
        }
    }

    @Test
    void ordersAreAnsweredAsDocumented() {
        String orders = "/api/v2/webhooks/orders";
        documented(Method.POST, orders, 400, hub.post(orders, "{"));
        documented(Method.POST, orders, 400, hub.post(orders, "{}"));
        documented(Method.POST, orders, 413, hub.post(orders, "\"" + "x".repeat(2 << 20) + "\""));
        for (String path : new String[] {"/test", "/logs", "/signature-help"}) {
            documented(Method.GET, "/api/v2/webhooks" + path, 200, hub.get("/api/v2/webhooks" + path));
        }
        documented(Method.GET, "/api/v2/webhooks/logs", 400, hub.get("/api/v2/webhooks/logs?limit=0"));
        documented(
                Method.GET,
                "/api/v2/webhooks/logs",
                401,
                hub.get("/api/v2/webhooks/logs", "X-Forwarded-For", "192.0.2.1"));
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfOdooIsAccepted() {
        String path = "/api/v1/webhooks/receive";
        MediaType body = document.getPaths()
                .get(path)
                .getPost()
                .getRequestBody()
                .getContent()
                .get("application/json");
        return body.getExamples().entrySet().stream()
                .map(example -> dynamicTest(
                        example.getKey(),
                        () -> documented(
                                Method.POST,
                                path,
                                200,
                                hub.post(path, Json.write(example.getValue().getValue()), token))));
    }

    @Test
    void odooIsAnsweredAsDocumented() {
        String path = "/api/v1/webhooks/receive";
        documented(Method.POST, path, 401, hub.post(path, "{}"));
        documented(Method.POST, path, 422, hub.post(path, "{}", token));
        documented(Method.POST, path, 400, hub.post(path, "[", token));
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfAMappingIsTried() {
        String path = "/api/v1/mappings/try";
        MediaType body = document.getPaths()
                .get(path)
                .getPost()
                .getRequestBody()
                .getContent()
                .get("application/json");
        return body.getExamples().entrySet().stream()
                .map(example -> dynamicTest(example.getKey(), () -> {
                    HttpResponse<String> answer =
                            hub.post(path, Json.write(example.getValue().getValue()), token);
                    documented(Method.POST, path, 200, answer);
                    assertThat(answer.body()).contains("\"accepted\":true");
                }));
    }

    @Test
    void mappingsAreAnsweredAsDocumented() {
        String path = "/api/v1/mappings/try";
        documented(Method.GET, "/api/v1/mappings/templates", 200, hub.get("/api/v1/mappings/templates", token));
        documented(Method.POST, path, 200, hub.post(path, "{\"template\":\"order\",\"payload\":{}}", token));
        documented(Method.POST, path, 422, hub.post(path, "{\"template\":\"odd\",\"payload\":{}}", token));
        documented(Method.POST, path, 422, hub.post(path, "{\"mapping\":{},\"payload\":{}}", token));
        documented(Method.POST, path, 401, hub.post(path, "{}"));
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
    void operatorsPagesAreAnsweredAsDocumented() {
        for (String path :
                new String[] {"/", "/health", "/health/db", "/health/redis", "/metrics", "/docs", "/openapi.yaml"}) {
            documented(Method.GET, path, 200, hub.get(path));
        }
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

    private static void documented(Method method, String path, int status, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        SimpleResponse.Builder response = SimpleResponse.Builder.status(status).withBody(answer.body());
        answer.headers().map().forEach(response::withHeader);
        assertThat(validator.validateResponse(path, method, response.build()).getMessages())
                .isEmpty();
        assertThat(answer.headers().map()).containsKeys("x-request-id", "x-response-time");
    }
}
