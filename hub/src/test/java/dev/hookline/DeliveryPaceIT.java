package dev.hookline;

import static dev.hookline.Subscriber.EVENTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How fast and in what order the running process sends, as its receivers see it. */
class DeliveryPaceIT extends DeliverySetting {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** For so long nothing more may come, where nothing may. */
    private static final Duration STILL = Duration.ofMillis(500);

    private static final int FAILURES_TO_OPEN = 10;
    private static final Duration OPEN = Duration.ofSeconds(5);

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            tenant.publish(event, "inv-" + i);
        }
    }

    private void publish(String id, String priority) {
        ObjectNode body = Subscriber.event(event, id).put("priority", priority);
        assertThat(tenant.post(EVENTS, body).statusCode()).isEqualTo(202);
    }

    private static Duration between(Receiver receiver, int earlier, int later) {
        List<Receiver.Received> received = receiver.received();
        return Duration.ofNanos(
                received.get(later).atNanos() - received.get(earlier).atNanos());
    }

    private static void awaitCount(Receiver receiver, int count) {
        await().atMost(SOON).until(() -> receiver.received().size() == count);
    }

    private static void staysAt(Receiver receiver, int count) {
        await().during(STILL)
                .atMost(STILL.multipliedBy(4))
                .until(() -> receiver.received().size() == count);
    }

    /** Neither the retry, which its policy has after a second, nor another event comes before the time that was asked for. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReceiverThatAsksForTimeIsGivenIt(boolean byDate) {
        AtomicInteger calls = new AtomicInteger();
        AtomicReference<Duration> asked = new AtomicReference<>();
        try (Receiver receiver = new Receiver((exchange, _) -> {
            if (calls.incrementAndGet() > 1) {
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            Instant now = Instant.now();
            Instant until = Instant.ofEpochSecond(now.getEpochSecond() + 4);
            asked.set(byDate ? Duration.between(now, until) : Duration.ofSeconds(3));
            String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(until.atZone(ZoneOffset.UTC));
            exchange.getResponseHeaders().add("Retry-After", byDate ? date : "3");
            exchange.sendResponseHeaders(429, -1);
        })) {
            ObjectNode body = subscription(receiver.url("/"), event);
            body.putArray("retry_policy").add(1);
            long id = subscribe(body);
            tenant.publish(event, "inv-1");
            await().atMost(SOON).until(() -> tenant.status(id).equals("retrying"));
            tenant.publish(event, "inv-2");

            awaitCount(receiver, 3);

            assertThat(between(receiver, 0, 1))
                    .isBetween(asked.get(), asked.get().plusSeconds(3));
            await().atMost(SOON)
                    .until(() -> tenant.deliveries(id).stream()
                            .allMatch(row -> row.path("status").asText().equals("delivered")));
        }
    }

    @Test
    void afterManyFailuresNothingIsSentUntilAProbeIsTaken() {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch probed = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            boolean fails = calls.incrementAndGet() <= FAILURES_TO_OPEN;
            if (!fails) {
                probed.await();
            }
            exchange.sendResponseHeaders(fails ? 500 : 200, -1);
        })) {
            long id = subscribe(subscription(receiver.url("/"), event).put("concurrency", 4));
            publish(30);

            awaitCount(receiver, FAILURES_TO_OPEN + 1);

            assertThat(between(receiver, FAILURES_TO_OPEN - 1, FAILURES_TO_OPEN))
                    .isBetween(OPEN, OPEN.plusSeconds(3));
            staysAt(receiver, FAILURES_TO_OPEN + 1);
            probed.countDown();
            awaitCount(receiver, 30);
            assertThat(between(receiver, FAILURES_TO_OPEN, 29)).isLessThan(OPEN);
            await().atMost(SOON).until(() -> count(id, "delivered") == 30 - FAILURES_TO_OPEN);
            assertThat(count(id, "dead")).isEqualTo(FAILURES_TO_OPEN);
        } finally {
            probed.countDown();
        }
    }

    private static long count(long subscription, String status) {
        return tenant.deliveries(subscription).stream()
                .filter(row -> row.path("status").asText().equals(status))
                .count();
    }

    @Test
    void anUrgentOnePassesManyThatWait() {
        CountDownLatch first = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            first.await();
            exchange.sendResponseHeaders(200, -1);
        })) {
            long id = subscribe(subscription(receiver.url("/"), event).put("concurrency", 1));
            for (int i = 0; i < 20; i++) {
                publish("low-" + i, "low");
            }
            await().atMost(SOON).until(() -> tenant.deliveries(id).size() == 20);
            publish("urgent", "high");
            await().atMost(SOON).until(() -> tenant.deliveries(id).size() == 21);
            awaitCount(receiver, 1);
            first.countDown();

            awaitCount(receiver, 21);

            assertThat(receiver.received())
                    .extracting(one -> one.json().path("resource_id").asText())
                    .startsWith("low-0", "urgent", "low-1");
        } finally {
            first.countDown();
        }
    }

    @Test
    void noMoreAreUnderWayAtOnceThanTheSubscriberSays() {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch answer = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            answer.await();
            underWay.decrementAndGet();
            exchange.sendResponseHeaders(200, -1);
        })) {
            long id = subscribe(subscription(receiver.url("/"), event).put("concurrency", 3));
            publish(12);
            await().atMost(SOON).until(() -> tenant.deliveries(id).size() == 12);
            awaitCount(receiver, 3);
            staysAt(receiver, 3);

            answer.countDown();

            awaitCount(receiver, 12);
            assertThat(most).hasValue(3);
        } finally {
            answer.countDown();
        }
    }

    /** Arrivals are as far apart as the attempts were begun, but for what the way takes. */
    @Test
    void noMoreBeginInASecondThanTheSubscriberSays() {
        Duration way = Duration.ofMillis(300);
        try (Receiver receiver = Receiver.answering(200)) {
            subscribe(subscription(receiver.url("/"), event).put("throttle_per_second", 10));
            publish(25);

            awaitCount(receiver, 25);

            for (int i = 10; i < 25; i++) {
                assertThat(between(receiver, i - 10, i))
                        .isGreaterThan(Duration.ofSeconds(1).minus(way));
            }
        }
    }
}
