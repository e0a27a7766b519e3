package dev.hookline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Three cycles of {@code ./hookline bench crash}: two kills of the hub, one of PostgreSQL. */
class CrashCyclesIT {
    private static final int CYCLES = 3;

    @Test
    void everyAcknowledgedEventIsThereOnceAndDelivered() throws Exception {
        CrashCycles.Result result = new CrashCycles(CYCLES, 1, System.out::println).run();

        assertThat(result.intact()).as(result.toString()).isTrue();
        assertThat(result.acknowledged()).isGreaterThan(100);
        assertThat(result.keysChecked()).isPositive();
        assertThat(result.hub()).hasSize(2);
        assertThat(result.postgres()).hasSize(1);
    }
}
