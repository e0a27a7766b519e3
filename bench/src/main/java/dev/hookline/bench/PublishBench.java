package dev.hookline.bench;

import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Many events in a request: what the hub takes, beside one COPY. */
@Command(name = "publish", description = "100 events per request, beside one COPY stream.")
final class PublishBench implements Callable<Integer> {
    private static final List<String> NAMES = List.of("append", "with deduplication", "with deduplication and record");
    private static final List<Double> TARGETS = List.of(0.55, 0.35, 0.22);
    private static final int EACH = 100;

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--connections", defaultValue = "16", description = "kept alive (default: ${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--bookings", defaultValue = "50000", description = "in turn (default: ${DEFAULT-VALUE})")
    private int bookings;

    @Override
    public Integer call() throws Exception {
        try (Folder folder = Folder.make();
                EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(folder.path(), folder.path().resolve("postgres-binaries"));
                Database database = new Database(postgres.address(), 1);
                BenchServer recording = BenchServer.start("wired-hub", "--records");
                HubUnderTest hub = HubUnderTest.start()) {
            LimitTable.make(database);
            String login = HubUnderTest.login("http://127.0.0.1:" + recording.port());
            List<Target> sides = List.of(
                    target(hub.port(), hub.authorization(), false, hub.cpu()),
                    target(hub.port(), hub.authorization(), true, hub.cpu()),
                    target(recording.port(), login, true, recording.cpu()));
            List<Rounds.Side> all = new ArrayList<>(sides);
            all.add(new CopyStream(database));
            List<Figures> figures = Rounds.alternate(plan, all);
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < NAMES.size(); i++) {
                rows.add(new Row(
                        "publish, " + NAMES.get(i),
                        "/s",
                        figures.get(i),
                        figures.getLast(),
                        TARGETS.get(i),
                        true,
                        sides.get(i).details()));
            }
            Report.of("publish", rows);
        }
        return 0;
    }

    private Target target(int port, String authorization, boolean keys, CpuShare cpu) {
        PreparedRequests requests = PublishRequests.of(authorization, "bench.publish", bookings, EACH, keys);
        return new Target(port, connections, requests, EACH, cpu);
    }
}
