package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.DeliveryKey;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashSet;
import java.util.Set;

/** {@code /api/v1/tenant/webhooks/deliveries} of seed 004: the list, one with its attempts, retry and cancel. */
public final class DeliveryRoutes implements Routes {
    static final String DELIVERIES = "/api/v1/tenant/webhooks/deliveries";
    static final Rule READ = Rule.of(Role.VIEWER, Scope.SUBSCRIPTIONS_READ);
    static final Rule WRITE = Rule.of(Role.MEMBER, Scope.SUBSCRIPTIONS_WRITE);
    private static final int PAGE_MAX = 1_000;
    private static final int IDS_MAX = 1_000;
    private static final int BODY_BYTES_MAX = 64 << 10;

    private final PostgresDeliveries store;
    private final DeliveryChanges changes;
    private final EventLog log;

    public DeliveryRoutes(PostgresDeliveries store, DeliveryChanges changes, EventLog log) {
        this.store = store;
        this.changes = changes;
        this.log = log;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, DELIVERIES, READ, 0, this::list);
        api.secured(HttpMethod.POST, DELIVERIES + "/retry", WRITE, BODY_BYTES_MAX, this::retryMany);
        api.secured(HttpMethod.GET, DELIVERIES + "/:id", READ, 0, this::show);
        api.secured(HttpMethod.POST, DELIVERIES + "/:id/retry", WRITE, BODY_BYTES_MAX, this::retry);
        api.secured(HttpMethod.POST, DELIVERIES + "/:id/cancel", WRITE, BODY_BYTES_MAX, this::cancel);
        api.secured(HttpMethod.POST, DELIVERIES + "/:id/skip", WRITE, BODY_BYTES_MAX, this::skip);
    }

    private Reply list(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        return Reply.ok(json(store.list(call.principal().tenant(), DeliveryFilter.of(call, log), below(call), limit)));
    }

    static ObjectNode json(PostgresDeliveries.Page page) {
        ObjectNode answer = Json.object().put("count", page.rows().size());
        ArrayNode data = answer.putArray("data");
        page.rows().forEach(row -> data.add(row.json()));
        DeliveryKey next = page.next();
        return answer.put("next", next == null ? null : next.text());
    }

    /** From where a list goes on; {@code before} is the name that it had first. */
    static DeliveryKey below(Call call) throws Problem {
        String cursor = call.query("cursor");
        String name = cursor == null ? "before" : "cursor";
        String text = cursor == null ? call.query("before") : cursor;
        return text == null
                ? new DeliveryKey(Long.MAX_VALUE, Long.MAX_VALUE)
                : DeliveryKey.of(text)
                        .orElseThrow(() -> Problem.field(name, "'" + name + "' must be the 'next' of a page"));
    }

    private Reply show(Call call) throws Problem {
        StoredDelivery delivery = find(call);
        ObjectNode answer = delivery.json();
        ArrayNode history = answer.putArray("history");
        store.attempts(delivery).forEach(attempt -> history.add(attempt.json()));
        return Reply.ok(answer);
    }

    private StoredDelivery find(Call call) throws Problem {
        return changes.find(call.principal().tenant(), key(call));
    }

    private static DeliveryKey key(Call call) throws Problem {
        return DeliveryKey.of(call.path("id")).orElseThrow(DeliveryChanges::noSuch);
    }

    private Reply retry(Call call) throws Problem {
        return Reply.of(202, changes.retry(call.actor(), key(call)).json());
    }

    private Reply retryMany(Call call) throws Problem {
        Set<DeliveryKey> keys = keys(call.jsonObject());
        Set<DeliveryKey> done = changes.retry(call.actor(), keys);
        ObjectNode answer = Json.object().put("retried", done.size());
        ArrayNode skipped = answer.putArray("skipped");
        keys.stream().filter(key -> !done.contains(key)).forEach(key -> skipped.add(key.text()));
        return Reply.ok(answer);
    }

    static Set<DeliveryKey> keys(ObjectNode body) throws Problem {
        JsonNode ids = body.path("ids");
        if (!ids.isArray() || ids.isEmpty() || ids.size() > IDS_MAX) {
            throw Problem.field("ids", "'ids' must be a list of 1 to " + IDS_MAX + " ids of deliveries");
        }
        Set<DeliveryKey> keys = new LinkedHashSet<>();
        for (int i = 0; i < ids.size(); i++) {
            String place = "ids[" + i + "]";
            keys.add(DeliveryKey.of(ids.get(i).asText())
                    .orElseThrow(() -> Problem.field(place, "'" + place + "' is not the id of a delivery")));
        }
        return keys;
    }

    private Reply skip(Call call) throws Problem {
        return Reply.ok(changes.skip(call.actor(), key(call)).json());
    }

    private Reply cancel(Call call) throws Problem {
        DeliveryChanges.Cancelled cancelled = changes.cancel(call.actor(), key(call));
        return Reply.ok(cancelled.delivery().json().put("may_still_arrive", cancelled.mayStillArrive()));
    }
}
