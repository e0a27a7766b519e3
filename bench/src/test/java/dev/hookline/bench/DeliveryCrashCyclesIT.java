package dev.hookline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Two kills of {@code ./hookline bench crash --delivery}: the node that fans out, and the other. */
class DeliveryCrashCyclesIT {
    private static final int KILLS = 2;
    private static final long SEED = 1;

    @Test
    void everySubscriberGetsEveryEventInOrderAndOnlyWhatWasInFlightRepeats() throws Exception {
        DeliveryCrashCycles.Result result = new DeliveryCrashCycles(KILLS, SEED, System.out::println).run();

        System.out.println(result);
        assertThat(result.intact()).as(result.toString()).isTrue();
        assertThat(result.events()).isGreaterThan(50);
        assertThat(result.kills()).hasSize(KILLS).allSatisfy(kill -> {
            assertThat(kill.retries()).isPositive();
            assertThat(kill.orderedRetries()).isPositive();
        });
    }
}
