package dev.hookline.conformance;

import static dev.hookline.conformance.RentalSiteCalls.BOOKING;
import static dev.hookline.conformance.RentalSiteCalls.INVENTORY;
import static dev.hookline.conformance.RentalSiteCalls.SECRET;
import static dev.hookline.conformance.RentalSiteCalls.TEST_CALL;
import static dev.hookline.conformance.RentalSiteCalls.booking;
import static dev.hookline.conformance.RentalSiteCalls.curl;
import static dev.hookline.conformance.RentalSiteCalls.events;
import static dev.hookline.conformance.RentalSiteCalls.hmac;
import static dev.hookline.conformance.RentalSiteCalls.logFile;
import static dev.hookline.conformance.RentalSiteCalls.position;
import static dev.hookline.conformance.RentalSiteCalls.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rental site of seed 000, line by line: what its Odoo sends, against a hub in a process of its own that knows the secret.
 * Its pages are in {@link RentalSitePagesIT}. Not here: the webhook's active flag and https address, which are kept in Odoo.
 */
@DisplayName("Seed 000, rental site")
class RentalSiteIT {
    private static final String BOOKING_CREATED = """
            {
              "event_type": "booking.created",
              "booking_ref": "BK-2024-0001",
              "vehicle_id": 1,
              "customer_email": "customer@example.com",
              "date_from": "2024-02-01",
              "date_to": "2024-02-05",
              "total_amount": 600.00,
              "currency": "USD"
            }""";
    private static final String AVAILABILITY_CHANGED = """
            {
              "event_type": "vehicle.availability_changed",
              "vehicle_id": 1,
              "availability_status": "reserved",
              "available_from": null,
              "available_to": null,
              "booking_ref": "BK-2024-0001"
            }""";
    private static final String PRICE_UPDATED = """
            {
              "event_type": "price.updated",
              "vehicle_id": 1,
              "rental_price_daily": 85.00,
              "rental_price_weekly": 500.00,
              "rental_price_monthly": 1600.00,
              "currency": "USD"
            }""";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String token;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(
                data,
                Map.of(
                        "ODOO_WEBHOOK_SECRET", SECRET,
                        // For the test of the limit, which comes from addresses of its own.
                        "HOOKLINE_TRUSTED_PROXIES", "127.0.0.1",
                        "RATE_LIMIT_ENABLED", "true"));
        token = hub.token();
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static HttpResponse<String> send(String path, String body) {
        return RentalSiteCalls.send(hub, path, body);
    }

    private static HttpRequest.Builder signed(String path, byte[] body) {
        return RentalSiteCalls.signed(hub, path, body, BodyPublishers.ofByteArray(body));
    }

    private static HttpRequest.Builder signed(String path, byte[] body, BodyPublisher publisher) {
        return RentalSiteCalls.signed(hub, path, body, publisher);
    }

    private static HttpResponse<String> read(String path) {
        return hub.get(path, "Authorization", "Bearer " + token);
    }

