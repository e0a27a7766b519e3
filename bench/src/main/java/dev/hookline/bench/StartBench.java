package dev.hookline.bench;

import dev.hookline.kernel.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How soon a hub is ready that has run before, and the memory that its JVM holds when it has done something and rests. */
@Command(name = "start", description = "Second start to ready, and resident memory when idle.")
final class StartBench implements Callable<Integer> {
    private static final int EVENTS = 10_000;
    private static final Duration REST = Duration.ofSeconds(10);

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Override
    public Integer call() throws Exception {
        List<Double> seconds = new ArrayList<>();
        List<Double> megabytes = new ArrayList<>();
        try (Folder folder = Folder.make()) {
            HubUnderTest.up(folder.path()).close();
            for (int round = 0; round < rounds; round++) {
                long from = System.nanoTime();
                try (ChildProcess hub = HubUnderTest.up(folder.path())) {
                    seconds.add((System.nanoTime() - from) / 1e9);
                    int port = HubUnderTest.url(hub).getPort();
                    new LoadGenerator(port, 8, BookingRequests.of(1_000, false)).run(EVENTS);
                    Time.system().sleep(REST);
                    megabytes.add(residentMegabytes(hub.handle()));
                }
            }
        }
        Report.of(
                "start",
                List.of(
                        new Row("second start to ready", "s", new Figures(seconds), null, 3, false, ""),
                        new Row(
                                "resident memory, idle after 10,000 events",
                                "MB",
                                new Figures(megabytes),
                                null,
                                250,
                                false,
                                "10 s after the last of them")));
        return 0;
    }

    private static double residentMegabytes(ProcessHandle process) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow()
                / 1_024;
    }
}
