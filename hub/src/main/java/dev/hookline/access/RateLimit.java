package dev.hookline.access;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * So many in a while, a minute say, for each key. A key's while begins with its first request; what comes beyond the limit
 * until it is over is refused. Never blocks, and holds a bounded number of keys: when there are more at once, the newcomers share one count.
 */
public final class RateLimit {
    private static final int KEYS_MAX = 100_000;
    private static final int COUNT_BITS = 24;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

    private final Time time;
    private final long origin;
    private final int keysMax;
    private final int windowSeconds;

    /** The second in which the while began, and below it the count. */
    private final ConcurrentHashMap<String, AtomicLong> windows = new ConcurrentHashMap<>();

    private final AtomicLong newcomers = new AtomicLong();
    private final AtomicLong sweptAt = new AtomicLong();

    /** Of minutes. */
    public RateLimit(Time time) {
        this(time, Duration.ofMinutes(1));
    }

    /**
     * Of whiles of one length.
     *
     * @param window in whole seconds, a day at most
     */
    public RateLimit(Time time, Duration window) {
        this(time, window, KEYS_MAX);
    }

    RateLimit(Time time, int keysMax) {
        this(time, Duration.ofMinutes(1), keysMax);
    }

    private RateLimit(Time time, Duration window, int keysMax) {
        this.windowSeconds = (int) window.toSeconds();
        this.time = time;
        this.origin = time.nanos();
        this.keysMax = keysMax;
    }

    /** Counts a request: 0 when it is within the limit, else the seconds until the next one may be. */
    public int secondsToWait(String key, int requests) {
        long now = TimeUnit.NANOSECONDS.toSeconds(time.nanos() - origin) + windowSeconds;
        AtomicLong window = windows.get(key);
        if (window == null) {
            window = newWindow(key, now);
        }
        while (true) {
            long seen = window.get();
            long began = seen >>> COUNT_BITS;
            boolean over = now - began >= windowSeconds;
            long count = over ? 0 : seen & COUNT_MASK;
            if (count >= requests) {
                return (int) (began + windowSeconds - now);
            }
            long next = (over ? now : began) << COUNT_BITS | (count + 1);
            if (window.compareAndSet(seen, next)) {
                return 0;
            }
        }
    }

    private AtomicLong newWindow(String key, long now) {
        if (windows.size() >= keysMax) {
            long swept = sweptAt.get();
            if (swept != now && sweptAt.compareAndSet(swept, now)) {
                windows.values().removeIf(window -> now - (window.get() >>> COUNT_BITS) >= windowSeconds);
            }
            if (windows.size() >= keysMax) {
                return newcomers;
            }
        }
        return windows.computeIfAbsent(key, _ -> new AtomicLong());
    }
}
