package dev.hookline.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    private final StoppedTime time = new StoppedTime();
    private final RateLimit limit = new RateLimit(time, 10);

    /** Stands still until it is moved. */
    private static final class StoppedTime implements Time {
        private final AtomicLong nanos =
                new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(30).toNanos());

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public long nanos() {
            return nanos.get();
        }

        @Override
        public void sleep(Duration duration) {
            nanos.addAndGet(duration.toNanos());
        }
    }

    private int admitted(String key, int tries, int perMinute) {
        int admitted = 0;
        for (int i = 0; i < tries; i++) {
            admitted += limit.secondsToWait(key, perMinute) == 0 ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void soManyPassInTheMinuteThatBeginsWithTheFirstAndAgainInTheNext() {
        assertThat(admitted("a", 150, 100)).isEqualTo(100);
        time.sleep(Duration.ofSeconds(20));
        assertThat(limit.secondsToWait("a", 100)).isEqualTo(40);
        time.sleep(Duration.ofSeconds(39));
        assertThat(limit.secondsToWait("a", 100)).isEqualTo(1);
        time.sleep(Duration.ofSeconds(1));
        assertThat(admitted("a", 150, 100)).isEqualTo(100);
    }

    @Test
    void keysAreCountedApart() {
        assertThat(admitted("a", 5, 3)).isEqualTo(3);
        assertThat(admitted("b", 5, 3)).isEqualTo(3);
    }

    @Test
    void newcomersBeyondTheBoundShareOneCountUntilOthersAreOver() {
        for (int i = 0; i < 10; i++) {
            limit.secondsToWait("early-" + i, 3);
        }
        assertThat(admitted("late-1", 2, 3)).isEqualTo(2);
        assertThat(admitted("late-2", 2, 3)).isEqualTo(1);
        assertThat(admitted("early-1", 5, 3)).isEqualTo(2);

        time.sleep(Duration.ofSeconds(60));
        assertThat(admitted("late-3", 5, 3)).isEqualTo(3);
        assertThat(admitted("late-4", 5, 3)).isEqualTo(3);
    }

    @Test
    void threadsTogetherPassNoMoreThanTheLimit() {
        AtomicInteger passed = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                threads.execute(() -> passed.addAndGet(admitted("a", 1_000, 100)));
            }
        }
        assertThat(passed).hasValue(100);
    }
}
