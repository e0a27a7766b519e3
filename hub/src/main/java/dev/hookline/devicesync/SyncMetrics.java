package dev.hookline.devicesync;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/**
 * {@code sync_pull_requests_total{app_type}}, where an app type that is not known counts as {@code other}, and {@code
 * sync_pull_cut_total}: answers that the connection did not take.
 */
public final class SyncMetrics {
    private final Map<String, Counter> pulls = new HashMap<>();
    private final Counter cut;

    public SyncMetrics(MeterRegistry registry) {
        for (String label : AppTypes.labels()) {
            pulls.put(
                    label,
                    Counter.builder("sync.pull.requests")
                            .description("Pulls of devices")
                            .tag("app_type", label)
                            .register(registry));
        }
        cut = Counter.builder("sync.pull.cut")
                .description("Pulls whose connection was gone before it had taken the answer")
                .register(registry);
    }

    void pulled(String appType) {
        Counter counter = pulls.get(AppTypes.label(appType));
        if (counter != null) {
            counter.increment();
        }
    }

    void cut() {
        cut.increment();
    }
}
