package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.Request.Method;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A hub that checks no signatures and has one booking, its {@code openapi.yaml}, and what holds answers to that. */
abstract class OpenApiSetting {
    static final String BOOKING = """
            {"event_type":"booking.created","booking_ref":"OA-1","vehicle_id":7,"customer_email":"customer@example.com",
             "date_from":"2024-02-01","date_to":"2024-02-05","total_amount":600.00,"currency":"USD"}""";

    @TempDir
    static Path data;

    static HubProcess hub;
    static String yaml;
    static OpenAPI document;

    /** The administrator's, as a header. */
    static String[] token;

    private static OpenApiInteractionValidator validator;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", ""));
        yaml = hub.get("/openapi.yaml").body();
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

    /** Posts what has to be a request as the document has it. */
    static HttpResponse<String> posted(String path, String body, String... headers) {
        SimpleRequest.Builder request = SimpleRequest.Builder.post(path)
                .withContentType("application/json")
                .withBody(body);
        for (int i = 0; i < headers.length; i += 2) {
            request.withHeader(headers[i], headers[i + 1]);
        }
        assertThat(validator.validateRequest(request.build()).getMessages()).isEmpty();
        return hub.post(path, body, headers);
    }

    /** Sends as the administrator. */
    static HttpResponse<String> sent(String method, String path, String body) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path))
                .headers(token)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Fails unless the answer has the status, and everything that the document says of such an answer. */
    static void documented(Method method, String path, int status, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        SimpleResponse.Builder response = SimpleResponse.Builder.status(status).withBody(answer.body());
        answer.headers().map().forEach(response::withHeader);
        assertThat(validator.validateResponse(path, method, response.build()).getMessages())
                .isEmpty();
        assertThat(answer.headers().map()).containsKeys("x-request-id", "x-response-time");
    }
}
