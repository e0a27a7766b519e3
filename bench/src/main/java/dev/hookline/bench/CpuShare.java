package dev.hookline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;

/** Who used the processors: the server under test, its PostgreSQL, and this program. */
final class CpuShare {
    /** Seconds used so far. */
    record Mark(double server, double postgres, double here) {}

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

    Mark mark() {
        return new Mark(
                seconds(Stream.of(server)),
                seconds(Stream.concat(Stream.of(postgres), postgres.descendants())),
                seconds(Stream.of(ProcessHandle.current())));
    }

    /** What was used since, in microseconds for each request. */
    String since(Mark before, long requests) {
        Mark now = mark();
        return String.format(
                Locale.ROOT,
                "µs a request: server %.0f, PostgreSQL %.0f, load %.0f",
                micros(now.server() - before.server(), requests),
                micros(now.postgres() - before.postgres(), requests),
                micros(now.here() - before.here(), requests));
    }

    private static double micros(double seconds, long requests) {
        return 1e6 * seconds / Math.max(1, requests);
    }

    private static double seconds(Stream<ProcessHandle> processes) {
        return processes
                .mapToDouble(process ->
                        process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9)
                .sum();
    }
}
