package dev.hookline.bench;

import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long a healthy endpoint waits for its events while a hundred others take theirs and never answer. */
@Command(name = "isolation", description = "A healthy endpoint beside 100 that hang, and without them.")
final class IsolationBench implements Callable<Integer> {
    private static final String HEALTHY = "bench.healthy";
    private static final long MICROS_MAX = 60_000_000;

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--hanging", defaultValue = "100", description = "endpoints (default: ${DEFAULT-VALUE})")
    private int hanging;

    @Option(
            names = "--rate",
            defaultValue = "100",
            description = "events a second for the healthy endpoint, and as many for the hanging ones together"
                    + " (default: ${DEFAULT-VALUE})")
    private int rate;

    /** Of the round that is under way. */
    private volatile Histogram latency = new ConcurrentHistogram(MICROS_MAX, 3);

    @Override
    public Integer call() throws Exception {
        try (Sink sink = new Sink(this::answer);
                HubUnderTest alone = HubUnderTest.start();
                HubUnderTest beside = HubUnderTest.start()) {
            alone.subscribe(sink.url("/healthy"), HEALTHY);
            beside.subscribe(sink.url("/healthy"), HEALTHY);
            for (int i = 0; i < hanging; i++) {
                beside.subscribe(sink.url("/hangs"), hangs(i));
            }
            List<Figures> figures = Rounds.alternate(
                    plan,
                    List.of(
                            duration -> p99(beside, hanging, sink, duration),
                            duration -> p99(alone, 0, sink, duration)));
            Report.of(
                    "isolation",
                    List.of(new Row(
                            "healthy endpoint's p99, " + hanging + " hang",
                            "ms",
                            figures.getFirst(),
                            figures.getLast(),
                            1.5,
                            false,
                            "from the request that publishes to the endpoint, " + rate + " events a second")));
        }
        return 0;
    }

    private static String hangs(int i) {
        return "bench.hangs." + i;
    }

    private int answer(HttpServerRequest request, Buffer body) {
        if ("/hangs".equals(request.path())) {
            return Sink.NEVER;
        }
        long sent = Json.read(body.toString()).path("data").path("at").asLong();
        latency.recordValue(Math.min(MICROS_MAX, (System.nanoTime() - sent) / 1_000));
        return Sink.TAKEN;
    }

    /** Publishes one after the other at an even pace, and waits until the healthy endpoint has all of its events. */
    private double p99(HubUnderTest hub, int others, Sink sink, Duration duration)
            throws IOException, InterruptedException {
        Histogram histogram = new ConcurrentHistogram(MICROS_MAX, 3);
        latency = histogram;
        long before = sink.taken();
        long from = System.nanoTime();
        long count = duration.toSeconds() * rate;
        for (int i = 0; i < count; i++) {
            long wait = from + i * 1_000_000_000L / rate - System.nanoTime();
            if (wait > 0) {
                Time.system().sleep(Duration.ofNanos(wait));
            }
            publish(hub, HEALTHY, System.nanoTime());
            if (others > 0) {
                publish(hub, hangs(i % others), 0);
            }
        }
        sink.await(before + count);
        return histogram.getValueAtPercentile(99) / 1e3;
    }

    private static void publish(HubUnderTest hub, String event, long at) throws IOException, InterruptedException {
        hub.post(
                PublishRequests.PATH,
                Json.object()
                        .put("event", event)
                        .put("resource_type", "bench")
                        .put("resource_id", "1")
                        .set("data", Json.object().put("at", at)));
    }
}
