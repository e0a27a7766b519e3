package dev.hookline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/** Who used the processors: the server under test, its PostgreSQL, this program, and everybody else on the machine. */
final class CpuShare {
    private static final Path MACHINE = Path.of("/proc/stat");
    private static final double TICKS_PER_SECOND = 100;

    /** Seconds used so far. */
    record Mark(double server, double postgres, double here, double all, long nanos) {}

    private final ProcessHandle server;
    private final ProcessHandle postgres;

    /**
     * Of a server whose embedded database is in a folder.
     *
     * @param data the server's folder
     */
    CpuShare(ProcessHandle server, Path data) throws IOException {
        this.server = server;
        Path file = data.resolve("postgres").resolve("data").resolve("postmaster.pid");
        this.postgres = ProcessHandle.of(Long.parseLong(Files.readAllLines(file).getFirst()))
                .orElseThrow();
    }

    Mark mark() throws IOException {
        return new Mark(
                seconds(Stream.of(server)),
                seconds(Stream.concat(Stream.of(postgres), postgres.descendants())),
                seconds(Stream.of(ProcessHandle.current())),
                machine(),
                System.nanoTime());
    }

    /** What was used since, in microseconds for each of so many, and the share of the machine that others had. */
    String since(Mark before, long count) throws IOException {
        Mark now = mark();
        double server = now.server() - before.server();
        double postgres = now.postgres() - before.postgres();
        double here = now.here() - before.here();
        double capacity = Runtime.getRuntime().availableProcessors() * (now.nanos() - before.nanos()) / 1e9;
        double all = now.all() - before.all();
        return String.format(
                Locale.ROOT,
                "CPU µs: server %.1f, PostgreSQL %.1f, load %.1f; busy %.0f %%, others %.0f %%",
                micros(server, count),
                micros(postgres, count),
                micros(here, count),
                100 * all / capacity,
                100 * Math.max(0, all - server - postgres - here) / capacity);
    }

    private static double micros(double seconds, long count) {
        return 1e6 * seconds / Math.max(1, count);
    }

    private static double seconds(Stream<ProcessHandle> processes) {
        return processes
                .mapToDouble(process ->
                        process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9)
                .sum();
    }

    /** All processes and the kernel; 0 where there is no {@code /proc}. Fields: user, nice, system, idle, iowait, irq, softirq. */
    private static double machine() throws IOException {
        if (!Files.exists(MACHINE)) {
            return 0;
        }
        String[] fields = Files.readAllLines(MACHINE).getFirst().split(" +");
        double[] ticks =
                Arrays.stream(fields, 1, 8).mapToDouble(Double::parseDouble).toArray();
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / TICKS_PER_SECOND;
    }
}
