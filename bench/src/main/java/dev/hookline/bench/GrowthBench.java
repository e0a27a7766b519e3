package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a long log costs: ingest beside an empty one; pulls and lists over HTTP beside a log of 100,000; counts of it all. */
@Command(name = "growth", description = "Ingest and reads at 5 million events, beside a short log.")
final class GrowthBench implements Callable<Integer> {
    private static final long SHORT_LOG = 100_000;
    private static final int CONNECTIONS = 64;
    private static final int PAGE = 100;
    private static final double COUNT_MILLIS_MAX = 10_000;

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--events", defaultValue = "5000000", description = "in the long log (default: ${DEFAULT-VALUE})")
    private long events;

    @Option(names = "--bookings", defaultValue = "50000", description = "in turn (default: ${DEFAULT-VALUE})")
    private int bookings;

    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

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

    /** As a phone pulls, whose cursor is looked up and written too; and lists as a person sees them, the newest first. */
    private List<Row> reads(HubUnderTest grown, HubUnderTest brief) throws Exception {
        Reader tenantAtLong = new Reader(grown, grown.authorization(), events);
        Reader tenantAtShort = new Reader(brief, brief.authorization(), SHORT_LOG);
        Reader smallAtLong = new Reader(grown, grown.ownerOf(GrownLog.SMALL_TENANT), events);
        Reader smallAtShort = new Reader(brief, brief.ownerOf(GrownLog.SMALL_TENANT), SHORT_LOG);
        List<Row> rows = new ArrayList<>();
        for (String model : List.of(GrownLog.COMMON, GrownLog.RARE)) {
            rows.add(beside(
                    "pull of a " + model + " model",
                    tenantAtLong.pull(model, random),
                    tenantAtShort.pull(model, random)));
            rows.add(beside("list of a " + model + " model", tenantAtLong.list(model), tenantAtShort.list(model)));
        }
        rows.add(beside("pull of a tenant with 1 %", smallAtLong.pull("", random), smallAtShort.pull("", random)));
        rows.add(beside("list of a tenant with 1 %", smallAtLong.list(""), smallAtShort.list("")));
        rows.add(count("check-updates", tenantAtLong.checkUpdates()));
        rows.add(count("statistics", tenantAtLong.statistics()));
        return rows;
    }

    private Row beside(String name, ReadLatency.Read atLong, ReadLatency.Read atShort) throws Exception {
        List<Figures> figures = Rounds.alternate(plan, List.of(new ReadLatency(atLong), new ReadLatency(atShort)));
        return new Row(name + ", p99", "ms", figures.getFirst(), figures.getLast(), 1.5, false, "");
    }

    /** The hub gives a count up after ten seconds, and answers 422. */
    private Row count(String name, ReadLatency.Read read) throws Exception {
        Figures figures = Rounds.alternate(plan, List.of(new ReadLatency(read))).getFirst();
        return new Row(name + " of the whole log, p99", "ms", figures, null, COUNT_MILLIS_MAX, false, "");
    }

    /** Somebody who reads one log over HTTP. */
    private record Reader(HubUnderTest hub, String authorization, long events) {
        /** What follows a random token, with enough of it left for a page; half of the rare events. */
        ReadLatency.Read pull(String model, RandomGenerator random) {
            long lastToken = (long) (events * (model.equals(GrownLog.RARE) ? 0.5 : 0.9));
            ObjectNode body = Json.object()
                    .put("user_id", 1)
                    .put("device_id", "bench")
                    .put("app_type", "bench")
                    .put("limit", PAGE);
            if (!model.isEmpty()) {
                body.putArray("models_filter").add(model);
            }
            return () -> {
                body.put("sync_token", Long.toString(random.nextLong(lastToken)));
                return hub.post("/api/v2/sync/pull", body, authorization)
                        .path("new_events_count")
                        .longValue();
            };
        }

        ReadLatency.Read list(String model) {
            String query = "?limit=" + PAGE + (model.isEmpty() ? "" : "&model_name=" + model);
            return () -> hub.get("/api/v1/webhooks/events" + query, authorization)
                    .path("count")
                    .longValue();
        }

        ReadLatency.Read checkUpdates() {
            return () -> hub.get("/api/v1/webhooks/check-updates", authorization)
                    .path("summary")
                    .size();
        }

        ReadLatency.Read statistics() {
            return () -> hub.get("/api/v1/webhooks/statistics", authorization)
                    .path("total_events")
                    .longValue();
        }
    }
}
