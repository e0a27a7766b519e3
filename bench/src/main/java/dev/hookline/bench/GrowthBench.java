package dev.hookline.bench;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.postgres.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a long log costs: ingest beside an empty one, and pages of events beside a log of 100,000. */
@Command(name = "growth", description = "Ingest and reads at 5 million events, beside a short log.")
final class GrowthBench implements Callable<Integer> {
    private static final long SHORT_LOG = 100_000;
    private static final int CONNECTIONS = 64;
    private static final int PAGE = 100;

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--events", defaultValue = "5000000", description = "in the long log (default: ${DEFAULT-VALUE})")
    private long events;

    @Option(names = "--bookings", defaultValue = "50000", description = "in turn (default: ${DEFAULT-VALUE})")
    private int bookings;

    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    /** Reads pages of one kind from one log; the figure is the 99th percentile in milliseconds. */
    private record Reader(EventLog log, String tenant, Set<String> models, long lastStart, RandomGenerator random)
            implements Rounds.Side {
        @Override
        public double measure(Duration duration) {
            Histogram latency = new Histogram(60_000_000_000L, 3);
            long from = System.nanoTime();
            while (System.nanoTime() - from < duration.toNanos()) {
                long after = random.nextLong(lastStart);
                long start = System.nanoTime();
                List<Event> page = log.read(tenant, models, after, PAGE);
                latency.recordValue(System.nanoTime() - start);
                if (page.isEmpty()) {
                    throw new IllegalStateException("No events of " + models + " after " + after);
                }
            }
            return latency.getValueAtPercentile(99) / 1e6;
        }
    }

    @Override
    public Integer call() throws Exception {
        Folder longFolder = Folder.make();
        Folder shortFolder = Folder.make();
        GrownLog.make(longFolder, events);
        GrownLog.make(shortFolder, SHORT_LOG);
        List<Row> rows = new ArrayList<>();
        try (HubUnderTest grown = HubUnderTest.start(longFolder)) {
            try (HubUnderTest brief = HubUnderTest.start(shortFolder)) {
                rows.addAll(reads(grown, brief));
                rows.addAll(pulls(grown, brief));
            }
            try (HubUnderTest empty = HubUnderTest.start()) {
                rows.addFirst(ingest(grown, empty));
            }
        }
        Report.of("growth", rows);
        return 0;
    }

    private Row ingest(HubUnderTest grown, HubUnderTest empty) throws Exception {
        List<Target> sides = List.of(
                new Target(grown.port(), CONNECTIONS, BookingRequests.of(bookings, true), 1, grown.cpu()),
                new Target(empty.port(), CONNECTIONS, BookingRequests.of(bookings, true), 1, empty.cpu()));
        List<Figures> figures = Rounds.alternate(plan, List.copyOf(sides));
        String name = String.format("ingest at %,d events, beside an empty log", events);
        return new Row(
                name,
                "/s",
                figures.getFirst(),
                figures.getLast(),
                0.85,
                true,
                sides.getFirst().details());
    }

    private List<Row> reads(HubUnderTest grown, HubUnderTest brief) throws Exception {
        try (Database longDatabase = new Database(grown.database(), 2);
                Database shortDatabase = new Database(brief.database(), 2);
                PostgresEventLog longLog = log(longDatabase);
                PostgresEventLog shortLog = log(shortDatabase)) {
            List<Row> rows = new ArrayList<>();
            rows.add(read("page of a common model", longLog, shortLog, GrownLog.TENANT, Set.of(GrownLog.COMMON), 0.9));
            // From the lower half, so that half of the rare events follow.
            rows.add(read("page of a rare model", longLog, shortLog, GrownLog.TENANT, Set.of(GrownLog.RARE), 0.5));
            rows.add(read("page of a tenant with 1 %", longLog, shortLog, GrownLog.SMALL_TENANT, Set.of(), 0.9));
            return rows;
        }
    }

    /** Over HTTP, as a phone: the cursor is looked up and written, too. */
    private List<Row> pulls(HubUnderTest grown, HubUnderTest brief) throws Exception {
        List<Row> rows = new ArrayList<>();
        rows.add(pull("pull of a common model", grown, brief, GrownLog.COMMON, 0.9, false));
        rows.add(pull("pull of a rare model", grown, brief, GrownLog.RARE, 0.5, false));
        rows.add(pull("list of a common model", grown, brief, GrownLog.COMMON, 0.9, true));
        rows.add(pull("list of a rare model", grown, brief, GrownLog.RARE, 0.5, true));
        return rows;
    }

    private Row pull(String name, HubUnderTest grown, HubUnderTest brief, String model, double upTo, boolean list)
            throws Exception {
        List<Figures> figures = Rounds.alternate(
                plan,
                List.of(
                        new PullReader(grown, model, (long) (events * upTo), list, random),
                        new PullReader(brief, model, (long) (SHORT_LOG * upTo), list, random)));
        return new Row(name + ", p99", "ms", figures.getFirst(), figures.getLast(), 1.5, false, "");
    }

    private Row read(String name, EventLog longLog, EventLog shortLog, String tenant, Set<String> models, double upTo)
            throws Exception {
        List<Figures> figures = Rounds.alternate(
                plan,
                List.of(
                        new Reader(longLog, tenant, models, (long) (events * upTo), random),
                        new Reader(shortLog, tenant, models, (long) (SHORT_LOG * upTo), random)));
        return new Row(name + ", p99", "ms", figures.getFirst(), figures.getLast(), 1.5, false, "");
    }

    private static PostgresEventLog log(Database database) {
        return new PostgresEventLog(
                database.pool(),
                database.direct(),
                new PostgresPartitions(database.pool()),
                List.of(),
                Duration.ofDays(7));
    }
}
