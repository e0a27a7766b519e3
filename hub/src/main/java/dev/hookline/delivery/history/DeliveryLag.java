package dev.hookline.delivery.history;

import dev.hookline.delivery.Deliveries;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code webhook_delivery_lag_seconds}: for how long the delivery that waits longest should have been attempted. A retry that
 * waits for its time does not count, nor what a pause or the order of records holds up. So it rises when delivery is too slow
 * or stands still, and when so much waits for a receiver that is down that not all of it has been tried once.
 */
public final class DeliveryLag {
    /** How often {@link #step} is to be called. */
    public static final Duration STEP_EVERY = Duration.ofSeconds(5);

    private static final int TENANTS_MAX = 200;

    private final PostgresBacklog backlog;
    private final EventLog log;
    private final Deliveries deliveries;
    private final Time time;
    private final MultiGauge gauge;
    private final String tenant;

    /**
     * As one node sees it.
     *
     * @param tenant stands there from the first, at zero
     */
    public DeliveryLag(
            PostgresBacklog backlog,
            EventLog log,
            Deliveries deliveries,
            Time time,
            MeterRegistry registry,
            String tenant) {
        this.backlog = backlog;
        this.log = log;
        this.deliveries = deliveries;
        this.time = time;
        this.tenant = tenant;
        this.gauge = MultiGauge.builder("webhook.delivery.lag")
                .description("For how long the delivery that waits longest should have been attempted")
                .baseUnit("seconds")
                .register(registry);
        show(Map.of(tenant, 0.0));
    }

    /** Measures anew. */
    public void step() {
        Map<String, Double> lags = new TreeMap<>(backlog.overdueSeconds(TENANTS_MAX));
        lags.putIfAbsent(tenant, 0.0);
        long from = deliveries.unsettledFrom();
        if (from <= log.head()) {
            for (Event event : log.read(from - 1, 1)) {
                double age = Math.max(
                        0, Duration.between(event.receivedAt(), time.now()).toMillis() / 1_000.0);
                lags.merge(event.tenant(), age, Math::max);
            }
        }
        show(lags);
    }

    private void show(Map<String, Double> lags) {
        List<MultiGauge.Row<?>> rows = lags.entrySet().stream()
                .<MultiGauge.Row<?>>map(lag -> MultiGauge.Row.of(Tags.of("tenant_id", lag.getKey()), lag.getValue()))
                .toList();
        gauge.register(rows, true);
    }
}
