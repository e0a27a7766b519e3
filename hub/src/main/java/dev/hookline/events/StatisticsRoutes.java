package dev.hookline.events;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.delivery.PostgresEventDeliveries;
import dev.hookline.delivery.PostgresEventDeliveries.DeadModel;
import dev.hookline.delivery.PostgresEventDeliveries.State;
import dev.hookline.delivery.PostgresEventDeliveries.Totals;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.PostgresEventSearch.Count;
import dev.hookline.eventlog.PostgresEventSearch.TooBroad;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Inputs;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.RequestLimits;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/webhooks/statistics} and {@code …/dead-letter/stats}, and {@code GET /api/v1/odoo-sync/stats}: true counts
 * of the tenant's events, all of one log.
 */
public final class StatisticsRoutes implements Routes {
    private static final int TOP_MODELS = 10;
    private static final int DAYS_MAX = 90;

    private final EventLog log;
    private final PostgresEventSearch search;
    private final PostgresEventDeliveries deliveries;
    private final RequestLimits limits;
    private final Time time;

    public StatisticsRoutes(
            EventLog log,
            PostgresEventSearch search,
            PostgresEventDeliveries deliveries,
            RequestLimits limits,
            Time time) {
        this.log = log;
        this.search = search;
        this.deliveries = deliveries;
        this.limits = limits;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(
                HttpMethod.GET,
                "/api/v1/webhooks/statistics",
                EventRoutes.READERS,
                0,
                limits.perMinute("statistics", 20, this::statistics));
        api.secured(
                HttpMethod.GET,
                "/api/v1/webhooks/dead-letter/stats",
                EventRoutes.READERS,
                0,
                limits.perMinute("dead-letter/stats", 30, this::deadLetters));
        api.secured(
                HttpMethod.GET,
                "/api/v1/odoo-sync/stats",
                EventRoutes.READERS,
                0,
                limits.perMinute("odoo-sync/stats", 10, this::ofDays));
    }

    private Reply statistics(Call call) throws Problem {
        String tenant = call.principal().tenant();
        Set<String> models = EventRoutes.models(Inputs.query(call));
        long after = Math.max(EventRoutes.after(log, call), log.hiddenUpTo(tenant));
        long upTo = log.head();
        List<Count> counts = counts(tenant, models, after, upTo);
        Totals totals = deliveries.totals(tenant, models, after, upTo).orElseThrow(EventRoutes::tooBroad);
        long total = counts.stream().mapToLong(Count::events).sum();
        Map<String, Long> byStatus = new TreeMap<>();
        long unsent = 0;
        for (State state : List.of(State.PENDING, State.FAILED, State.DEAD)) {
            long events = totals.byState().getOrDefault(state, 0L);
            unsent += events;
            byStatus.put(state.text(), events);
        }
        long sent = Math.max(0, total - unsent);
        byStatus.put("processing", 0L);
        byStatus.put(State.SENT.text(), sent);

        ObjectNode answer = Json.object().put("total_events", total);
        put(answer.putObject("by_status"), byStatus);
        put(answer.putObject("by_priority"), sums(counts, Count::priority));
        put(answer.putObject("by_category"), sums(counts, Count::category));
        addModels(answer.putArray("by_model"), sums(counts, Count::model));
        return Reply.ok(answer.put("success_rate", total == 0 ? 0.0 : sent * 100.0 / total)
                .put("average_processing_time", totals.deliveredMillis()));
    }

    private List<Count> counts(String tenant, Set<String> models, long after, long upTo) throws Problem {
        try {
            return search.count(tenant, models, after, upTo);
        } catch (TooBroad e) {
            throw EventRoutes.tooBroad();
        }
    }

    private static Map<String, Long> sums(List<Count> counts, Function<Count, String> of) {
        return counts.stream().collect(Collectors.groupingBy(of, TreeMap::new, Collectors.summingLong(Count::events)));
    }

    private static void put(ObjectNode node, Map<String, Long> sums) {
        sums.forEach(node::put);
    }

    private static void addModels(ArrayNode list, Map<String, Long> models) {
        models.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(TOP_MODELS)
                .forEach(model -> EventRoutes.addCount(list, model.getKey(), model.getValue()));
    }

    private Reply deadLetters(Call call) throws Problem {
        String tenant = call.principal().tenant();
        List<DeadModel> dead = deliveries.dead(tenant, log.hiddenUpTo(tenant)).orElseThrow(EventRoutes::tooBroad);
        ObjectNode answer = Json.object()
                .put("total_events", dead.stream().mapToLong(DeadModel::events).sum());
        ArrayNode byModel = answer.putArray("by_model");
        dead.forEach(model -> EventRoutes.addCount(byModel, model.model(), model.events()));
        return Reply.ok(answer.put(
                        "oldest_event",
                        dead.stream()
                                .map(DeadModel::oldest)
                                .min(Comparator.naturalOrder())
                                .map(Instant::toString)
                                .orElse(null))
                .put(
                        "newest_event",
                        dead.stream()
                                .map(DeadModel::newest)
                                .max(Comparator.naturalOrder())
                                .map(Instant::toString)
                                .orElse(null)));
    }

    /** Of Odoo's module. What it calls processed is what the hub has: an event is there for every reader for good. */
    private Reply ofDays(Call call) throws Problem {
        int days = call.query("days", 7, 1, DAYS_MAX);
        String tenant = call.principal().tenant();
        long after = log.firstSince(time.now().minus(Duration.ofDays(days))) - 1;
        List<Count> counts = counts(tenant, Set.of(), after, log.head());
        long total = counts.stream().mapToLong(Count::events).sum();
        ObjectNode answer = Json.object().put("success", true);
        ObjectNode stats = answer.putObject("stats")
                .put("period_days", days)
                .put("total", total)
                .put("processed", total)
                .put("pending", 0)
                .put("archived", 0);
        put(stats.putObject("by_model"), sums(counts, Count::model));
        put(stats.putObject("by_priority"), sums(counts, Count::priority));
        return Reply.ok(answer.put("timestamp", time.now().toString()));
    }
}
