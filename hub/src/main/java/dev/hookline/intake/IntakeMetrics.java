package dev.hookline.intake;

import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code webhook_received_total{model,operation}}, {@code webhook_processing_seconds{model}} (from the last byte of the
 * request to the commit's answer) and {@code webhook_errors_total{error_type}}. All stand in the first scrape, at zero.
 */
public final class IntakeMetrics {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private static final Map<Integer, String> ERROR_TYPES = Map.of(
            400, "invalid_json",
            401, "invalid_signature",
            403, "forbidden_address",
            404, "unknown_source",
            422, "invalid_field",
            429, "rate_limited",
            503, "unavailable");

    /** Models that have metrics of their own. A sender may name its models as it likes; those beyond count as one. */
    private static final int MODELS_MAX = 200;

    private static final String OTHER = "(other)";

    private record Change(String model, Operation operation) {}

    private final MeterRegistry registry;
    private final Map<Change, Counter> received = new ConcurrentHashMap<>();
    private final Map<String, Timer> processing = new ConcurrentHashMap<>();
    private final Map<String, Counter> errors = new ConcurrentHashMap<>();

    public IntakeMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (String model : List.of("booking", "vehicle", "order")) {
            processing(model);
            for (Operation operation : List.of(Operation.CREATE, Operation.WRITE, Operation.UNLINK)) {
                received(new Change(model, operation));
            }
        }
        ERROR_TYPES.values().forEach(this::errors);
    }

    void received(EventData data) {
        received(new Change(bounded(data.model()), data.operation())).increment();
    }

    void processed(String model, long nanos) {
        processing(bounded(model)).record(nanos, TimeUnit.NANOSECONDS);
    }

    private String bounded(String model) {
        return processing.containsKey(model) || processing.size() < MODELS_MAX ? model : OTHER;
    }

    void refused(int status) {
        errors(ERROR_TYPES.getOrDefault(status, "other")).increment();
    }

    private Counter received(Change change) {
        return received.computeIfAbsent(
                change,
                key -> Counter.builder("webhook.received")
                        .description("Webhooks stored")
                        .tag("model", key.model())
                        .tag("operation", key.operation().text())
                        .register(registry));
    }

    private Timer processing(String model) {
        return processing.computeIfAbsent(
                model,
                key -> Timer.builder("webhook.processing")
                        .description("From the request's last byte to the answer after the commit")
                        .tag("model", key)
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry));
    }

    private Counter errors(String type) {
        return errors.computeIfAbsent(
                type,
                key -> Counter.builder("webhook.errors")
                        .description("Webhooks refused")
                        .tag("error_type", key)
                        .register(registry));
    }
}
