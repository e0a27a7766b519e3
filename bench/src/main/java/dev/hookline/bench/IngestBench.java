package dev.hookline.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One event per request: what the hub takes, beside a server that only verifies, parses and stores. */
@Command(name = "ingest", description = "One event per request, beside a bare server.")
final class IngestBench implements Callable<Integer> {
    private static final List<String> NAMES = List.of("append", "with deduplication", "with deduplication and record");
    private static final List<Double> TARGETS = List.of(0.9, 0.75, 0.5);

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

    @Override
    public Integer call() throws Exception {
        try (BenchServer limit = BenchServer.start("limit-server");
                BenchServer recordless = BenchServer.start("wired-hub");
                HubUnderTest hub = HubUnderTest.start()) {
            List<Row> rows = new ArrayList<>();
            for (int count : connections) {
                List<Target> sides = List.of(
                        new Target(limit.port(), count, BookingRequests.of(bookings, false), 1, limit.cpu()),
                        new Target(recordless.port(), count, BookingRequests.of(bookings, false), 1, recordless.cpu()),
                        new Target(recordless.port(), count, BookingRequests.of(bookings, true), 1, recordless.cpu()),
                        new Target(hub.port(), count, BookingRequests.of(bookings, true), 1, hub.cpu()));
                List<Figures> figures = Rounds.alternate(plan, List.copyOf(sides));
                for (int i = 0; i < NAMES.size(); i++) {
                    rows.add(new Row(
                            NAMES.get(i) + ", " + count + " connections",
                            "/s",
                            figures.get(i + 1),
                            figures.getFirst(),
                            TARGETS.get(i),
                            true,
                            sides.get(i + 1).details()));
                }
                System.out.println(
                        "limit, " + count + " connections: " + sides.getFirst().details());
            }
            Report.of("ingest", rows);
        }
        return 0;
    }
}
