package dev.hookline.delivery;

import dev.hookline.catalogue.TenantCatalogue;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Section 4 of seed 004: {@code webhook_deliveries_total{event,tenant_id,status}}, {@code
 * webhook_delivery_duration_seconds{event,tenant_id}}, {@code webhook_retries_total{event,tenant_id,reason}} and {@code
 * webhook_delivery_http_status_total{event,status_code}}. The types that come with the hub have their names always. Other types and
 * tenants beyond the first 200, types and tenants that are not known any more, and answers that are no status, count as {@code
 * other}.
 */
final class DeliveryMetrics {
    private static final int EVENTS_MAX = 200;
    private static final int TENANTS_MAX = 200;
    private static final String OTHER = "other";
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private record Labels(String name, String event, String first, String second) {}

    private final MeterRegistry registry;
    private final Timer claims;
    private final Set<String> events = ConcurrentHashMap.newKeySet();
    private final Set<String> tenants = ConcurrentHashMap.newKeySet();
    private final Map<Labels, Counter> counters = new ConcurrentHashMap<>();
    private final Map<Labels, Timer> timers = new ConcurrentHashMap<>();

    /** Every family stands in the first scrape, at zero, for the tenant given. */
    DeliveryMetrics(MeterRegistry registry, String tenant) {
        this.registry = registry;
        this.claims = Timer.builder("webhook.delivery.claim")
                .description("One look for due deliveries in the database")
                .register(registry);
        deliveries("none", tenant, "delivered");
        deliveries("none", tenant, "failed");
        retries("none", tenant, "timeout");
        duration("none", tenant);
        status("none", "200");
    }

    /** One look for due deliveries, whatever it found. */
    void claimed(long nanos) {
        claims.record(nanos, TimeUnit.NANOSECONDS);
    }

    void attempted(String event, String tenant, SendResult result, long nanos) {
        String type = bounded(event);
        duration(type, boundedTenant(tenant)).record(nanos, TimeUnit.NANOSECONDS);
        if (result instanceof SendResult.Answered(int code)) {
            status(type, code >= 100 && code < 600 ? Integer.toString(code) : OTHER)
                    .increment();
        }
    }

    void settled(String event, String tenantId, Outcome outcome, SendResult result) {
        String type = bounded(event);
        String tenant = boundedTenant(tenantId);
        switch (outcome) {
            case Outcome.Delivered _ -> deliveries(type, tenant, "delivered").increment();
            case Outcome.Dead _ -> deliveries(type, tenant, "failed").increment();
            case Outcome.Retry _ -> retries(type, tenant, result.reasonText()).increment();
            case Outcome.Released _, Outcome.Cancelled _ -> {}
        }
    }

    /** Deliveries that were given up without an attempt; null for what is not known any more. */
    void gaveUp(@Nullable String event, @Nullable String tenantId, long count) {
        String type = event == null ? OTHER : bounded(event);
        deliveries(type, tenantId == null ? OTHER : boundedTenant(tenantId), "failed")
                .increment((double) count);
    }

    private String bounded(String event) {
        return TenantCatalogue.isBuiltIn(event) ? event : bounded(events, EVENTS_MAX, event);
    }

    private static String bounded(Set<String> known, int max, String value) {
        if (known.contains(value)) {
            return value;
        }
        return known.size() < max && known.add(value) ? value : OTHER;
    }

    private String boundedTenant(String tenant) {
        return bounded(tenants, TENANTS_MAX, tenant);
    }

    private Counter deliveries(String event, String tenant, String status) {
        return counter("webhook.deliveries", event, "tenant_id", tenant, "status", status);
    }

    private Counter retries(String event, String tenant, String reason) {
        return counter("webhook.retries", event, "tenant_id", tenant, "reason", reason);
    }

    private Counter counter(String name, String event, String key1, String value1, String key2, String value2) {
        return counters.computeIfAbsent(new Labels(name, event, value1, value2), _ -> {
            Counter.Builder builder = Counter.builder(name).tag("event", event).tag(key1, value1);
            return (key2.isEmpty() ? builder : builder.tag(key2, value2)).register(registry);
        });
    }

    private Timer duration(String event, String tenant) {
        return timers.computeIfAbsent(
                new Labels("webhook.delivery.duration", event, tenant, ""),
                _ -> Timer.builder("webhook.delivery.duration")
                        .description("One attempt, from the look-up of the name to the last byte of the answer")
                        .tag("event", event)
                        .tag("tenant_id", tenant)
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry));
    }

    private Counter status(String event, String code) {
        return counter("webhook.delivery.http.status", event, "status_code", code, "", "");
    }
}
