package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.Catalogue;
import dev.hookline.catalogue.EventType;
import dev.hookline.catalogue.TenantCatalogue;
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
    private final Catalogue catalogue;
    private final Time time;

    TestCalls(Vertx vertx, AddressRules rules, Catalogue catalogue, Time time) {
        this.vertx = vertx;
        this.rules = rules;
        this.catalogue = catalogue;
        this.time = time;
    }

    /**
     * Blocks until the receiver has answered, or its time is over.
     *
     * @param eventType null for one that the subscription gets
     */
    ObjectNode run(Subscription subscription, @Nullable String eventType) {
        TenantCatalogue types = catalogue.of(subscription.tenant());
        String type = eventType == null ? typeFor(subscription, types) : eventType;
        Sender sender = new Sender(vertx, rules, new JdkHostNames(), time, 1);
        try {
            CompletableFuture<Attempt> done = new CompletableFuture<>();
            sender.attempt(
                    subscription,
                    sample(subscription.tenant(), type, types.find(type)),
                    "test_" + Ids.requestId(),
                    done::complete);
            return json(subscription, type, done.join());
        } finally {
            sender.close();
        }
    }

    /** The first type in the catalogue that the subscription's first pattern takes; else one made up from it. */
    private static String typeFor(Subscription subscription, TenantCatalogue types) {
        String first = subscription.settings().events().getFirst();
        return EventPattern.of(first)
                .flatMap(pattern -> types.all().stream()
                        .map(EventType::name)
                        .filter(pattern::matches)
                        .findFirst())
                .orElse(first.replace("*", TYPE_PART));
    }

    /** What the catalogue shows of the type; of one that it does not know, or has no sample of, next to nothing. */
    private Event sample(String tenant, String type, @Nullable EventType known) {
        var now = time.now().truncatedTo(ChronoUnit.MICROS);
        int dot = type.indexOf('.');
        String model = dot < 0 ? type : type.substring(0, dot);
        ObjectNode sample = known == null ? null : known.sample();
        String payload =
                Json.write(sample == null ? Json.object().put("test", true).put("id", TYPE_PART) : sample);
        return new Event(
                0,
                now,
                new EventData(
                        tenant,
                        TYPE_PART,
                        model,
                        null,
                        sample == null ? TYPE_PART : recordKey(sample),
                        Operation.MANUAL,
                        type,
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        now,
                        null,
                        payload,
                        null));
    }

    /** The sample's first id. */
    private static String recordKey(ObjectNode sample) {
        return sample.properties().stream()
                .filter(field ->
                        field.getKey().endsWith("_id") && field.getValue().isTextual())
                .map(field -> field.getValue().textValue())
                .findFirst()
                .orElse(TYPE_PART);
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
