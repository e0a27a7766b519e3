package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessageRateTest {
    private static final long SECOND = 1_000_000_000L;

    private static int takenAt(MessageRate rate, long nanos) {
        int taken = 0;
        while (rate.take(nanos)) {
            taken++;
        }
        return taken;
    }

    @Test
    void aBurstIsTakenAndThenSoManyASecond() {
        long start = Long.MAX_VALUE - SECOND;
        MessageRate rate = new MessageRate(start);

        assertThat(takenAt(rate, start)).isEqualTo(MessageRate.BURST);
        assertThat(takenAt(rate, start)).isZero();
        assertThat(takenAt(rate, start + SECOND)).isEqualTo(MessageRate.PER_SECOND);
        assertThat(takenAt(rate, start + 100 * SECOND)).isEqualTo(MessageRate.BURST);
    }
}
