package dev.hookline.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code webhook_schema_violations_total{kind,outcome}}: published events that are not as their type's schema says ({@code
 * schema}), or of no known type ({@code unknown_type}); stored with a warning ({@code warned}) or {@code refused}.
 */
public final class PublishMetrics {
    enum Kind {
        SCHEMA,
        UNKNOWN_TYPE
    }

    enum Outcome {
        WARNED,
        REFUSED
    }

    private record Series(Kind kind, Outcome outcome) {}

    private final Map<Series, Counter> counters = new ConcurrentHashMap<>();

    public PublishMetrics(MeterRegistry registry) {
        for (Kind kind : Kind.values()) {
            for (Outcome outcome : Outcome.values()) {
                Counter counter = Counter.builder("webhook.schema.violations")
                        .description("Published events that are not as the catalogue says")
                        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                        .register(registry);
                counters.put(new Series(kind, outcome), counter);
            }
        }
    }

    void violated(Kind kind, Outcome outcome) {
        Counter counter = counters.get(new Series(kind, outcome));
        if (counter != null) {
            counter.increment();
        }
    }
}
