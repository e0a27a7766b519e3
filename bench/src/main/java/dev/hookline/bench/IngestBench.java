package dev.hookline.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One event per request: what the hub takes, beside a server that only verifies, parses and stores. */
@Command(name = "ingest", description = "One event per request, beside a bare server.")
final class IngestBench implements Callable<Integer> {
    @Mixin
    private Plan plan = new Plan();

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "64,256",
            description = "kept alive (default: ${DEFAULT-VALUE})")
    private List<Integer> connections = List.of();

    @Option(
            names = "--bookings",
            defaultValue = "50000",
            description = "that the events are about, in turn (default: ${DEFAULT-VALUE})")
    private int bookings;

    /** A server under load, and what the last round showed. */
    private static final class Target implements Rounds.Side {
        private final LoadGenerator generator;
        private final CpuShare cpu;
        private String details = "";

        Target(int port, int connections, LoadGenerator.Requests requests, CpuShare cpu) {
            this.generator = new LoadGenerator(port, connections, requests);
            this.cpu = cpu;
        }

        @Override
        public double measure(Duration duration) throws IOException {
            CpuShare.Mark before = cpu.mark();
            LoadGenerator.Load load = generator.run(duration);
            details = String.format(
                    Locale.ROOT,
                    "p50 %.1f ms, p99 %.1f ms; CPU %s",
                    load.latency().getValueAtPercentile(50) / 1e3,
                    load.latency().getValueAtPercentile(99) / 1e3,
                    cpu.since(before, load.requests()));
            return load.perSecond();
        }
    }

    @Override
    public Integer call() throws Exception {
        try (Folder limitFolder = Folder.make();
                Folder recordlessFolder = Folder.make();
                ChildProcess limit =
                        ChildProcess.ofBench("limit-server", limitFolder.path().toString());
                ChildProcess recordless = ChildProcess.ofBench(
                        "recordless-hub", recordlessFolder.path().toString());
                HubUnderTest hub = HubUnderTest.start()) {
            List<Row> rows = new ArrayList<>();
            for (int count : connections) {
                CpuShare ofRecordless = new CpuShare(recordless.handle(), recordlessFolder.path());
                int recordlessPort = port(recordless);
                List<Target> sides = List.of(
                        target(port(limit), count, false, limit.handle(), limitFolder.path()),
                        new Target(recordlessPort, count, new BookingRequests(bookings, false), ofRecordless),
                        new Target(recordlessPort, count, new BookingRequests(bookings, true), ofRecordless),
                        target(hub.port(), count, true, hub.handle(), hub.data()));
                rows.addAll(rows(count, sides, Rounds.alternate(plan, List.copyOf(sides))));
            }
            Report.of("ingest", rows);
        }
        return 0;
    }

    private Target target(int port, int count, boolean keys, ProcessHandle server, Path data) throws IOException {
        return new Target(port, count, new BookingRequests(bookings, keys), new CpuShare(server, data));
    }

    private static int port(ChildProcess process) {
        return Integer.parseInt(process.readyLine());
    }

    private static List<Row> rows(int count, List<Target> sides, List<Figures> figures) {
        String at = ", " + count + " connections";
        List<String> names = List.of("append", "with deduplication", "with deduplication and record");
        double[] targets = {0.9, 0.75, 0.5};
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String details = sides.get(i + 1).details + (i == 0 ? "\n    limit: " + sides.getFirst().details : "");
            rows.add(new Row(
                    names.get(i) + at, "/s", figures.get(i + 1), figures.getFirst(), targets[i], true, details));
        }
        return rows;
    }
}