    // ---- POST /api/webhook/booking and /api/webhook/inventory -------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"booking.created", "booking.confirmed", "booking.cancelled", "booking.modified"})
    void everyBookingEventIsAcceptedAndInTheLog(String type) {
        String body = "{\"event_type\":\"%s\",\"booking_ref\":\"EACH-%s\"}".formatted(type, type);

        HttpResponse<String> answer = send(BOOKING, body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("event_type").asText()).isEqualTo(type);
        assertThat(row(hub, "SELECT event_type, model, record_key FROM event WHERE position = " + position(answer)))
                .containsExactly(type, "booking", "EACH-" + type);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vehicle.availability_changed",
                "vehicle.added",
                "vehicle.updated",
                "vehicle.removed",
                "vehicle.maintenance",
                "price.updated"
            })
    void everyInventoryEventIsAcceptedAndInTheLog(String type) {
        String body = "{\"event_type\":\"%s\",\"vehicle_id\":7001}".formatted(type);

        HttpResponse<String> answer = send(INVENTORY, body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("event_type").asText()).isEqualTo(type);
        assertThat(row(hub, "SELECT event_type, model, record_id FROM event WHERE position = " + position(answer)))
                .containsExactly(type, "vehicle", 7001L);
    }

    // ---- ODOO_WEBHOOK_SECRET ----------------------------------------------------------------------------------------

    @Test
    void secretOfAnOddNumberOfHexDigitsIsUsedAsText() {
        assertThat(SECRET.length() % 2).isOne();

        HttpResponse<String> answer =
                hub.post(BOOKING, booking("SECRET-1"), "X-Webhook-Signature", hmac(booking("SECRET-1")));

        assertThat(answer.statusCode()).isEqualTo(200);
    }

    // ---- X-Webhook-Signature ----------------------------------------------------------------------------------------

    @Test
    void signatureIsTakenAsBareHexOrWithItsAlgorithmInEitherCaseUnderEitherName() {
        String body = booking("SIGNATURE-1");
        String hex = hmac(body);
        String upper = hex.toUpperCase(Locale.ROOT);

        for (String value : List.of(hex, upper, "sha256=" + hex, "sha256=" + upper)) {
            for (String header : List.of("X-Webhook-Signature", "X-Signature")) {
                assertThat(hub.post(BOOKING, body, header, value).statusCode())
                        .as("%s: %s", header, value)
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void wrongOrMissingSignatureIsRefusedAndNothingIsStored() {
        String body = booking("SIGNATURE-2");
        String other = hmac(body + " ");
        long before = events(hub);

        List<HttpResponse<String>> answers = new ArrayList<>();
        answers.add(hub.post(BOOKING, body));
        for (String value : List.of("test", "", "sha256=", other, "sha256=" + other, "sha1=" + hmac(body))) {
            answers.add(hub.post(BOOKING, body, "X-Webhook-Signature", value));
        }

        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(HubProcess.json(answer)).isEqualTo(Json.read("{\"error\":\"Invalid signature\"}"));
        });
        assertThat(events(hub)).isEqualTo(before);
    }

    @Test
    void twoSignaturesThatDisagreeAreRefusedAndTwoThatAgreeAreNot() {
        String body = booking("SIGNATURE-3");
        String right = hmac(body);
        String wrong = hmac("");

        assertThat(hub.post(BOOKING, body, "X-Webhook-Signature", right, "X-Signature", wrong)
                        .statusCode())
                .isEqualTo(401);
        assertThat(hub.post(BOOKING, body, "X-Webhook-Signature", wrong, "X-Signature", right)
                        .statusCode())
                .isEqualTo(401);
        assertThat(hub.post(BOOKING, body, "X-Webhook-Signature", right, "X-Signature", "sha256=" + right)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void signatureIsOverTheBytesAsSent() {
        String spaced =
                "{ \"event_type\" : \"booking.created\",\r\n\t\"booking_ref\" : \"SIGNATURE-4\", \"note\" : \"\\u00fc \u00fc\" }\n";

        assertThat(send(BOOKING, spaced).statusCode()).isEqualTo(200);
    }

    // ---- Log lines --------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"booking", "inventory"})
    void receiptIsLoggedToTheOutputAndTheFileEvenWhereTheCallIsRefused(String name) {
        String line = "Received " + name + " webhook";
        int printed = count(hub.output(), line);
        int written = count(logFile(hub), line);

        // Of many calls in one second only some are logged, and other tests make many.
        await().pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            assertThat(hub.post("/api/webhook/" + name, TEST_CALL, "X-Webhook-Signature", "test")
                            .statusCode())
                    .isEqualTo(401);
            assertThat(count(hub.output(), line)).isGreaterThan(printed);
            assertThat(count(logFile(hub), line)).isGreaterThan(written);
        });
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    // ---- The seed's curl call ---------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"booking", "inventory"})
    void curlTestIsRefusedWhereThereIsASecret(String name) throws Exception {
        long before = events(hub);

        assertThat(curl(hub, name)).endsWith("\n401").contains("{\"error\":\"Invalid signature\"}");

        assertThat(events(hub)).isEqualTo(before);
    }

    // ---- Payload examples -------------------------------------------------------------------------------------------

    @Test
    void bookingCreatedBecomesABookingWithEveryFieldAsSent() {
        long position = position(send(BOOKING, BOOKING_CREATED));

        HttpResponse<String> answer = read("/api/v1/records/booking/BK-2024-0001");
        assertThat(answer.body()).contains("\"total_amount\":600.00");
        JsonNode record = HubProcess.json(answer);
        assertThat(record.path("last_position").asLong()).isEqualTo(position);
        assertThat(record.path("state")).isEqualTo(Json.read("""
                {"booking_ref":"BK-2024-0001","vehicle_id":1,"customer_email":"customer@example.com",
                 "date_from":"2024-02-01","date_to":"2024-02-05","total_amount":600.00,"currency":"USD",
                 "status":"created"}"""));
        assertThat(row(hub, """
                        SELECT vehicle_id, customer_email, date_from::text, date_to::text, total_amount, currency, status
                        FROM bookings WHERE booking_ref = 'BK-2024-0001'"""))
                .containsExactly(
                        1L,
                        "customer@example.com",
                        "2024-02-01",
                        "2024-02-05",
                        new BigDecimal("600.00"),
                        "USD",
                        "created");
        assertThat(Json.read((String) row(hub, "SELECT payload::text FROM event WHERE position = " + position)
                        .getFirst()))
                .isEqualTo(Json.read(BOOKING_CREATED));
    }

    @Test
    void availabilityChangedBecomesTheVehiclesAvailability() {
        long position = position(send(INVENTORY, AVAILABILITY_CHANGED));

        JsonNode record = HubProcess.json(read("/api/v1/records/vehicle/1"));
        assertThat(record.path("last_position").asLong()).isEqualTo(position);
        JsonNode state = record.path("state");
        assertThat(state.path("vehicle_id").asInt()).isEqualTo(1);
        assertThat(state.path("availability_status").asText()).isEqualTo("reserved");
        assertThat(state.path("available_from").isNull()).isTrue();
        assertThat(state.path("available_to").isNull()).isTrue();
        assertThat(state.path("booking_ref").asText()).isEqualTo("BK-2024-0001");
        assertThat(row(hub, """
                        SELECT availability_status, available_from, available_to, booking_ref
                        FROM vehicles WHERE vehicle_id = 1""")).containsExactly("reserved", null, null, "BK-2024-0001");
    }

    @Test
    void priceUpdatedBecomesTheVehiclesPrices() {
        long position = position(send(INVENTORY, PRICE_UPDATED));

        HttpResponse<String> answer = read("/api/v1/records/vehicle/1");
        assertThat(HubProcess.json(answer).path("last_position").asLong()).isEqualTo(position);
        assertThat(answer.body())
                .contains("\"rental_price_daily\":85.00")
                .contains("\"rental_price_weekly\":500.00")
                .contains("\"rental_price_monthly\":1600.00");
        assertThat(row(hub, """
                        SELECT rental_price_daily, rental_price_weekly, rental_price_monthly, currency
                        FROM vehicles WHERE vehicle_id = 1"""))
                .containsExactly(new BigDecimal("85.00"), new BigDecimal("500.00"), new BigDecimal("1600.00"), "USD");
    }

    // ---- What cannot be stored
    // ----------------------------------------------------------------------------------------

    private record Refusal(String name, int status, String text, HttpRequest.Builder request) {}

    @Test
    void badCallsAreRefusedWhileFiftyGoodOnesAreKept() throws Exception {
        List<Refusal> refusals = refusals();
        long before = events(hub);
        Map<Refusal, Future<HttpResponse<String>>> bad = new LinkedHashMap<>();
        List<Future<HttpResponse<String>>> good;

        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            good = IntStream.range(0, 50)
                    .mapToObj(i -> senders.submit(() -> send(BOOKING, booking("FIFTY-" + i))))
                    .toList();
            refusals.forEach(refusal -> bad.put(refusal, senders.submit(() -> hub.send(refusal.request))));
        }

        for (var call : bad.entrySet()) {
            HttpResponse<String> answer = call.getValue().get();
            Refusal wanted = call.getKey();
            assertThat(answer.statusCode())
                    .as("%s: %s", wanted.name, answer.body())
                    .isEqualTo(wanted.status);
            JsonNode body = HubProcess.json(answer);
            assertThat(body.fieldNames()).toIterable().as(wanted.name).containsExactly("error");
            assertThat(body.path("error").textValue()).as(wanted.name).contains(wanted.text);
        }
        for (Future<HttpResponse<String>> call : good) {
            assertThat(call.get().statusCode()).as(call.get().body()).isEqualTo(200);
        }
        assertThat(events(hub)).isEqualTo(before + 50);
        assertThat(row(hub, "SELECT count(*) FROM bookings WHERE booking_ref LIKE 'FIFTY-%'"))
                .containsExactly(50L);
    }

    private static List<Refusal> refusals() {
        String large = "{\"event_type\":\"booking.created\",\"booking_ref\":\"LARGE\",\"note\":\"%s\"}"
                .formatted("x".repeat(2 << 20));
        byte[] largeBytes = large.getBytes(StandardCharsets.UTF_8);
        return List.of(
                refusal("no JSON", 400, "Invalid JSON", "{\"event_type\": \"booking.created\","),
                refusal("two values", 400, "Invalid JSON", booking("TWO") + booking("TWO")),
                refusal("an empty body", 400, "empty", ""),
                refusal("no object", 400, "object", "[" + booking("ARRAY") + "]"),
                refusal(
                        "no UTF-8",
                        400,
                        "Invalid JSON",
                        signed(BOOKING, "{\"event_type\":\"\u00fc\"}".getBytes(StandardCharsets.ISO_8859_1))),
                refusal("no event type", 422, "'event_type'", "{\"booking_ref\":\"NO\"}"),
                refusal("an event type that is no text", 422, "'event_type'", "{\"event_type\":1}"),
                refusal("an unknown event type", 422, "'event_type'", with("\"event_type\":\"booking.deleted\"")),
                refusal(
                        "an event type of the other path",
                        422,
                        "/api/webhook/inventory",
                        with("\"event_type\":\"vehicle.added\",\"vehicle_id\":1")),
                refusal("no booking_ref", 422, "'booking_ref'", "{\"event_type\":\"booking.created\"}"),
                refusal(
                        "no vehicle_id",
                        422,
                        "'vehicle_id'",
                        signed(INVENTORY, "{\"event_type\":\"vehicle.added\"}".getBytes(StandardCharsets.UTF_8))),
                refusal("a vehicle_id that is no number", 422, "'vehicle_id'", with("\"vehicle_id\":\"one\"")),
                refusal("an amount that is no number", 422, "'total_amount'", with("\"total_amount\":\"much\"")),
                refusal("a day that does not exist", 422, "'date_from'", with("\"date_from\":\"2024-02-30\"")),
                refusal("U+0000 in a text", 400, "\\u0000", with("\"note\":\"a\\u0000b\"")),
                refusal("U+0000 in a name", 400, "\\u0000", with("\"a\\u0000b\":1")),
                refusal("half a surrogate pair", 400, "surrogate", with("\"note\":\"\\ud800\"")),
                refusal("a number that no column holds", 400, "number", with("\"total_amount\":1e200000")),
                refusal("2 MB", 413, "1048576", signed(BOOKING, largeBytes)),
                refusal(
                        "2 MB in chunks",
                        413,
                        "1048576",
                        signed(
                                        BOOKING,
                                        largeBytes,
                                        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(largeBytes)))
                                .version(HttpClient.Version.HTTP_1_1)),
                refusal("another method", 405, "Method Not Allowed", HttpRequest.newBuilder(hub.uri(BOOKING))),
                refusal(
                        "another path",
                        404,
                        "Not Found",
                        signed("/api/webhook/payment", booking("PATH").getBytes(StandardCharsets.UTF_8))));
    }

    private static Refusal refusal(String name, int status, String text, String body) {
        return refusal(name, status, text, signed(BOOKING, body.getBytes(StandardCharsets.UTF_8)));
    }

    private static Refusal refusal(String name, int status, String text, HttpRequest.Builder request) {
        return new Refusal(name, status, text, request);
    }

    private static String with(String fields) {
        String type = fields.contains("event_type") ? "" : "\"event_type\":\"booking.created\",";
        return "{" + type + "\"booking_ref\":\"REFUSED\"," + fields + "}";
    }

    // ---- Rate limit and list of addresses ---------------------------------------------------------------------------

    @Test
    void addressIsLimitedTo100RequestsAMinuteThatProveNothingAndSignedOnesAreNot() {
        String body = booking("RATE-1");
        String[] attacker = {"X-Forwarded-For", "198.51.100.1, 203.0.113.7", "X-Webhook-Signature", "test"};
        for (int i = 0; i < 100; i++) {
            assertThat(hub.post(i % 2 == 0 ? BOOKING : INVENTORY, body, attacker)
                            .statusCode())
                    .isEqualTo(401);
        }

        HttpResponse<String> refused = hub.post(BOOKING, body, attacker);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(HubProcess.json(refused).path("error").isTextual()).isTrue();
        assertThat(Integer.parseInt(refused.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1, 60);
        String[] signed = {"X-Forwarded-For", "203.0.113.7", "X-Webhook-Signature", hmac(body)};
        assertThat(hub.post(BOOKING, body, signed).statusCode()).isEqualTo(200);
        String[] another = {"X-Forwarded-For", "203.0.113.7, 203.0.113.8", "X-Webhook-Signature", "test"};
        assertThat(hub.post(BOOKING, body, another).statusCode()).isEqualTo(401);
    }

    @Test
    void addressNotInTheListIsRefusedAsTheSeedRefusesIt() {
        String[] bearer = {"Authorization", "Bearer " + token};
        JsonNode source = HubProcess.json(hub.get("/api/v1/sources", bearer))
                .path("data")
                .valueStream()
                .filter(one -> one.path("name").asText().equals("rental-site"))
                .findFirst()
                .orElseThrow();
        String path = "/api/v1/sources/" + source.path("id").asLong();
        String body = booking("LIST-1");

        allow(path, bearer, "[\"203.0.113.0/24\"]");
        HttpResponse<String> refused = hub.post(BOOKING, body, "X-Webhook-Signature", hmac(body));
        allow(path, bearer, "[\"203.0.113.0/24\",\"127.0.0.1\"]");
        HttpResponse<String> taken = hub.post(BOOKING, body, "X-Webhook-Signature", hmac(body));

        allow(path, bearer, "[]");

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(HubProcess.json(refused)).isEqualTo(Json.read("{\"error\":\"Forbidden\"}"));
        assertThat(taken.statusCode()).isEqualTo(200);
    }

    private static void allow(String path, String[] bearer, String addresses) {
        HttpRequest.Builder change = HttpRequest.newBuilder(hub.uri(path))
                .headers(bearer)
                .method("PATCH", BodyPublishers.ofString("{\"allowed_addresses\":" + addresses + "}"));
        assertThat(hub.send(change).statusCode()).isEqualTo(200);
    }
}
