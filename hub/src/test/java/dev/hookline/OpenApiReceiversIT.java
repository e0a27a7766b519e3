package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.atlassian.oai.validator.model.Request.Method;
import dev.hookline.kernel.Json;
import io.swagger.v3.oas.models.media.MediaType;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@code openapi.yaml} against what senders are answered: by the receivers, by sources, by mappings. */
class OpenApiReceiversIT extends OpenApiSetting {
    private static final String PRICE = """
            {"event_type":"price.updated","vehicle_id":7,"rental_price_daily":85.00,"currency":"USD"}""";

    @TestFactory
    Stream<DynamicTest> everyExampleOfAWebhookIsAccepted() {
        return Stream.of("/api/webhook/booking", "/api/webhook/inventory", "/api/v2/webhooks/orders")
                .flatMap(path -> everyExample(path, answer -> {}));
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfOdooIsAccepted() {
        return everyExample("/api/v1/webhooks/receive", answer -> {}, token);
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfAMappingIsTried() {
        return everyExample(
                "/api/v1/mappings/try", answer -> assertThat(answer.body()).contains("\"accepted\":true"), token);
    }

    /** Posts each body that the document shows for a path; the answer has to be 200, as documented, and more. */
    private static Stream<DynamicTest> everyExample(
            String path, Consumer<HttpResponse<String>> more, String... headers) {
        MediaType body = document.getPaths()
                .get(path)
                .getPost()
                .getRequestBody()
                .getContent()
                .get("application/json");
        return body.getExamples().entrySet().stream()
                .map(example -> dynamicTest(path + ", " + example.getKey(), () -> {
                    HttpResponse<String> answer =
                            posted(path, Json.write(example.getValue().getValue()), headers);
                    documented(Method.POST, path, 200, answer);
                    more.accept(answer);
                }));
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

    @Test
    void odooIsAnsweredAsDocumented() {
        String path = "/api/v1/webhooks/receive";
        documented(Method.POST, path, 401, hub.post(path, "{}"));
        documented(Method.POST, path, 422, hub.post(path, "{}", token));
        documented(Method.POST, path, 400, hub.post(path, "[", token));
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
}
