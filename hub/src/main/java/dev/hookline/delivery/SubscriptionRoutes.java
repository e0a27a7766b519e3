package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/tenant/webhooks/subscriptions} and {@code …/deliveries} of seed 004. A secret is shown when it is made here,
 * once, and by its last four characters from then on.
 */
public final class SubscriptionRoutes implements Routes {
    private static final String SUBSCRIPTIONS = "/api/v1/tenant/webhooks/subscriptions";
    private static final String DELIVERIES = "/api/v1/tenant/webhooks/deliveries";
    private static final int BODY_BYTES_MAX = 64 << 10;
    private static final int PAGE_MAX = 1_000;
    private static final int SECRET_CHARS_MIN = 8;
    private static final Set<String> STATUSES = Set.of("pending", "retrying", "delivered", "dead", "cancelled");

    private final PostgresSubscriptions store;
    private final TargetUrlRules urlRules;
    private final Deliveries deliveries;

    public SubscriptionRoutes(PostgresSubscriptions store, AddressRules rules, Deliveries deliveries) {
        this.store = store;
        this.urlRules = new TargetUrlRules(rules);
        this.deliveries = deliveries;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, SUBSCRIPTIONS, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, SUBSCRIPTIONS, 0, this::list);
        api.secured(HttpMethod.GET, SUBSCRIPTIONS + "/:id", 0, this::show);
        api.secured(HttpMethod.PATCH, SUBSCRIPTIONS + "/:id", BODY_BYTES_MAX, this::change);
        api.secured(HttpMethod.DELETE, SUBSCRIPTIONS + "/:id", 0, this::delete);
        api.secured(HttpMethod.POST, SUBSCRIPTIONS + "/:id/pause", BODY_BYTES_MAX, call -> setActive(call, false));
        api.secured(HttpMethod.POST, SUBSCRIPTIONS + "/:id/resume", BODY_BYTES_MAX, call -> setActive(call, true));
        api.secured(HttpMethod.GET, DELIVERIES, 0, this::deliveries);
    }

    private Reply create(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        String url = required(url(body), "url");
        String event = required(event(body), "event");
        String given = secret(body);
        String secret = given == null ? "whsec_" + Base64.getEncoder().encodeToString(Ids.secret(24)) : given;
        Subscription made = store.create(call.principal().tenant(), url, event, secret);
        deliveries.subscriptionsChanged();
        ObjectNode answer = json(made);
        if (given == null) {
            answer.put("secret", secret);
        }
        return Reply.of(201, answer);
    }

    private Reply list(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        String before = call.query("before");
        List<Subscription> page = store.list(
                call.principal().tenant(), before == null ? Long.MAX_VALUE : number("before", before), limit);
        ObjectNode answer = Json.object().put("count", page.size());
        ArrayNode data = answer.putArray("data");
        page.forEach(subscription -> data.add(json(subscription)));
        answer.put("next", page.size() == limit ? Long.toString(page.getLast().id()) : null);
        return Reply.ok(answer);
    }

    private Reply show(Call call) throws Problem {
        return found(store.find(call.principal().tenant(), id(call)));
    }

    private Reply change(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        JsonNode active = body.get("active");
        if (active != null && !active.isBoolean()) {
            throw Problem.field("active", "'active' must be true or false");
        }
        Reply reply = found(store.change(
                call.principal().tenant(),
                id(call),
                url(body),
                event(body),
                secret(body),
                active == null ? null : active.booleanValue()));
        deliveries.subscriptionsChanged();
        return reply;
    }

    private Reply setActive(Call call, boolean active) throws Problem {
        Reply reply = found(store.change(call.principal().tenant(), id(call), null, null, null, active));
        deliveries.subscriptionsChanged();
        return reply;
    }

    private Reply delete(Call call) throws Problem {
        if (!store.delete(call.principal().tenant(), id(call))) {
            throw noSuch();
        }
        deliveries.subscriptionsChanged();
        return Reply.ok(Json.object().put("success", true));
    }

    private Reply deliveries(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_MAX);
        String status = call.query("status");
        if (status != null && !STATUSES.contains(status)) {
            throw Problem.field(
                    "status",
                    "'status' must be one of "
                            + String.join(", ", STATUSES.stream().sorted().toList()));
        }
        String subscription = call.query("subscription_id");
        List<PostgresSubscriptions.Row> page = store.deliveries(
                call.principal().tenant(),
                subscription == null ? null : number("subscription_id", subscription),
                status,
                below(call.query("before")),
                limit);
        ObjectNode answer = Json.object().put("count", page.size());
        ArrayNode data = answer.putArray("data");
        page.forEach(row -> data.add(json(row)));
        answer.put("next", page.size() == limit ? page.getLast().key().text() : null);
        return Reply.ok(answer);
    }

    private static DeliveryKey below(@Nullable String before) throws Problem {
        if (before == null) {
            return new DeliveryKey(Long.MAX_VALUE, Long.MAX_VALUE);
        }
        int dash = before.indexOf('-');
        return new DeliveryKey(
                number("before", before.substring(0, Math.max(0, dash))), number("before", before.substring(dash + 1)));
    }

    private static Reply found(Optional<Subscription> subscription) throws Problem {
        return Reply.ok(json(subscription.orElseThrow(SubscriptionRoutes::noSuch)));
    }

    private static Problem noSuch() {
        return Problem.of(404, "There is no subscription with this id");
    }

    private static long id(Call call) throws Problem {
        try {
            return Long.parseLong(call.path("id"));
        } catch (NumberFormatException e) {
            throw noSuch();
        }
    }

    private static long number(String parameter, String text) throws Problem {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw Problem.field(parameter, "'" + parameter + "' is not an id");
        }
    }

    private static String required(@Nullable String value, String field) throws Problem {
        if (value == null) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        return value;
    }

    private @Nullable String url(ObjectNode body) throws Problem {
        String url = text(body, "url", 1, 2_048);
        if (url == null) {
            return null;
        }
        return switch (urlRules.judge(url)) {
            case TargetUrl.Accepted(URI accepted) -> accepted.toString();
            case TargetUrl.Refused(String reason) -> throw Problem.field("url", reason);
        };
    }

    private static @Nullable String event(ObjectNode body) throws Problem {
        return text(body, "event", 1, Limits.NAME_CHARS_MAX);
    }

    private static @Nullable String secret(ObjectNode body) throws Problem {
        String secret = text(body, "secret", SECRET_CHARS_MIN, Limits.NAME_CHARS_MAX);
        if (secret != null) {
            try {
                OutboundSignature _ = new OutboundSignature(List.of(secret));
            } catch (IllegalArgumentException e) {
                throw Problem.field("secret", String.valueOf(e.getMessage()));
            }
        }
        return secret;
    }

    private static @Nullable String text(ObjectNode body, String field, int min, int max) throws Problem {
        JsonNode value = body.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()
                || value.textValue().length() < min
                || value.textValue().length() > max) {
            throw Problem.field(field, "'" + field + "' must be a text of " + min + " to " + max + " characters");
        }
        return value.textValue();
    }

    private static ObjectNode json(Subscription subscription) {
        return Json.object()
                .put("id", subscription.id())
                .put("url", subscription.url().toString())
                .put("event", subscription.event())
                .put("active", subscription.active())
                .put("secret_hint", Subscription.hint(subscription.secret()))
                .put("from_position", subscription.fromPosition())
                .put("created_at", subscription.createdAt().toString())
                .put("updated_at", subscription.updatedAt().toString());
    }

    private static ObjectNode json(PostgresSubscriptions.Row row) {
        return Json.object()
                .put("id", row.key().text())
                .put("subscription_id", row.key().subscription())
                .put("event_id", row.key().position())
                .put("event", row.event())
                .put("url", row.url())
                .put("status", row.status())
                .put("attempts", row.attempts())
                .put("response_code", row.lastCode())
                .put("last_error", row.lastError())
                .put("created_at", row.createdAt().toString())
                .put("updated_at", row.updatedAt().toString())
                .put("next_attempt_at", row.dueAt() == null ? null : row.dueAt().toString());
    }
}
