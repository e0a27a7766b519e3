package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.delivery.FaultyDeliveryStore.Fault;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.MemoryEventLog;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FanOutTest {
    private static final Duration LEASE = Duration.ofMinutes(5);
    private static final String CREATED = "booking.created";
    private static final String CANCELLED = "booking.cancelled";

    private final MemoryEventLog log = new MemoryEventLog(Time.system(), List.of());
    private final Tail tail = new Tail(log, 1 << 20);
    private final MemoryDeliveryStore store = new MemoryDeliveryStore(Time.system(), log::head);
    private final FaultyDeliveryStore faulty = new FaultyDeliveryStore(store);
    private final Hands hands = new Hands();
    private final Clock time = new Clock();
    private final FanOut fanOut = new FanOut(tail, faulty, hands, time);
    private final long node = store.join(LEASE, false);

    /** Goes on by a step's wait whenever it is read. */
    private static final class Clock implements Time {
        private long nanos;

        @Override
        public Instant now() {
            return Events.OCCURRED;
        }

        @Override
        public long nanos() {
            nanos += FanOut.CONFIRM_EVERY.toNanos() / 3;
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    /** Writes down what it is given, and has room for what the test says. */
    private static final class Hands implements FanOut.Hands {
        final List<DeliveryKey> taken = new ArrayList<>();
        final List<Long> behind = new ArrayList<>();
        final Map<Long, Integer> room = new HashMap<>();

        @Override
        public int room(long subscription) {
            return room.getOrDefault(subscription, 1_000);
        }

        @Override
        public void behind(long subscription) {
            behind.add(subscription);
        }

        @Override
        public void take(long holder, List<Held> fresh) {
            fresh.forEach(held -> taken.add(held.key()));
        }

        @Override
        public void owns(long holder) {}

        @Override
        public void subscriptions(DeliveryStore.Subscriptions loaded) {}
    }

    private void publish(String tenant, String type) {
        log.append(List.of(AppendRequest.of(new EventData(
                tenant,
                "test",
                "booking",
                null,
                "key",
                Operation.CREATE,
                type,
                Priority.MEDIUM,
                EventData.BUSINESS,
                Events.OCCURRED,
                null,
                "{}",
                null))));
        tail.catchUp();
    }

    private void publish(String type, int count) {
        for (int i = 0; i < count; i++) {
            publish("default", type);
        }
    }

    private long subscribe(String type) {
        return store.add("default", URI.create("https://example.org/hook"), type, "secret")
                .id();
    }

    private static DeliveryKey key(long subscription, long position) {
        return new DeliveryKey(subscription, position);
    }

    private List<DeliveryKey> stored() {
        return store.rows().stream().map(MemoryDeliveryStore.Row::key).toList();
    }

    private FanOut.Step stepUntilIdle(FanOut one, long as) {
        FanOut.Step step;
        do {
            step = one.step(as);
        } while (step == FanOut.Step.WORKED || step == FanOut.Step.UNCONFIRMED);
        return step;
    }

    private void stepUntilIdle() {
        assertThat(stepUntilIdle(fanOut, node)).isEqualTo(FanOut.Step.IDLE);
    }

    @Test
    void eachEventGoesOnceToEachSubscriptionToItsType() {
        long one = subscribe(CREATED);
        long two = subscribe(CREATED);
        long other = subscribe(CANCELLED);
        publish(CREATED, 2);
        publish(CANCELLED, 1);

        stepUntilIdle();
        stepUntilIdle();

        assertThat(hands.taken)
                .containsExactlyInAnyOrder(key(one, 1), key(two, 1), key(one, 2), key(two, 2), key(other, 3));
        assertThat(stored()).containsExactlyInAnyOrderElementsOf(hands.taken);
    }

    @Test
    void anEventOfAnotherTenantMatchesNothing() {
        subscribe(CREATED);
        publish("other", CREATED);

        stepUntilIdle();

        assertThat(stored()).isEmpty();
        assertThat(fanOut.position()).isEqualTo(1);
    }

    @Test
    void aSubscriptionGetsExactlyWhatIsPublishedAfterIt() {
        long before = subscribe(CREATED);
        stepUntilIdle();
        publish(CREATED, 1);
        long between = subscribe(CREATED);
        publish(CREATED, 1);

        stepUntilIdle();

        assertThat(hands.taken).containsExactlyInAnyOrder(key(before, 1), key(before, 2), key(between, 2));
    }

    @Test
    void aSubscriptionThatTheCacheDoesNotKnowMissesNoEvent() {
        subscribe(CANCELLED);
        publish(CREATED, 3);
        stepUntilIdle();
        long late = subscribe(CREATED);
        publish(CREATED, 1);

        stepUntilIdle();

        assertThat(hands.taken).containsExactly(key(late, 4));
    }

    @Test
    void aSubscriptionThatWasDeletedGetsNothingMore() {
        long id = subscribe(CREATED);
        publish(CREATED, 1);
        stepUntilIdle();
        store.delete(id);
        publish(CREATED, 1);

        stepUntilIdle();

        assertThat(stored()).containsExactly(key(id, 1));
    }

    @Test
    void eventsOfOthersMoveTheCursor() {
        publish(CREATED, 2_500);

        stepUntilIdle();

        assertThat(fanOut.position()).isEqualTo(2_500);
        assertThat(store.rows()).isEmpty();
    }

    @Test
    void whatAPausedSubscriptionGetsWaitsForTheResume() {
        long id = subscribe(CREATED);
        store.pause(id);
        publish(CREATED, 2);

        stepUntilIdle();

        assertThat(hands.taken).isEmpty();
        assertThat(hands.behind).isEmpty();
        assertThat(store.rows()).hasSize(2).allMatch(row -> row.dueAt() != null);
    }

    @Test
    void whatFindsNoRoomIsDueInTheStore() {
        long narrow = subscribe(CREATED);
        long wide = subscribe(CREATED);
        hands.room.put(narrow, 2);
        publish(CREATED, 5);

        stepUntilIdle();

        assertThat(hands.taken)
                .hasSize(7)
                .contains(key(narrow, 1), key(narrow, 2))
                .doesNotContain(key(narrow, 3));
        assertThat(hands.behind).containsExactly(narrow);
        assertThat(store.claim(node, Map.of(narrow, 10, wide, 10)).taken())
                .extracting(DeliveryStore.Claimed::key)
                .containsExactlyInAnyOrder(key(narrow, 3), key(narrow, 4), key(narrow, 5));
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_DONE", "ANSWER_LOST"})
    void whenAnAnswerIsLostNothingIsLostAndNothingDoubled(Fault fault) {
        long id = subscribe(CREATED);
        hands.room.put(id, 2);
        publish(CREATED, 3);
        faulty.next = fault;

        assertThatThrownBy(() -> fanOut.step(node)).isInstanceOf(DeliveryStore.StoreException.class);
        assertThat(hands.taken).isEmpty();
        stepUntilIdle();

        assertThat(hands.taken).containsExactly(key(id, 1), key(id, 2));
        assertThat(hands.behind).containsExactly(id);
        assertThat(stored()).containsExactly(key(id, 1), key(id, 2), key(id, 3));
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_DONE", "ANSWER_LOST"})
    void whenAnAnswerIsLostAndTheNodeIsBuriedTheNextOneTakesOver(Fault fault) {
        long id = subscribe(CREATED);
        publish(CREATED, 2);
        faulty.next = fault;
        assertThatThrownBy(() -> fanOut.step(node)).isInstanceOf(DeliveryStore.StoreException.class);

        store.leave(node);
        long anew = store.join(LEASE, false);
        stepUntilIdle(fanOut, anew);

        List<DeliveryKey> due = store.claim(anew, Map.of(id, 10)).taken().stream()
                .map(DeliveryStore.Claimed::key)
                .toList();
        assertThat(hands.taken).hasSize(fault == Fault.NOT_DONE ? 2 : 0);
        assertThat(due).hasSize(fault == Fault.NOT_DONE ? 0 : 2);
        assertThat(stored()).hasSize(2);
    }

    @Test
    void aSubscriptionMadeWhileTheFanOutIsWrittenIsMatchedAgain() {
        long first = subscribe(CREATED);
        publish(CREATED, 1);
        faulty.beforeFanOut = () -> store.pause(first);

        stepUntilIdle();

        assertThat(hands.taken).isEmpty();
        assertThat(store.rows()).singleElement().matches(row -> row.dueAt() != null);
    }

    @Test
    void oneThatLosesTheCursorMidwayTakesNothing() {
        long id = subscribe(CREATED);
        publish(CREATED, 2);
        long other = store.join(LEASE, false);
        Hands others = new Hands();
        FanOut second = new FanOut(tail, store, others, time);
        assertThat(second.step(other)).isEqualTo(FanOut.Step.WORKED);
        publish(CREATED, 1);
        assertThat(fanOut.step(node)).isEqualTo(FanOut.Step.NOT_OWNER);
        store.leave(other);
        faulty.beforeFanOut = () -> {
            store.leave(node);
            stepUntilIdle(second, store.join(LEASE, false));
        };

        FanOut.Step step = fanOut.step(node);

        assertThat(step).isEqualTo(FanOut.Step.NOT_OWNER);
        assertThat(hands.taken).isEmpty();
        assertThat(others.taken).containsExactly(key(id, 1), key(id, 2), key(id, 3));
        assertThat(fanOut.position()).isZero();
    }

    @Test
    void afterACrashNoEventIsFannedOutAgain() {
        long id = subscribe(CREATED);
        publish(CREATED, 2);
        publish(CANCELLED, 2);
        stepUntilIdle();
        store.leave(node);
        subscribe(CANCELLED);

        Hands after = new Hands();
        FanOut next = new FanOut(tail, store, after, time);
        stepUntilIdle(next, store.join(LEASE, false));

        assertThat(after.taken).isEmpty();
        assertThat(stored()).containsExactly(key(id, 1), key(id, 2));
    }

    @Test
    void aPageOfManySubscriptionsIsWrittenInPartsWithoutLossOrDouble() {
        int subscribers = 30;
        for (int i = 0; i < subscribers; i++) {
            subscribe(CREATED);
        }
        publish(CREATED, 400);

        stepUntilIdle();

        assertThat(stored()).hasSize(subscribers * 400);
        assertThat(hands.taken).hasSize(subscribers * 400).doesNotHaveDuplicates();
    }
}
