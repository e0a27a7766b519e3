package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.delivery.Deliveries;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/tenant/webhooks/deliveries} of seed 004: the list, one with its attempts, retry and cancel. */
public final class DeliveryRoutes implements Routes {
    static final String DELIVERIES = "/api/v1/tenant/webhooks/deliveries";
    static final Rule READ = Rule.of(Role.VIEWER, Scope.SUBSCRIPTIONS_READ);
    static final Rule WRITE = Rule.of(Role.MEMBER, Scope.SUBSCRIPTIONS_WRITE);
    private static final int PAGE_MAX = 1_000;
    private static final int IDS_MAX = 1_000;
    private static final int BODY_BYTES_MAX = 64 << 10;

    private final PostgresDeliveries store;
    private final PostgresDeliveryActions actions;
    private final EventLog log;
    private final Deliveries deliveries;

    public DeliveryRoutes(
            PostgresDeliveries store, PostgresDeliveryActions actions, EventLog log, Deliveries deliveries) {
        this.store = store;
        this.actions = actions;
        this.log = log;
        this.deliveries = deliveries;
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
        DeliveryKey key = DeliveryKey.of(call.path("id")).orElseThrow(DeliveryRoutes::noSuch);
        return store.find(call.principal().tenant(), key).orElseThrow(DeliveryRoutes::noSuch);
    }

    private static Problem noSuch() {
        return Problem.of(404, "There is no delivery with this id");
    }

    private Reply retry(Call call) throws Problem {
        StoredDelivery delivery = find(call);
        boolean done = !actions.retry(call.principal().tenant(), List.of(delivery.key()))
                .isEmpty();
        if (!done) {
            throw Problem.of(409, whyNot(find(call)));
        }
        audit(call, "retry", delivery.key());
        deliveries.lookNow();
        return Reply.of(202, find(call).json());
    }

    private String whyNot(StoredDelivery delivery) {
        return switch (delivery.status()) {
            case "paused" -> "Its subscription is paused; it is sent when that is resumed";
            case "blocked" -> "An earlier delivery of its record has to be through first, or skipped";
            case "pending", "retrying" -> "It is being sent, or about to be";
            default -> "Its subscription is deleted, or its event is no longer kept";
        };
    }

    private Reply retryMany(Call call) throws Problem {
        Set<DeliveryKey> keys = keys(call.jsonObject());
        Map<DeliveryKey, PostgresDeliveryActions.Done> done =
                actions.retry(call.principal().tenant(), keys);
        deliveries.lookNow();
        if (!done.isEmpty()) {
            ObjectNode retried = Json.object();
            ArrayNode ids = retried.putArray("ids");
            done.keySet().forEach(key -> ids.add(key.text()));
            call.audit("delivery.retry", "delivery", null, retried);
        }
        ObjectNode answer = Json.object().put("retried", done.size());
        ArrayNode skipped = answer.putArray("skipped");
        keys.stream().filter(key -> !done.containsKey(key)).forEach(key -> skipped.add(key.text()));
        return Reply.ok(answer);
    }

    private static void audit(Call call, String done, DeliveryKey key) {
        call.audit("delivery." + done, "delivery/" + key.text(), null, null);
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
        StoredDelivery delivery = find(call);
        if (actions.skip(call.principal().tenant(), List.of(delivery.key())).isEmpty()) {
            throw Problem.of(409, "Nothing waits for it");
        }
        audit(call, "skip", delivery.key());
        deliveries.lookNow();
        return Reply.ok(find(call).json());
    }

    private Reply cancel(Call call) throws Problem {
        StoredDelivery delivery = find(call);
        PostgresDeliveryActions.@Nullable Done done = actions.cancel(
                        call.principal().tenant(), List.of(delivery.key()))
                .get(delivery.key());
        if (done == null) {
            throw Problem.of(409, "It has ended: " + find(call).status());
        }
        audit(call, "cancel", delivery.key());
        deliveries.lookNow();
        return Reply.ok(
                find(call).json().put("may_still_arrive", done == PostgresDeliveryActions.Done.CANCELLED_IN_FLIGHT));
    }
}
