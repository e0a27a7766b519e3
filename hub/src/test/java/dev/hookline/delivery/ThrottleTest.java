package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** Asks every millisecond for ten seconds; answers how many started, and holds every second to the limit. */
    private static int started(Throttle throttle, int limit) {
        ArrayDeque<Long> last = new ArrayDeque<>();
        int all = 0;
        for (long now = SECOND; now < 11 * SECOND; now += SECOND / 1_000) {
            long from = now - SECOND;
            last.removeIf(start -> start <= from);
            while (throttle.start(limit, now)) {
                last.add(now);
                all++;
            }
            assertThat(last).hasSizeLessThanOrEqualTo(limit);
        }
        return all;
    }

    @Test
    void soManyStartInAnySecondAndHardlyFewer() {
        for (int limit : new int[] {1, 2, 7, 20, 100, 999}) {
            assertThat(started(new Throttle(), limit)).isBetween(limit * 10 * 9 / 10, limit * 10 + 1);
        }
    }

    @Test
    void anotherLimitHoldsAtOnce() {
        Throttle throttle = new Throttle();
        started(throttle, 100);

        assertThat(throttle.start(1, 12 * SECOND)).isTrue();
        assertThat(throttle.start(1, 12 * SECOND + 1)).isFalse();
    }
}
