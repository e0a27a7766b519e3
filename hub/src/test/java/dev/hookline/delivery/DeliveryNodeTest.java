package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.MemoryEventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One node's steps, in orders that the simulation found, under a clock that stands still. */
class DeliveryNodeTest {
    private static final SendResult OK = new SendResult.Answered(200);
    private static final SendResult BROKEN = new SendResult.Answered(500);

    private final HandClock clock = new HandClock();
    private final MemoryEventLog log = new MemoryEventLog(clock, List.of());
    private final Tail tail = new Tail(log, 1 << 20);
    private final MemoryDeliveryStore store = new MemoryDeliveryStore(clock, log::head);
    private final FaultyDeliveryStore faulty = new FaultyDeliveryStore(store);
    private final Network network = new Network();
    private final ArrayDeque<DeliveryNode.Settling> outcomes = new ArrayDeque<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final DeliveryNode node = new DeliveryNode(
            log,
            tail,
            faulty,
            network,
            new Dispatcher(new Dispatcher.Settings(20, 10, 1, Pace.Breaker.DEFAULT), () -> 0.5),
            outcomes,
            clock,
            new DeliveryMetrics(registry, "default"),
            false);
    private long subscription;

    private static final class HandClock implements Time {
        private long nanos;

        @Override
        public Instant now() {
            return Events.OCCURRED.plusNanos(nanos);
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            throw new IllegalStateException("A step must not sleep");
        }

        void pass(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    private static final class Network implements DeliveryNode.Network {
        private final List<Long> sent = new ArrayList<>();
        private final ArrayDeque<Consumer<Attempt>> open = new ArrayDeque<>();

        @Override
        public void send(Subscription subscription, Event event, Consumer<Attempt> done) {
            sent.add(event.position());
            open.add(done);
        }

        @Override
        public void retain(Set<Long> subscriptions) {}

        void answer(SendResult result) {
            open.remove().accept(Attempts.of(result));
        }
    }

    @BeforeEach
    void join() {
        subscription = store.add("default", URI.create("https://example.org/hook"), "booking.modified", "a secret")
                .id();
        node.join();
        node.upkeep(true);
    }

    private void publish(int count) {
        log.append(List.copyOf(Events.requests("default", count)));
        tail.catchUp();
        while (node.fanOut() == FanOut.Step.WORKED) {}
    }

    private void settleAll() {
        List<DeliveryNode.Settling> batch = List.copyOf(outcomes);
        outcomes.clear();
        assertThat(node.settle(batch)).isEmpty();
    }

    private void keepUp() {
        clock.pass(Duration.ofMillis(1_100));
        node.upkeep(false);
    }

    private List<String> statuses() {
        return store.rows().stream().map(MemoryDeliveryStore.Row::status).toList();
    }

    @Test
    void whatIsDeadForItsEventIsGoneHasFailed() {
        node.giveUp(node.id(), new DeliveryStore.Claimed(new DeliveryKey(subscription, 7), 2));

        assertThat(registry.get("webhook.deliveries")
                        .tags("event", "other", "tenant_id", "default", "status", "failed")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aNodeWhoseLeaseMayHaveEndedStartsNoAttemptBeforeItIsRenewed() {
        publish(2);
        clock.pass(DeliveryNode.LEASE);

        network.answer(OK);
        assertThat(network.sent).containsExactly(1L);

        node.upkeep(false);
        assertThat(network.sent).containsExactly(1L, 2L);
    }

    @Test
    void aNodeThatWasBuriedWhileItStoodStillSendsNothingThatOthersHave() {
        publish(2);
        clock.pass(DeliveryNode.LEASE.plusMillis(1));
        long other = store.join(DeliveryNode.LEASE, false);
        assertThat(store.buryDead()).isEqualTo(1);
        assertThat(store.claim(other, Map.of(subscription, 10)).taken()).hasSize(2);

        network.answer(OK);
        node.upkeep(false);
        while (node.fanOut() == FanOut.Step.WORKED) {}

        assertThat(network.sent).containsExactly(1L);
        assertThat(node.heldCount()).isZero();
    }

    @Test
    void whatIsClaimedInTheInstantBeforeItsReleaseIsForgottenIsSent() {
        publish(2);
        store.pause(subscription);
        node.upkeep(true);
        faulty.afterSettle = () -> {
            store.resume(subscription);
            node.upkeep(true);
        };

        settleAll();
        network.answer(OK);
        settleAll();
        keepUp();

        assertThat(network.sent).containsExactly(1L, 2L);
        network.answer(OK);
        settleAll();
        assertThat(statuses()).containsOnly("delivered");
    }

    @Test
    void aRetryThatIsClaimedBeforeTheAnswerThatItIsWrittenIsSent() {
        publish(1);
        network.answer(BROKEN);
        faulty.afterSettle = this::keepUp;

        settleAll();
        keepUp();

        assertThat(network.sent).containsExactly(1L, 1L);
        network.answer(OK);
        settleAll();
        assertThat(statuses()).containsOnly("delivered");
        assertThat(node.heldCount()).isZero();
    }

    @Test
    void aRetryWhoseClaimGotNoAnswerBeforeItsSettlingDidIsSent() {
        publish(1);
        network.answer(BROKEN);
        faulty.claimsLost.set(1);
        faulty.afterSettle = () -> {
            clock.pass(Duration.ofMillis(1_100));
            try {
                node.upkeep(false);
            } catch (DeliveryStore.StoreException e) {
                node.upkeep(false);
            }
        };

        settleAll();
        keepUp();

        assertThat(faulty.claimsLost).hasValue(0);
        assertThat(network.sent).containsExactly(1L, 1L);
    }
}
