package dev.hookline.bench;

import dev.hookline.kernel.Json;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;

/**
 * A device that pulls what follows random tokens, over HTTP, one pull after the other; or that lists the newest of its model. The
 * figure is the 99th percentile in milliseconds.
 */
record PullReader(HubUnderTest hub, String model, long lastStart, boolean list, RandomGenerator random)
        implements Rounds.Side {
    private static final int PAGE = 100;

    @Override
    public double measure(Duration duration) throws Exception {
        Histogram latency = new Histogram(60_000_000_000L, 3);
        long from = System.nanoTime();
        while (System.nanoTime() - from < duration.toNanos()) {
            long start = System.nanoTime();
            int events = list ? listed() : pull();
            latency.recordValue(System.nanoTime() - start);
            if (events == 0) {
                throw new IllegalStateException("No events of " + model);
            }
        }
        return latency.getValueAtPercentile(99) / 1e6;
    }

    private int listed() throws Exception {
        return hub.get("/api/v1/webhooks/events?model_name=" + model + "&limit=" + PAGE)
                .path("count")
                .intValue();
    }

    private int pull() throws Exception {
        var body = Json.object()
                .put("user_id", 1)
                .put("device_id", "bench")
                .put("app_type", "bench")
                .put("limit", PAGE)
                .put("sync_token", Long.toString(random.nextLong(lastStart)));
        body.putArray("models_filter").add(model);
        return hub.post("/api/v2/sync/pull", body).path("new_events_count").intValue();
    }
}
