package dev.hookline.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Runs seeds: {@code -Dsimulation.seeds=20000} more of them, {@code -Dsimulation.seed=17} that one, and the last steps of a
 * seed that fails.
 */
class SimulationTest {
    private static final long FIRST = 1;
    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1_000);
    private static final Long ONLY = Long.getLong("simulation.seed");

    @Test
    void everyInvariantHoldsUnderEverySeed() {
        long first = ONLY == null ? FIRST : ONLY;
        long last = ONLY == null ? FIRST + SEEDS - 1 : ONLY;
        Simulations.Tally tally = new Simulations.Tally();
        long start = System.nanoTime();
        for (Simulations.Failure failure : Simulations.run(first, last - first + 1, 1, tally)) {
            fail(failure.text(), failure.cause());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "Seeds %d to %d in %.1f s, %.0f a minute: %s%n",
                first, last, seconds, 60 * (last - first + 1) / seconds, tally);
    }

    /** Beside others on other processors, too. */
    @Test
    void aSeedRunsTheSameWayEachTime() {
        List<Simulation.Report> alone = LongStream.range(FIRST, FIRST + 10)
                .mapToObj(seed -> new Simulation(seed, true).run())
                .toList();

        assertThat(LongStream.range(FIRST, FIRST + 10)
                        .parallel()
                        .mapToObj(seed -> new Simulation(seed, false).run())
                        .toList())
                .isEqualTo(alone);
    }
}
