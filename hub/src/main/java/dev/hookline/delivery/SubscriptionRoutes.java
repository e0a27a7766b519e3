package dev.hookline.delivery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.catalogue.Catalogue;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /api/v1/tenant/webhooks/subscriptions} of seed 004, and what the tenant's webhooks say that they come from. A
 * secret is shown when it is made here, once, and by its last four characters from then on.
 */
public final class SubscriptionRoutes implements Routes {
    private static final String WEBHOOKS = "/api/v1/tenant/webhooks";
    private static final String SUBSCRIPTIONS = WEBHOOKS + "/subscriptions";
    private static final Rule READ = Rule.of(Role.VIEWER, Scope.SUBSCRIPTIONS_READ);
    private static final Rule ADMINISTER = Rule.of(Role.ADMIN, Scope.SUBSCRIPTIONS_WRITE);
    private static final Rule WRITE = Rule.of(Role.MEMBER, Scope.SUBSCRIPTIONS_WRITE);
    private static final int BODY_BYTES_MAX = 256 << 10;
    private static final int SOURCE_CHARS_MAX = 100;
    private static final int PAGE_MAX = 1_000;
    private static final int CHANGES_AT_ONCE_MAX = 5;
    private static final int OVERLAP_HOURS_DEFAULT = 24;
    private static final int OVERLAP_HOURS_MAX = 7 * 24;

    private final PostgresSubscriptions store;
    private final TargetUrlRules urlRules;
    private final Deliveries deliveries;
    private final SubscriptionSwitch onOff;
    private final TestCalls testCalls;
    private final Time time;

