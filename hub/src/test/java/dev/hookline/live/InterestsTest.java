package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InterestsTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");
    private static final Interests NONE = Interests.none(null, Set.of());

    private static Event event(String model, String key, Priority priority, String category) {
        Long id = key.matches("\\d+") ? Long.valueOf(key) : null;
        EventData data = new EventData(
                "t",
                "s",
                model,
                id,
                key,
                Operation.WRITE,
                model + ".write",
                priority,
                category,
                NOON,
                null,
                "{\"a\":1}",
                null);
        return new Event(5, NOON, data);
    }

    @Test
    void aRecordMayBeFollowedUnderTenSystemsAtMost() {
        Interests interests = NONE;
        for (int i = 0; i < Interests.SYSTEMS_MAX; i++) {
            interests = interests
                    .with(new Interests.RecordGroup("s" + i, "m"), Set.of("1"))
                    .with(new Interests.RecordGroup("s" + i, "n"), Set.of("1"));
        }

        assertThat(interests.isTooMuch()).isFalse();
        assertThat(interests
                        .with(new Interests.RecordGroup("s10", "m"), Set.of("1"))
                        .isTooMuch())
                .isTrue();
    }

    private static List<String> types(Interests interests, Event event) {
        return interests.pushes(event, 0).stream()
                .map(push -> push.json(event, 0).path("type").asText())
                .toList();
    }

    @Test
    void aModelsChannelHearsEveryPriorityAndTheOthersOnlyTheHighOnes() {
        Interests all = NONE.with("model:sale.order").with("critical_events").with("urgent_updates");

        assertThat(types(all, event("sale.order", "1", Priority.LOW, "business")))
                .containsExactly("webhook_event");
        assertThat(types(all, event("sale.order", "1", Priority.HIGH, "business")))
                .containsExactly("webhook_event", "critical_event", "urgent_update");
        assertThat(types(all, event("res.partner", "1", Priority.HIGH, "business")))
                .containsExactly("critical_event", "urgent_update");
        assertThat(types(all, event("res.partner", "1", Priority.LOW, "business")))
                .isEmpty();
    }

    @Test
    void syncEventsGoToAppsThatHaveTheModel() {
        Interests sales = NONE.as("sales_app", Set.of("sale.order")).with("sync_events");
        Interests unknown = NONE.as("my_app", Set.of()).with("sync_events");
        Event order = event("sale.order", "1", Priority.LOW, "business");
        Event move = event("stock.move", "1", Priority.LOW, "business");

        assertThat(types(sales, order)).containsExactly("sync_event");
        assertThat(types(sales, move)).isEmpty();
        assertThat(types(unknown, move)).containsExactly("sync_event");
        assertThat(sales.models()).containsExactly("sale.order");
        assertThat(unknown.models()).isEmpty();
    }

    @Test
    void recordsAreMatchedByNumberAndByKeyUnderTheNameThatTheClientGaveTheSystem() {
        var group = new Interests.RecordGroup("main", "booking");
        Interests two = NONE.with(group, Set.of("BK-1", "7"));

        assertThat(types(two, event("booking", "BK-1", Priority.LOW, "business")))
                .containsExactly("model_update");
        assertThat(types(two, event("booking", "7", Priority.LOW, "business"))).containsExactly("model_update");
        assertThat(types(two, event("booking", "BK-2", Priority.LOW, "business")))
                .isEmpty();
        assertThat(types(two, event("vehicle", "7", Priority.LOW, "business"))).isEmpty();
        assertThat(two.without(group, Set.of("7", "BK-1", "x")).isEmpty()).isTrue();
    }

    @Test
    void whatIsAboutNoBusinessIsANotification() {
        Interests both =
                NONE.with("system_status").with("operations").with("audit").with("cache");
        Event failure = event("subscription", "1", Priority.LOW, "system");

        assertThat(types(both, failure)).containsExactly("notification");
        assertThat(both.pushes(failure, 0)
                        .getFirst()
                        .json(failure, 0)
                        .path("channel")
                        .asText())
                .isEqualTo("system_status");
        assertThat(types(both, event("x", "1", Priority.LOW, "notification"))).containsExactly("notification");
        assertThat(types(both, event("x", "1", Priority.LOW, "business"))).isEmpty();
    }

    @Test
    void onlyWhatItCanBeAboutIsReadOfTheLog() {
        assertThat(NONE.with("model:a").with("live_tracking").models())
                .containsExactlyInAnyOrder("a", "shuttle.vehicle.position", "shuttle.gps.position", "shuttle.trip");
        assertThat(NONE.with("model:a").with("critical_events").models()).isEmpty();
        assertThat(NONE.with("model:a").with("whatever").models()).containsExactly("a");
    }

    @Test
    void thereAreBounds() {
        Interests many = NONE;
        for (int i = 0; i < Interests.CHANNELS_MAX; i++) {
            many = many.with("model:m" + i);
        }
        assertThat(many.isTooMuch()).isFalse();
        assertThat(many.with("one.more").isTooMuch()).isTrue();
    }
}
