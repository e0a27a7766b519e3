package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long a stored backlog takes to reach the healthy ones among its endpoints, and the same ones where no others are. */
@Command(
        name = "drain",
        description = "A backlog for 200 endpoints of which 100 never answer, and for the 100 healthy ones alone.")
final class DrainBench implements Callable<Integer> {
    private static final String TYPE = "bench.drain";
    private static final int EACH_MAX = 500;
    private static final String HANGS = "/hangs";

    @Option(names = "--deliveries", defaultValue = "100000", description = "in all (default: ${DEFAULT-VALUE})")
    private int deliveries;

    @Option(names = "--endpoints", defaultValue = "200", description = "in all (default: ${DEFAULT-VALUE})")
    private int endpoints;

    @Option(
            names = "--dead",
            defaultValue = "100",
            description = "of them that never answer (default: ${DEFAULT-VALUE})")
    private int dead;

    @Override
    public Integer call() throws Exception {
        int healthy = endpoints - dead;
        int each = deliveries / endpoints;
        double beside = seconds(healthy, dead, each);
        double alone = seconds(healthy, 0, each);
        Report.of(
                "drain",
                List.of(new Row(
                        "backlog to the healthy, " + dead + " hang",
                        "s",
                        new Figures(List.of(beside)),
                        new Figures(List.of(alone)),
                        1.5,
                        false,
                        "%,d deliveries to %d healthy endpoints, beside %,d to %d dead ones; the limit is without those"
                                .formatted(healthy * each, healthy, dead * each, dead))));
        return 0;
    }

    /** On a hub of its own: from the first resumption until every healthy endpoint has all of its events. */
    private double seconds(int healthy, int hanging, int events) throws Exception {
        try (Sink sink = new Sink((request, _) -> HANGS.equals(request.path()) ? Sink.NEVER : Sink.TAKEN);
                HubUnderTest hub = HubUnderTest.start();
                Database database = new Database(hub.database(), 1)) {
            List<String> paths = new ArrayList<>();
            for (int i = 0; i < healthy + hanging; i++) {
                String path =
                        HubUnderTest.SUBSCRIPTIONS + "/" + hub.subscribe(sink.url(i < hanging ? HANGS : "/" + i), TYPE);
                hub.post(path + "/pause", Json.object());
                paths.add(path);
            }
            for (int from = 0; from < events; from += EACH_MAX) {
                publish(hub, from, Math.min(events, from + EACH_MAX));
            }
            DeliveryBench.awaitDue(database, events * (healthy + hanging));
            long from = System.nanoTime();
            for (String path : paths) {
                hub.post(path + "/resume", Json.object());
            }
            sink.await((long) events * healthy);
            return (System.nanoTime() - from) / 1e9;
        }
    }

    private static void publish(HubUnderTest hub, int from, int to) throws IOException, InterruptedException {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (int i = from; i < to; i++) {
            events.addObject()
                    .put("event", TYPE)
                    .put("resource_type", "bench")
                    .put("resource_id", Integer.toString(i))
                    .set("data", Json.object().put("n", i));
        }
        hub.post(PublishRequests.PATH, body);
    }
}
