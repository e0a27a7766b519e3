package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends a sample to a subscription, now and once, and says what went out and what came back. Nothing of it is stored. It has
 * connections of its own, which are closed afterwards: a test takes no place from a delivery.
 */
final class TestCalls {
    private static final String TYPE_PART = "test";

    private final Vertx vertx;
    private final AddressRules rules;
    private final Time time;

    TestCalls(Vertx vertx, AddressRules rules, Time time) {
        this.vertx = vertx;
        this.rules = rules;
        this.time = time;
    }

    /**
     * Blocks until the receiver has answered, or its time is over.
     *
     * @param eventType null for one that the subscription gets
     */
    ObjectNode run(Subscription subscription, @Nullable String eventType) {
        String type =
                eventType == null ? subscription.settings().events().getFirst().replace("*", TYPE_PART) : eventType;
        Sender sender = new Sender(vertx, rules, new JdkHostNames(), time, 1);
        try {
            CompletableFuture<Attempt> done = new CompletableFuture<>();
            sender.attempt(
                    subscription, sample(subscription.tenant(), type), "test_" + Ids.requestId(), done::complete);
            return json(subscription, type, done.join());
        } finally {
            sender.close();
        }
    }

    private Event sample(String tenant, String type) {
        var now = time.now().truncatedTo(ChronoUnit.MICROS);
        int dot = type.indexOf('.');
        String model = dot < 0 ? type : type.substring(0, dot);
        String payload = Json.write(Json.object().put("test", true).put("id", TYPE_PART));
        return new Event(
                0,
                now,
                new EventData(
                        tenant,
                        TYPE_PART,
                        model,
                        null,
                        TYPE_PART,
                        Operation.MANUAL,
                        type,
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        now,
                        null,
                        payload,
                        null));
    }

    private static ObjectNode json(Subscription subscription, String type, Attempt attempt) {
        SendResult result = attempt.result();
        ObjectNode json = Json.object()
                .put("delivered", result.delivered())
                .put("event_type", type)
                .put("error_class", result.errorClass())
                .put("error", result.delivered() ? null : result.error());
        ObjectNode request = json.putObject("request")
                .put("method", "POST")
                .put("url", subscription.url().toString());
        ObjectNode headers = request.putObject("headers");
        attempt.headers().forEach(headers::put);
        request.put("body", attempt.body().toString(UTF_8));
        Exchange.Answer answer = attempt.exchange().answer();
        if (answer == null) {
            json.putNull("response");
        } else {
            json.putObject("response")
                    .put("status", answer.status())
                    .put("http_version", answer.httpVersion())
                    .put("body", answer.text())
                    .put(
                            "retry_after_seconds",
                            answer.retryAfter() == null
                                    ? null
                                    : answer.retryAfter().toSeconds());
        }
        Exchange.Timing timing = attempt.exchange().timing();
        json.putObject("timing")
                .put("resolve_ms", millis(timing.resolve()))
                .put("connect_ms", millis(timing.connect()))
                .put("answer_ms", millis(timing.answer()));
        return json;
    }

    private static @Nullable Double millis(@Nullable Duration duration) {
        return duration == null ? null : Math.round(duration.toNanos() / 10_000.0) / 100.0;
    }
}
