package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** {@code /api/v1/tenant/webhooks/replays} and {@code …/dead-letters}. */
public final class ReplayRoutes implements Routes {
    private static final String REPLAYS = "/api/v1/tenant/webhooks/replays";
    private static final String DEAD_LETTERS = "/api/v1/tenant/webhooks/dead-letters";
    private static final int BODY_BYTES_MAX = 64 << 10;
    private static final int PAGE_MAX = 1_000;
    private static final int RUNNING_MAX = 10;

    private final PostgresReplays store;
    private final PostgresDeliveries deliveries;
    private final PostgresBacklog backlog;
    private final Replays replays;
    private final EventLog log;

    public ReplayRoutes(
            PostgresReplays store,
            PostgresDeliveries deliveries,
            PostgresBacklog backlog,
            Replays replays,
            EventLog log) {
        this.store = store;
        this.deliveries = deliveries;
        this.backlog = backlog;
        this.replays = replays;
        this.log = log;
    }

    @Override
    public void mount(Api api) {
        api.secured(
                HttpMethod.POST,
                REPLAYS,
                DeliveryRoutes.WRITE,
                BODY_BYTES_MAX,
                call -> make(call, Replay.Source.DELIVERIES));
        api.secured(HttpMethod.GET, REPLAYS, DeliveryRoutes.READ, 0, this::list);
        api.secured(
                HttpMethod.GET,
                REPLAYS + "/:id",
                DeliveryRoutes.READ,
                0,
                call -> Reply.ok(find(call).json()));
        api.secured(HttpMethod.POST, REPLAYS + "/:id/cancel", DeliveryRoutes.WRITE, BODY_BYTES_MAX, this::cancel);
        api.secured(HttpMethod.GET, DEAD_LETTERS, DeliveryRoutes.READ, 0, this::deadLetters);
        api.secured(
                HttpMethod.GET,
                DEAD_LETTERS + "/stats",
                DeliveryRoutes.READ,
                0,
                call -> Reply.ok(backlog.deadLetters(call.principal().tenant())));
        api.secured(
                HttpMethod.POST,
                DEAD_LETTERS + "/replay",
                DeliveryRoutes.WRITE,
                BODY_BYTES_MAX,
                call -> make(call, Replay.Source.DEAD_LETTERS));
        api.secured(
                HttpMethod.GET,
                "/api/v1/tenant/webhooks/subscriptions/:id/stats",
                DeliveryRoutes.READ,
                0,
                this::backlog);
    }

    private Reply make(Call call, Replay.Source source) throws Problem {
        ReplayFields fields = new ReplayFields(call.body().length() == 0 ? Json.object() : call.jsonObject(), log);
        String tenant = call.principal().tenant();
        Replay.Order order = settled(tenant, fields.order(source));
        Replay.Count count = replays.count(tenant, order);
        if (fields.dryRun()) {
            return Reply.ok(Json.object()
                    .put("dry_run", true)
                    .put("count", count.value())
                    .put("count_is_least", count.least()));
        }
        Replay made = store.create(tenant, order, count, RUNNING_MAX)
                .orElseThrow(() -> Problem.of(409, RUNNING_MAX + " replays are running; wait for one, or cancel it"));
        call.audit("replay.create", subject(made), null, made.json());
        replays.lookNow();
        return Reply.of(202, made.json());
    }

    /** Only up to where the fan-out makes nothing more: what it makes itself must not be there before. */
    private Replay.Order settled(String tenant, Replay.Order order) throws Problem {
        DeliveryFilter filter = order.filter();
        Long subscription = filter.subscription();
        if (subscription == null) {
            return order;
        }
        long upTo = store.settledUpTo(tenant, subscription)
                .orElseThrow(() -> Problem.field("subscription_id", "There is no subscription " + subscription));
        return order.source() == Replay.Source.EVENTS
                ? new Replay.Order(order.source(), order.statuses(), filter.upTo(upTo), order.rate())
                : order;
    }

    private Reply list(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        String cursor = call.query("cursor");
        List<Replay> page =
                store.list(call.principal().tenant(), cursor == null ? Long.MAX_VALUE : number(cursor), limit);
        ObjectNode answer = Json.object().put("count", page.size());
        ArrayNode data = answer.putArray("data");
        page.forEach(replay -> data.add(replay.json()));
        answer.put("next", page.size() == limit ? Long.toString(page.getLast().id()) : null);
        return Reply.ok(answer);
    }

    private static long number(String cursor) throws Problem {
        try {
            return Long.parseLong(cursor);
        } catch (NumberFormatException e) {
            throw Problem.field("cursor", "'cursor' must be the 'next' of a page");
        }
    }

    private Replay find(Call call) throws Problem {
        return store.find(call.principal().tenant(), id(call, "replay")).orElseThrow(() -> noSuch("replay"));
    }

    private static String subject(Replay replay) {
        return "replay/" + replay.id();
    }

    private static long id(Call call, String what) throws Problem {
        try {
            return Long.parseLong(call.path("id"));
        } catch (NumberFormatException e) {
            throw noSuch(what);
        }
    }

    private static Problem noSuch(String what) {
        return Problem.of(404, "There is no " + what + " with this id");
    }

    private Reply cancel(Call call) throws Problem {
        Replay replay = find(call);
        if (!store.cancel(replay.tenant(), replay.id())) {
            throw Problem.of(409, "It has ended: " + find(call).state().text());
        }
        call.audit("replay.cancel", subject(replay), null, null);
        return Reply.ok(find(call).json());
    }

    private Reply deadLetters(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        DeliveryFilter filter = DeliveryFilter.of(call, log).dead();
        return Reply.ok(DeliveryRoutes.json(
                deliveries.list(call.principal().tenant(), filter, DeliveryRoutes.below(call), limit)));
    }

    private Reply backlog(Call call) throws Problem {
        return Reply.ok(backlog.of(call.principal().tenant(), id(call, "subscription"))
                .orElseThrow(() -> noSuch("subscription")));
    }
}
