package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MatcherTest {
    private final List<Subscription> all = new ArrayList<>();

    private long subscribe(String tenant, @Nullable String filter, long from, String... events) {
        SubscriptionSettings plain =
                SubscriptionSettings.of(URI.create("https://example.org/"), List.of(events), Signing.with("a secret"));
        SubscriptionSettings settings = new SubscriptionSettings(
                "",
                "",
                plain.url(),
                plain.events(),
                filter,
                plain.payloadForm(),
                plain.delivery(),
                plain.signing(),
                Map.of(),
                OutboundAuth.none(),
                null);
        long id = all.size() + 1L;
        all.add(new Subscription(
                id,
                tenant,
                Envelope.SOURCE,
                settings,
                true,
                null,
                from,
                List.of(),
                1,
                Events.OCCURRED,
                Events.OCCURRED));
        return id;
    }

    private static Event event(String tenant, String type, long position) {
        return new Event(
                position,
                Events.OCCURRED,
                new EventData(
                        tenant,
                        "test",
                        "invoice",
                        null,
                        "key",
                        Operation.CREATE,
                        type,
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        Events.OCCURRED,
                        null,
                        "{\"amount\":" + position + "}",
                        null));
    }

    private static List<Long> matched(Matcher matcher, Event event) {
        List<Long> ids = new ArrayList<>();
        matcher.match(event, subscription -> ids.add(subscription.id()));
        return ids;
    }

    private List<Long> matched(String tenant, String type, long position) {
        return matched(new Matcher(all, null), event(tenant, type, position));
    }

    @Test
    void findsNamesAndPatternsOfTheTenantEachOnce() {
        long exact = subscribe("default", null, 0, "invoice.created");
        long several = subscribe("default", null, 0, "invoice.created", "invoice.sent");
        long star = subscribe("default", null, 0, "invoice.*");
        long both = subscribe("default", null, 0, "invoice.created", "invoice.*", "*");
        subscribe("other", null, 0, "invoice.created", "*");

        assertThat(matched("default", "invoice.created", 1)).containsExactlyInAnyOrder(exact, several, star, both);
        assertThat(matched("default", "invoice.sent", 1)).containsExactlyInAnyOrder(several, star, both);
        assertThat(matched("default", "Invoice.created", 1)).containsExactly(both);
    }

    @Test
    void givesNothingFromBeforeTheSubscription() {
        long named = subscribe("default", null, 5, "invoice.created");
        long star = subscribe("default", null, 5, "*");

        assertThat(matched("default", "invoice.created", 5)).isEmpty();
        assertThat(matched("default", "invoice.created", 6)).containsExactly(named, star);
    }

    /** Else what was published before a change, and not fanned out yet, would go to nobody. */
    @Test
    void belowAChangeWhatCountedBeforeIsGiven() {
        subscribe("default", null, 10, "order.*");
        Subscription now = all.removeFirst();
        Subscription changed = new Subscription(
                now.id(),
                now.tenant(),
                now.source(),
                now.settings(),
                true,
                null,
                10,
                List.of(
                        new Subscription.Formerly(2, 5, List.of("*"), "data.amount > 3"),
                        new Subscription.Formerly(5, 10, List.of("invoice.created"), null)),
                3,
                Events.OCCURRED,
                Events.OCCURRED);
        all.add(changed);

        assertThat(matched("default", "invoice.created", 2)).isEmpty();
        assertThat(matched("default", "order.made", 3)).isEmpty();
        assertThat(matched("default", "order.made", 4)).hasSize(1);
        assertThat(matched("default", "order.made", 6)).isEmpty();
        assertThat(matched("default", "invoice.created", 10)).hasSize(1);
        assertThat(matched("default", "invoice.created", 11)).isEmpty();
        assertThat(matched("default", "order.made", 11)).hasSize(1);
    }

    @Test
    void asksTheFilter() {
        long named = subscribe("default", "data.amount > 10", 0, "invoice.created");
        subscribe("default", "data.amount > 20", 0, "*");

        assertThat(matched("default", "invoice.created", 15)).containsExactly(named);
    }

    @Test
    void countsWhatAFilterFailedAtAndKeepsTheCountWhenSubscriptionsChange() {
        long broken = subscribe("default", "data.missing == 1", 0, "*");
        long outdated = subscribe("default", "no condition", 0, "*");
        Matcher matcher = new Matcher(all, null);
        assertThat(matched(matcher, event("default", "invoice.created", 1))).isEmpty();

        Matcher next = new Matcher(all, matcher);
        assertThat(matched(next, event("default", "invoice.created", 2))).isEmpty();

        Map<Long, FilterFailure> failures = next.takeFailures();
        assertThat(failures).containsOnlyKeys(broken, outdated);
        assertThat(failures.get(broken).count()).isEqualTo(2);
        assertThat(failures.get(broken).reason()).contains("missing");
        assertThat(next.takeFailures()).isEmpty();
    }
}
