package dev.hookline.bench;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/** One read after the other; the figure is the 99th percentile of how long each took, in milliseconds. */
record ReadLatency(Read read) implements Rounds.Side {
    private static final long NANOS_MAX = 60_000_000_000L;

    interface Read {
        /** Answers how much was read; none is a fault. */
        long once() throws Exception;
    }

    @Override
    public double measure(Duration duration) throws Exception {
        Histogram latency = new Histogram(NANOS_MAX, 3);
        long from = System.nanoTime();
        while (System.nanoTime() - from < duration.toNanos()) {
            long start = System.nanoTime();
            long found = read.once();
            latency.recordValue(System.nanoTime() - start);
            if (found == 0) {
                throw new IllegalStateException("A read found nothing");
            }
        }
        return latency.getValueAtPercentile(99) / 1e6;
    }
}
