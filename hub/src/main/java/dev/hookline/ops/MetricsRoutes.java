package dev.hookline.ops;

import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.http.Routes;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /metrics} in Prometheus text, and the gauges that belong to no feature. */
public final class MetricsRoutes implements Routes, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsRoutes.class);
    private static final Path STATUS = Path.of("/proc/self/status");

    private final PrometheusMeterRegistry registry;
    private final JvmGcMetrics collections = new JvmGcMetrics();

    public MetricsRoutes(PrometheusMeterRegistry registry, Committer committer, Tail tail) {
        this.registry = registry;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
        Gauge.builder("webhook.queue.size", committer, Committer::queuedEvents)
                .description("Events that wait to be committed")
                .register(registry);
        Gauge.builder("log.position", tail, Tail::head)
                .description("The highest position in the log")
                .register(registry);
        Gauge.builder("process.resident.memory", MetricsRoutes::residentBytes)
                .description("Resident memory of the hub's process")
                .baseUnit("bytes")
                .register(registry);
    }

    @Override
    public void mount(Api api) {
        api.openAsync(
                HttpMethod.GET,
                "/metrics",
                0,
                context -> context.response()
                        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                        .end(withoutTotal(registry.scrape())));
    }

    /** Seed 004 names a counter without {@code _total}: it stands under both names (decision 18). */
    private static String withoutTotal(String scraped) {
        String counter = "webhook_delivery_http_status_total";
        StringBuilder text = new StringBuilder(scraped);
        text.append("# TYPE webhook_delivery_http_status untyped\n");
        scraped.lines()
                .filter(line -> line.startsWith(counter + "{"))
                .forEach(line -> text.append("webhook_delivery_http_status")
                        .append(line.substring(counter.length()))
                        .append('\n'));
        return text.toString();
    }

    /** From {@code VmRSS}; where there is no /proc, the memory that the JVM has taken. */
    private static double residentBytes() {
        if (!Files.isReadable(STATUS)) {
            return Runtime.getRuntime().totalMemory();
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Double.parseDouble(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException e) {
            LOG.debug("Cannot read {}", STATUS, e);
        }
        return Double.NaN;
    }

    @Override
    public void close() {
        collections.close();
    }
}
