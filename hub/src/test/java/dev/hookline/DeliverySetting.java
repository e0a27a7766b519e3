package dev.hookline;

import static dev.hookline.Subscriber.SUBSCRIPTIONS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A hub that delivers to this machine, and a tenant of it. */
abstract class DeliverySetting {
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path data;

    static HubProcess hub;
    static Subscriber tenant;

    /** Each test has an event type of its own. */
    final String event = "invoice.test_" + NEXT.incrementAndGet();

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        tenant = new Subscriber(hub);
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    /** The body of a subscription without retries. */
    static ObjectNode subscription(String url, String event) {
        ObjectNode body = Json.object().put("url", url).put("event", event).put("secret", Subscriber.SECRET);
        body.putArray("retry_policy");
        return body;
    }

    /** Subscribes, and answers the id. */
    static long subscribe(ObjectNode body) {
        HttpResponse<String> answer = tenant.post(SUBSCRIPTIONS, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return HubProcess.json(answer).path("id").asLong();
    }
}
