package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What the claim of due deliveries costs as deliveries add up. Four subscriptions; the first attempt of every tenth delivery
 * is refused, so that it passes through {@code delivery_due}. The hub's own {@code webhook_delivery_claim_seconds} tells the
 * cost, of claims under load and of those that find nothing.
 */
@Command(name = "claim", description = "What claiming due deliveries costs after 10,000 and after 1,000,000.")
final class ClaimBench implements Callable<Integer> {
    private static final int SUBSCRIPTIONS = 4;
    private static final int REQUEST_EVENTS = 1_000;
    private static final Duration IDLE = Duration.ofSeconds(12);

    @Option(names = "--deliveries", defaultValue = "1000000", description = "in all (default: ${DEFAULT-VALUE})")
    private long deliveries;

    private final Time time = Time.system();
    private final Set<String> refusedOnce = ConcurrentHashMap.newKeySet();

    /**
     * A line of the table.
     *
     * @param loadMillis mean of a claim while deliveries went through
     * @param idleMillis mean of a claim that found nothing
     */
    private record Stage(
            long deliveries,
            double perSecond,
            long claims,
            double loadMillis,
            double idleMillis,
            long dueBytes,
            double hot) {}

    @Override
    public Integer call() throws Exception {
        try (HubUnderTest hub = HubUnderTest.start();
                Sink sink = new Sink((request, _) -> answer(request))) {
            for (int i = 0; i < SUBSCRIPTIONS; i++) {
                hub.subscribe(sink.url("/" + i), "bench.claim");
            }
            List<Stage> stages = new ArrayList<>();
            for (long goal : List.of(10_000L, 100_000L, 300_000L, deliveries)) {
                if (goal <= deliveries) {
                    stages.add(stage(hub, sink, goal));
                    print(stages);
                }
            }
            write(stages);
            return 0;
        }
    }

    /** Takes everything, but refuses the first attempt of every tenth delivery. */
    private int answer(HttpServerRequest request) {
        String id = request.path() + request.getHeader("webhook-id");
        boolean refuse = Math.floorMod(id.hashCode(), 10) == 0 && refusedOnce.add(id);
        return refuse ? 503 : Sink.TAKEN;
    }

    private Stage stage(HubUnderTest hub, Sink sink, long goal) throws IOException, InterruptedException {
        long before = sink.taken();
        double claims = hub.metric("webhook_delivery_claim_seconds_count");
        double seconds = hub.metric("webhook_delivery_claim_seconds_sum");
        long from = time.nanos();
        for (long sent = before / SUBSCRIPTIONS; sent < goal / SUBSCRIPTIONS; sent += REQUEST_EVENTS) {
            publish(hub, sent, Math.min(REQUEST_EVENTS, goal / SUBSCRIPTIONS - sent));
        }
        sink.await(goal);
        double took = (time.nanos() - from) / 1e9;
        double loadClaims = hub.metric("webhook_delivery_claim_seconds_count") - claims;
        double loadSeconds = hub.metric("webhook_delivery_claim_seconds_sum") - seconds;
        time.sleep(Duration.ofSeconds(2));
        claims = hub.metric("webhook_delivery_claim_seconds_count");
        seconds = hub.metric("webhook_delivery_claim_seconds_sum");
        time.sleep(IDLE);
        double idleClaims = hub.metric("webhook_delivery_claim_seconds_count") - claims;
        double idleSeconds = hub.metric("webhook_delivery_claim_seconds_sum") - seconds;
        try (Database database = new Database(hub.database(), 1)) {
            long dueBytes = number(database, "SELECT pg_total_relation_size('delivery_due')")
                    .longValue();
            double hot = number(
                            database,
                            "SELECT 100.0 * sum(n_tup_hot_upd) / greatest(sum(n_tup_upd), 1) FROM pg_stat_user_tables"
                                    + " WHERE relname LIKE 'delivery\\_p%'")
                    .doubleValue();
            return new Stage(
                    goal,
                    (goal - before) / took,
                    (long) loadClaims,
                    1_000 * loadSeconds / Math.max(1, loadClaims),
                    1_000 * idleSeconds / Math.max(1, idleClaims),
                    dueBytes,
                    hot);
        }
    }

    private static void publish(HubUnderTest hub, long first, long count) throws IOException, InterruptedException {
        ObjectNode body = Json.object();
        ArrayNode events = body.putArray("events");
        for (long i = first; i < first + count; i++) {
            ObjectNode event = events.addObject()
                    .put("event", "bench.claim")
                    .put("resource_type", "bench")
                    .put("resource_id", Long.toString(i));
            event.putObject("data").put("n", i);
        }
        hub.post("/api/v1/tenant/webhooks/events", body);
    }

    private static Number number(Database database, String sql) {
        return database.jdbi()
                .withHandle(db -> db.createQuery(sql).mapTo(BigDecimal.class).one());
    }

    private static void print(List<Stage> stages) {
        System.out.printf(
                "%n%12s %12s %10s %16s %16s %14s %8s%n",
                "deliveries", "per second", "claims", "claim, load ms", "claim, idle ms", "due table kB", "HOT %");
        for (Stage stage : stages) {
            System.out.printf(
                    Locale.ROOT,
                    "%,12d %,12.0f %,10d %16.2f %16.2f %,14d %8.1f%n",
                    stage.deliveries(),
                    stage.perSecond(),
                    stage.claims(),
                    stage.loadMillis(),
                    stage.idleMillis(),
                    stage.dueBytes() / 1024,
                    stage.hot());
        }
    }

    private static void write(List<Stage> stages) throws IOException {
        ArrayNode rows = Json.object().putArray("claim");
        for (Stage stage : stages) {
            rows.addObject()
                    .put("deliveries", stage.deliveries())
                    .put("per_second", stage.perSecond())
                    .put("claims", stage.claims())
                    .put("claim_load_ms", stage.loadMillis())
                    .put("claim_idle_ms", stage.idleMillis())
                    .put("due_bytes", stage.dueBytes())
                    .put("hot_percent", stage.hot());
        }
        Report.write("claim", rows);
    }
}
