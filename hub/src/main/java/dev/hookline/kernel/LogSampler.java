package dev.hookline.kernel;

import java.util.concurrent.TimeUnit;

/**
 * Keeps a line that comes with every request from flooding the log: so many a second are written, and the first one of a
 * later second says how many were not.
 */
public final class LogSampler {
    private final Time time;
    private final int perSecond;
    private long second;
    private int seen;

    public LogSampler(Time time, int perSecond) {
        this.time = time;
        this.perSecond = perSecond;
    }

    /** Counts a line: how many were left out since the last one written, or -1 when this one is to be left out too. */
    public synchronized int skippedOrSilent() {
        long now = TimeUnit.NANOSECONDS.toSeconds(time.nanos());
        if (now != second) {
            int skipped = Math.max(0, seen - perSecond);
            second = now;
            seen = 1;
            return skipped;
        }
        seen++;
        return seen <= perSecond ? 0 : -1;
    }
}
