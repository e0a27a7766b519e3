package dev.hookline.simulation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Many runs, and the one that fails told so that it can be run again. */
final class Simulations {
    /** A run that failed. */
    record Failure(long seed, long step, Throwable cause, List<String> trace) {
        String text() {
            StringBuilder text =
                    new StringBuilder("Seed " + seed + " fails at step " + step + ": " + cause.getMessage());
            text.append("\nThe last steps:\n");
            trace.forEach(line -> text.append("  ").append(line).append('\n'));
            return text.append("Again: mvn verify -Dtest=SimulationTest -Dit.test=None -Dsimulation.seed=" + seed
                            + " -Dsurefire.failIfNoSpecifiedTests=false")
                    .toString();
        }
    }

    private Simulations() {}

    /**
     * Runs seeds on all processors, each in one thread from its start to its end. They are handed out in order, so that the
     * first of those that fail is always among the answer.
     *
     * @param failuresMax no more are handed out when so many have failed
     * @return those that failed, by seed
     */
    static List<Failure> run(long first, long count, int failuresMax, Tally tally) {
        AtomicLong next = new AtomicLong(first);
        Queue<Failure> failures = new ConcurrentLinkedQueue<>();
        int threads = (int) Math.min(count, Runtime.getRuntime().availableProcessors());
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                workers.execute(() -> {
                    for (long seed = next.getAndIncrement();
                            seed < first + count && failures.size() < failuresMax;
                            seed = next.getAndIncrement()) {
                        Failure failure = run(seed, tally);
                        if (failure != null) {
                            failures.add(failure);
                        }
                    }
                });
            }
        }
        return failures.stream().sorted(Comparator.comparingLong(Failure::seed)).toList();
    }

    /** Runs one seed; null when it holds. Safe for threads. A seed that fails is run again, to write down its last steps. */
    static @Nullable Failure run(long seed, Tally tally) {
        try {
            tally.add(new Simulation(seed, false).run());
            return null;
        } catch (RuntimeException | AssertionError e) {
            Failure failure = traced(seed);
            return failure == null ? new Failure(seed, 0, e, List.of("It holds when it is run again")) : failure;
        }
    }

    /** Runs a seed and writes down its last steps. */
    static @Nullable Failure traced(long seed) {
        Simulation simulation = new Simulation(seed, true);
        try {
            simulation.run();
            return null;
        } catch (RuntimeException | AssertionError e) {
            return new Failure(seed, simulation.steps(), e, simulation.trace());
        }
    }

    /** What the runs came to, together. */
    static final class Tally {
        private long runs;
        private long steps;
        private long events;
        private long deliveries;
        private long sends;
        private long repeats;
        private Duration longestDelay = Duration.ZERO;

        private synchronized void add(Simulation.Report report) {
            runs++;
            steps += report.steps();
            events += report.events();
            deliveries += report.deliveries();
            sends += report.sends();
            repeats += report.repeats();
            longestDelay = longestDelay.compareTo(report.longestDelay()) > 0 ? longestDelay : report.longestDelay();
        }

        @Override
        public String toString() {
            return "%,d runs, %,d steps, %,d events, %,d deliveries, %,d attempts, %,d of them repeated after a node was lost; a healthy receiver waited %d ms at most"
                    .formatted(runs, steps, events, deliveries, sends, repeats, longestDelay.toMillis());
        }
    }

    /**
     * Runs seeds: {@code Simulations <first> <count> [<failures>]}. Prints what fails and goes on, up to that many failures (1);
     * a fault in the code ends them all.
     */
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long count = Long.parseLong(args[1]);
        int failuresMax = args.length > 2 ? Integer.parseInt(args[2]) : 1;
        Tally tally = new Tally();
        long start = System.nanoTime();
        List<Failure> failures = run(first, count, failuresMax, tally);
        for (Failure failure : failures) {
            System.out.println(
                    failuresMax > 1 ? failure.text().lines().findFirst().get() : failure.text());
            if (!(failure.cause() instanceof Violation)) {
                throw new AssertionError("Seed " + failure.seed() + " ended by a fault in the code", failure.cause());
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("%s; %.1f s, %d failures%n", tally, seconds, failures.size());
    }
}
