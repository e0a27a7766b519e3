package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Events;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DispatcherTest {
    private static final SendResult OK = new SendResult.Answered(200);
    private static final SendResult BROKEN = new SendResult.Answered(500);
    private static final long ONE = 1;
    private static final long TWO = 2;

    private final Dispatcher dispatcher = new Dispatcher(
            new Dispatcher.Settings(20, 10, 3, new Pace.Breaker(6, Duration.ofSeconds(5), Duration.ofSeconds(20))),
            () -> 0.5);
    private final Map<DeliveryKey, Dispatcher.Send> underWay = new HashMap<>();

    @BeforeEach
    void twoSubscriptions() {
        assertThat(dispatcher.subscriptions(List.of(subscription(ONE, true), subscription(TWO, true))))
                .isEmpty();
    }

    private static Subscription subscription(long id, boolean active) {
        return new Subscription(
                id,
                "default",
                URI.create("https://example.org/hook"),
                "booking.created",
                "secret",
                active,
                0,
                Events.OCCURRED,
                Events.OCCURRED);
    }

    private static Held held(long subscription, long position, int attempts, boolean fresh) {
        Event event = new Event(position, Events.OCCURRED, Events.event("default", "key", "{}"));
        return new Held(new DeliveryKey(subscription, position), event, attempts, fresh);
    }

    private static List<Held> fresh(long subscription, long first, long last) {
        return LongStream.rangeClosed(first, last)
                .mapToObj(position -> held(subscription, position, 0, true))
                .toList();
    }

    private List<Dispatcher.Send> next() {
        return next(0);
    }

    private List<Dispatcher.Send> next(long nowNanos) {
        List<Dispatcher.Send> sends = dispatcher.next(nowNanos);
        sends.forEach(send -> underWay.put(send.held().key(), send));
        return sends;
    }

    private List<Outcome> take(List<Held> items) {
        return dispatcher.take(items, 0);
    }

    private static List<String> keys(List<Dispatcher.Send> sends) {
        return sends.stream().map(send -> send.held().key().text()).toList();
    }

    private Outcome sent(long subscription, long position, SendResult result) {
        return sent(subscription, position, result, 0);
    }

    private Outcome sent(long subscription, long position, SendResult result, long nowNanos) {
        Dispatcher.Send send = underWay.get(new DeliveryKey(subscription, position));
        return dispatcher.sent(send, Attempts.of(result).exchange(), nowNanos).orElseThrow();
    }

    @Test
    void noMoreOfASubscriptionAreSentAtOnceThanItsCap() {
        take(fresh(ONE, 1, 5));

        assertThat(keys(next())).containsExactly("1-1", "1-2", "1-3");
        assertThat(next()).isEmpty();
        assertThat(dispatcher.inFlight()).isEqualTo(3);

        sent(ONE, 2, OK);
        assertThat(keys(dispatcher.next(ONE, 0))).containsExactly("1-4");
    }

    @Test
    void subscriptionsTakeTurns() {
        take(fresh(ONE, 1, 3));
        take(fresh(TWO, 4, 6));

        assertThat(keys(next())).containsExactly("1-1", "2-4", "1-2", "2-5", "1-3", "2-6");
    }

    @Test
    void aSubscriptionThatFailsIsSentOneAtATimeAndThenMoreAndMore() {
        take(fresh(ONE, 1, 9));
        next();

        sent(ONE, 1, BROKEN);
        assertThat(next()).isEmpty();
        sent(ONE, 2, BROKEN);
        sent(ONE, 3, BROKEN);
        assertThat(keys(next())).containsExactly("1-4");
        assertThat(next()).isEmpty();

        sent(ONE, 4, OK);
        assertThat(keys(next())).containsExactly("1-5", "1-6");
        sent(ONE, 5, OK);
        assertThat(keys(next())).containsExactly("1-7", "1-8");
    }

    @Test
    void whatIsSettledLeavesTheMemory() {
        take(fresh(ONE, 1, 3));
        next();
        List<Outcome> outcomes = List.of(sent(ONE, 1, OK), sent(ONE, 2, BROKEN), sent(ONE, 3, OK));
        assertThat(dispatcher.heldCount()).isEqualTo(3);
        assertThat(dispatcher.inFlight()).isZero();

        dispatcher.settled(outcomes, 0);
        dispatcher.settled(outcomes, 0);

        assertThat(dispatcher.heldCount()).isZero();
        assertThat(dispatcher.known().held()).isEmpty();
        assertThat(dispatcher.roomForFresh(TWO, 0)).isEqualTo(10);
    }

    @Test
    void retriesComeAfterOneTwoAndFourSecondsAndThenNoMore() {
        List<Duration> delays = new ArrayList<>();
        for (int attempts = 0; attempts < 3; attempts++) {
            take(List.of(held(ONE, 1, attempts, false)));
            next();
            Outcome outcome = sent(ONE, 1, BROKEN);
            assertThat(outcome).isInstanceOf(Outcome.Retry.class);
            assertThat(outcome.attempts()).isEqualTo(attempts + 1);
            delays.add(((Outcome.Retry) outcome).delay());
            dispatcher.settled(List.of(outcome), 0);
        }
        take(List.of(held(ONE, 1, 3, false)));
        next();

        assertThat(delays).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
        assertThat(sent(ONE, 1, new SendResult.Failed("timeout", "No answer")))
                .isEqualTo(new Outcome.Dead(new DeliveryKey(ONE, 1), 4, null, "No answer"));
    }

    @Test
    void onlyTwoHundredsAreDelivered() {
        for (int code : List.of(199, 301, 404, 410, 500)) {
            assertThat(new SendResult.Answered(code).delivered()).isFalse();
        }
        assertThat(new SendResult.Answered(204).delivered()).isTrue();
    }

    @Test
    void aRetryIsClaimedWhenItIsDue() {
        take(fresh(ONE, 1, 1));
        next();
        dispatcher.settled(List.of(sent(ONE, 1, BROKEN)), 0);
        long second = Duration.ofSeconds(1).toNanos();

        assertThat(dispatcher.roomForDue(second - 1, false)).isEmpty();
        assertThat(dispatcher.roomForDue(second, false)).containsOnlyKeys(ONE);
        assertThat(dispatcher.roomForDue(second, false)).isEmpty();
    }

    @Test
    void whileSomeAreDueInTheStoreNewOnesGoThereToo() {
        dispatcher.behind(ONE);
        assertThat(dispatcher.roomForFresh(ONE, 0)).isZero();
        assertThat(dispatcher.roomForFresh(TWO, 0)).isEqualTo(10);

        Map<Long, Integer> full = dispatcher.roomForDue(0, false);
        dispatcher.claimed(full, Map.of(ONE, 10));
        assertThat(full).isEqualTo(Map.of(ONE, 10));
        assertThat(dispatcher.roomForFresh(ONE, 0)).isZero();

        dispatcher.claimed(dispatcher.roomForDue(0, false), Map.of(ONE, 4));
        assertThat(dispatcher.roomForFresh(ONE, 0)).isEqualTo(10);
        assertThat(dispatcher.roomForDue(0, false)).isEmpty();
    }

    @Test
    void whatIsLeftDueDuringAClaimIsNotForgotten() {
        dispatcher.behind(ONE);
        Map<Long, Integer> asked = dispatcher.roomForDue(0, false);

        dispatcher.behind(ONE);
        dispatcher.claimed(asked, Map.of());

        assertThat(dispatcher.roomForFresh(ONE, 0)).isZero();
        assertThat(dispatcher.roomForDue(0, false)).containsOnlyKeys(ONE);
    }

    @Test
    void aLineIsNotFilledOneByOne() {
        take(fresh(ONE, 1, 6));
        dispatcher.behind(ONE);

        assertThat(dispatcher.roomForDue(0, false)).isEmpty();
        assertThat(dispatcher.roomForDue(0, true)).containsEntry(ONE, 4);
    }

    @Test
    void thoseThatHangLeaveRoomForTheOthers() {
        List<Subscription> all = new ArrayList<>();
        for (long id = 1; id <= 10; id++) {
            all.add(subscription(id, true));
        }
        dispatcher.subscriptions(all);
        take(fresh(3, 1, 10));
        take(fresh(4, 1, 10));

        assertThat(dispatcher.roomForFresh(5, 0)).isEqualTo(3);
        dispatcher.behind(5);
        assertThat(dispatcher.roomForDue(0, false)).containsEntry(5L, 3);
    }

    @Test
    void oneThatFailsTakesNoMoreThanItMaySend() {
        take(fresh(ONE, 1, 3));
        next();
        dispatcher.settled(List.of(sent(ONE, 1, BROKEN), sent(ONE, 2, BROKEN), sent(ONE, 3, BROKEN)), 0);

        assertThat(dispatcher.roomForFresh(ONE, 0)).isEqualTo(3);
    }

    @Test
    void aPauseGivesBackWhatIsNotUnderWay() {
        take(fresh(ONE, 1, 5));
        next();

        List<Outcome> back = dispatcher.subscriptions(List.of(subscription(ONE, false), subscription(TWO, true)));

        assertThat(back)
                .containsExactly(
                        new Outcome.Released(new DeliveryKey(ONE, 4), 0),
                        new Outcome.Released(new DeliveryKey(ONE, 5), 0));
        assertThat(dispatcher.roomForFresh(ONE, 0)).isZero();
        assertThat(dispatcher.roomForDue(0, true)).doesNotContainKey(ONE);
        assertThat(take(fresh(ONE, 6, 6))).containsExactly(new Outcome.Released(new DeliveryKey(ONE, 6), 0));
        assertThat(sent(ONE, 1, OK)).isInstanceOf(Outcome.Delivered.class);
    }

    @Test
    void ofADeletedSubscriptionNothingIsClaimedOrSentWhileItsLastAttemptsEnd() {
        take(fresh(ONE, 1, 4));
        next();

        List<Outcome> back = dispatcher.subscriptions(List.of(subscription(TWO, true)));

        assertThat(back).containsExactly(new Outcome.Cancelled(new DeliveryKey(ONE, 4), 0));
        assertThat(dispatcher.roomForDue(0, true)).doesNotContainKey(ONE);
        assertThat(take(fresh(ONE, 5, 5))).containsExactly(new Outcome.Cancelled(new DeliveryKey(ONE, 5), 0));
        assertThat(next()).isEmpty();
        dispatcher.settled(back, 0);
        dispatcher.settled(
                List.of(
                        sent(ONE, 1, OK),
                        sent(ONE, 2, OK),
                        sent(ONE, 3, OK),
                        new Outcome.Cancelled(new DeliveryKey(ONE, 5), 0)),
                0);
        assertThat(dispatcher.heldCount()).isZero();
    }

    @Test
    void whatIsHeldAlreadyIsNotTakenTwice() {
        take(fresh(ONE, 1, 1));
        next();
        take(List.of(held(ONE, 1, 1, false)));
        assertThat(next()).isEmpty();

        dispatcher.settled(List.of(sent(ONE, 1, OK)), 0);

        assertThat(dispatcher.heldCount()).isZero();
        assertThat(dispatcher.inFlight()).isZero();
        assertThat(dispatcher.roomForFresh(ONE, 0)).isEqualTo(10);
    }

    @Test
    void whatIsForgottenIsNotWaitedFor() {
        take(fresh(ONE, 1, 5));
        next();

        dispatcher.forget();

        assertThat(dispatcher.heldCount()).isZero();
        assertThat(dispatcher.inFlight()).isZero();
        assertThat(dispatcher.sent(
                        underWay.get(new DeliveryKey(ONE, 1)), Attempts.of(OK).exchange(), 0))
                .isEmpty();
        assertThat(dispatcher.inFlight()).isZero();
        assertThat(dispatcher.roomForFresh(ONE, 0)).isEqualTo(10);
    }

    @Test
    void theLowWaterIsTheLowestThatFanOutHandedOver() {
        assertThat(dispatcher.lowWater(99)).isEqualTo(99);
        take(fresh(ONE, 50, 52));
        take(List.of(held(TWO, 7, 1, false)));

        assertThat(dispatcher.lowWater(99)).isEqualTo(50);
    }
}