    public SubscriptionRoutes(
            Vertx vertx,
            PostgresSubscriptions store,
            AddressRules rules,
            Deliveries deliveries,
            SubscriptionSwitch onOff,
            Catalogue catalogue,
            Time time) {
        this.store = store;
        this.urlRules = new TargetUrlRules(rules);
        this.deliveries = deliveries;
        this.onOff = onOff;
        this.testCalls = new TestCalls(vertx, rules, catalogue, time);
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, WEBHOOKS, READ, 0, this::webhooks);
        api.secured(HttpMethod.PATCH, WEBHOOKS, ADMINISTER, BODY_BYTES_MAX, this::changeWebhooks);
        api.secured(HttpMethod.POST, SUBSCRIPTIONS, WRITE, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, SUBSCRIPTIONS, READ, 0, this::list);
        api.secured(HttpMethod.GET, SUBSCRIPTIONS + "/:id", READ, 0, this::show);
        api.secured(HttpMethod.PATCH, SUBSCRIPTIONS + "/:id", WRITE, BODY_BYTES_MAX, this::change);
        api.secured(HttpMethod.DELETE, SUBSCRIPTIONS + "/:id", WRITE, 0, this::delete);
        api.secured(
                HttpMethod.POST, SUBSCRIPTIONS + "/:id/pause", WRITE, BODY_BYTES_MAX, call -> setActive(call, false));
        api.secured(
                HttpMethod.POST, SUBSCRIPTIONS + "/:id/resume", WRITE, BODY_BYTES_MAX, call -> setActive(call, true));
        api.secured(HttpMethod.POST, SUBSCRIPTIONS + "/:id/rotate", WRITE, BODY_BYTES_MAX, this::rotate);
        api.secured(HttpMethod.POST, SUBSCRIPTIONS + "/:id/test", WRITE, BODY_BYTES_MAX, this::test);
    }

    private Reply webhooks(Call call) {
        return Reply.ok(
                Json.object().put("source", store.source(call.principal().tenant())));
    }

    private Reply changeWebhooks(Call call) throws Problem {
        FieldReader fields = new FieldReader(call.jsonObject());
        String source = fields.text("source", 1, SOURCE_CHARS_MAX);
        if (source == null) {
            throw fields.problem("source", "'source' is required: what webhooks say that they come from");
        }
        store.setSource(call.principal().tenant(), source);
        deliveries.subscriptionsChanged();
        ObjectNode answer = Json.object().put("source", source);
        call.audit("webhooks.change", "webhooks", null, answer);
        return Reply.ok(answer);
    }

    private Reply create(Call call) throws Problem {
        SubscriptionFields fields = new SubscriptionFields(call.jsonObject(), urlRules);
        Subscription made = store.create(call.principal().tenant(), fields.create());
        deliveries.subscriptionsChanged();
        ObjectNode answer = SubscriptionJson.of(made, null);
        call.audit("subscription.create", subject(made), null, answer);
        if (fields.lacksSecret()) {
            answer.put("secret", made.settings().signing().secret());
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
        Map<Long, FilterFailure> failures =
                store.filterFailures(page.stream().map(Subscription::id).toList());
        page.forEach(subscription -> data.add(SubscriptionJson.of(subscription, failures.get(subscription.id()))));
        answer.put("next", page.size() == limit ? Long.toString(page.getLast().id()) : null);
        return Reply.ok(answer);
    }

    private Reply show(Call call) throws Problem {
        return Reply.ok(json(find(call)));
    }

    private Reply change(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        SubscriptionFields fields = new SubscriptionFields(body, urlRules);
        Boolean active = new FieldReader(body).bool("active");
        Subscription changed = change(call, fields::change);
        if (active != null && active != changed.active()) {
            changed = onOff.turned(call.actor(), id(call), active);
        }
        deliveries.subscriptionsChanged();
        return Reply.ok(json(changed));
    }

    /** What becomes of a subscription's settings. */
    private interface Change {
        SubscriptionSettings of(SubscriptionSettings before) throws Problem;
    }

    private Subscription change(Call call, Change change) throws Problem {
        for (int i = 0; i < CHANGES_AT_ONCE_MAX; i++) {
            Subscription before = find(call);
            SubscriptionSettings after = change.of(before.settings());
            if (after.equals(before.settings())) {
                return before;
            }
            Optional<Subscription> changed = store.change(before, after);
            if (changed.isPresent()) {
                call.audit("subscription.change", subject(before), shown(before), shown(changed.get()));
                return changed.get();
            }
        }
        throw Problem.of(409, "The subscription is being changed by others at the same time; try again");
    }

    private Reply setActive(Call call, boolean active) throws Problem {
        return Reply.ok(json(onOff.turned(call.actor(), id(call), active)));
    }

    private Reply rotate(Call call) throws Problem {
        ObjectNode body = optionalBody(call);
        String given = new SubscriptionFields(body, urlRules).secret();
        String next = given == null ? OutboundSignature.newSecret() : given;
        Integer hours = new FieldReader(body).number("overlap_hours", 0, OVERLAP_HOURS_MAX);
        int overlap = hours == null ? OVERLAP_HOURS_DEFAULT : hours;
        Instant until = overlap == 0 ? null : time.now().plus(Duration.ofHours(overlap));
        Subscription changed =
                change(call, before -> before.with(before.signing().rotated(next, until)));
        deliveries.subscriptionsChanged();
        return Reply.ok(json(changed).put("secret", next));
    }

    private Reply test(Call call) throws Problem {
        String type = new FieldReader(optionalBody(call)).text("event_type", 1, Limits.NAME_CHARS_MAX);
        return Reply.ok(testCalls.run(find(call), type));
    }

    private static ObjectNode optionalBody(Call call) throws Problem {
        return call.body().length() == 0 ? Json.object() : call.jsonObject();
    }

    private Reply delete(Call call) throws Problem {
        Subscription before = find(call);
        if (!store.delete(call.principal().tenant(), id(call))) {
            throw noSuch();
        }
        call.audit("subscription.delete", subject(before), shown(before), null);
        deliveries.subscriptionsChanged();
        return Reply.ok(Json.object().put("success", true));
    }

    private Subscription find(Call call) throws Problem {
        return store.find(call.principal().tenant(), id(call)).orElseThrow(SubscriptionRoutes::noSuch);
    }

    private ObjectNode json(Subscription subscription) {
        return SubscriptionJson.of(
                subscription, store.filterFailures(List.of(subscription.id())).get(subscription.id()));
    }

    private static ObjectNode shown(Subscription subscription) {
        return SubscriptionJson.of(subscription, null);
    }

    static String subject(Subscription subscription) {
        return "subscription/" + subscription.id();
    }

    static Problem noSuch() {
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
}
