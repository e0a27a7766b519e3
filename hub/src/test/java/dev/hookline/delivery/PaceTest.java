package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final SendResult BROKEN = new SendResult.Answered(500);
    private static final SendResult BUSY = new SendResult.Answered(429);
    private static final int MOST = 32;
    private static final int OPENS_AFTER = 6;

    private final Pace pace = new Pace(new Pace.Breaker(OPENS_AFTER, Duration.ofSeconds(5), Duration.ofSeconds(12)));

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private void fail(int times, long nowNanos) {
        for (int i = 0; i < times; i++) {
            pace.failed(BROKEN, null, MOST, nowNanos);
        }
    }

    private void open() {
        fail(OPENS_AFTER, 0);
    }

    @Test
    void eachFailureHalvesAndEachSuccessAddsOne() {
        assertThat(pace.atOnce(MOST, 0)).isEqualTo(MOST);
        fail(1, 0);
        assertThat(pace.atOnce(MOST, 0)).isEqualTo(16);
        fail(4, 0);
        assertThat(pace.atOnce(MOST, 0)).isEqualTo(1);

        pace.succeeded(MOST);
        pace.succeeded(MOST);

        assertThat(pace.atOnce(MOST, 0)).isEqualTo(3);
    }

    @Test
    void neverMoreThanTheOwnerAllows() {
        for (int i = 0; i < 100; i++) {
            pace.succeeded(MOST);
        }

        assertThat(pace.atOnce(MOST, 0)).isEqualTo(MOST);
        assertThat(pace.atOnce(2, 0)).isEqualTo(2);
        pace.failed(BROKEN, null, 2, 0);
        assertThat(pace.atOnce(2, 0)).isEqualTo(1);
    }

    @Test
    void theBreakerOpensAfterSoManyFailuresInARow() {
        fail(OPENS_AFTER - 1, 0);
        pace.succeeded(MOST);
        fail(OPENS_AFTER - 1, 0);
        assertThat(pace.atOnce(MOST, 0)).isPositive();

        fail(1, 0);

        assertThat(pace.atOnce(MOST, 0)).isZero();
        assertThat(pace.atOnce(MOST, seconds(5) - 1)).isZero();
    }

    @Test
    void whenItsTimeIsOverOneIsTheProbe() {
        open();

        assertThat(pace.atOnce(MOST, seconds(5))).isEqualTo(1);
        assertThat(pace.isBroken()).isTrue();
    }

    @Test
    void whatFailsWhileItIsOpenDoesNotKeepItOpenLonger() {
        open();
        fail(20, seconds(4));

        assertThat(pace.atOnce(MOST, seconds(5))).isEqualTo(1);
    }

    @Test
    void aProbeThatFailsOpensItForTwiceAsLongUpToABound() {
        open();
        fail(1, seconds(5));
        assertThat(pace.atOnce(MOST, seconds(15) - 1)).isZero();
        assertThat(pace.atOnce(MOST, seconds(15))).isEqualTo(1);

        fail(1, seconds(15));
        assertThat(pace.atOnce(MOST, seconds(27) - 1)).isZero();
        assertThat(pace.atOnce(MOST, seconds(27))).isEqualTo(1);
    }

    @Test
    void aProbeThatSucceedsClosesItAndItsTimesBeginAnew() {
        open();
        fail(1, seconds(5));
        pace.succeeded(MOST);
        assertThat(pace.isBroken()).isFalse();
        assertThat(pace.atOnce(MOST, seconds(5))).isEqualTo(2);

        fail(OPENS_AFTER, seconds(6));
        assertThat(pace.atOnce(MOST, seconds(11))).isEqualTo(1);
    }

    @Test
    void aBusyReceiverIsLeftAloneForAsLongAsItAsks() {
        pace.failed(BUSY, Duration.ofSeconds(30), MOST, 0);
        pace.succeeded(MOST);

        assertThat(pace.atOnce(MOST, seconds(30) - 1)).isZero();
        assertThat(pace.atOnce(MOST, seconds(30))).isPositive();
    }

    @Test
    void noReceiverStopsItsDeliveriesForMoreThanAnHour() {
        pace.failed(BUSY, Duration.ofDays(1), MOST, 0);

        assertThat(pace.atOnce(MOST, seconds(3_600))).isPositive();
    }

    @Test
    void onesThatSayNoTimeAreLeftAloneForTwiceAsLongEachTime() {
        for (int code : new int[] {429, 502, 503, 504}) {
            Pace other = new Pace(Pace.Breaker.DEFAULT);
            other.failed(new SendResult.Answered(code), null, MOST, 0);
            assertThat(other.atOnce(MOST, seconds(1) - 1)).isZero();
            assertThat(other.atOnce(MOST, seconds(1))).isEqualTo(1);
            other.failed(new SendResult.Answered(code), null, MOST, seconds(1));
            assertThat(other.atOnce(MOST, seconds(3) - 1)).isZero();
            assertThat(other.atOnce(MOST, seconds(3))).isEqualTo(1);
        }
    }
}
