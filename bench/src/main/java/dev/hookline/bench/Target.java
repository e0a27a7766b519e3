package dev.hookline.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** A server under load, and what the last round showed. */
final class Target implements Rounds.Side {
    private final LoadGenerator generator;
    private final CpuShare cpu;
    private final int eventsEach;
    private String details = "";

    /**
     * One that takes requests.
     *
     * @param eventsEach in a request: the figure is events a second
     */
    Target(int port, int connections, LoadGenerator.Requests requests, int eventsEach, CpuShare cpu) {
        this.generator = new LoadGenerator(port, connections, requests);
        this.eventsEach = eventsEach;
        this.cpu = cpu;
    }

    @Override
    public double measure(Duration duration) throws IOException {
        CpuShare.Mark before = cpu.mark();
        LoadGenerator.Load load = generator.run(duration);
        details = String.format(
                Locale.ROOT,
                "p50 %.1f ms, p99 %.1f ms; %s",
                load.latency().getValueAtPercentile(50) / 1e3,
                load.latency().getValueAtPercentile(99) / 1e3,
                cpu.since(before, load.requests() * eventsEach));
        return load.perSecond() * eventsEach;
    }

    /** Of the last round: latency of a request, and who used the processors for an event. */
    String details() {
        return details;
    }
}
