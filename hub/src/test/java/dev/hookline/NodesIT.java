package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hubs over one database, under load, frozen and killed. */
class NodesIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final int POSTS = 1_500;

    @TempDir
    Path data;

    private final Time time = Time.system();
    private final Accounts accounts = new Accounts();
    private DatabaseAddress database;
    private HubProcess one;
    private HubProcess two;

    @BeforeEach
    void start() {
        database = TestDatabase.freshAddress();
        Map<String, String> environment = TwoHubsIT.on(database);
        one = HubProcess.start(data.resolve("one"), environment);
        two = HubProcess.start(data.resolve("two"), environment);
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    private static EventStream stream(HubProcess hub, String token, long since) {
        return EventStream.open(hub.uri("/api/events?since=" + since), "Authorization", "Bearer " + token);
    }

    private static List<Long> ids(EventStream stream) {
        return stream.messages().stream().map(EventStream.Message::id).toList();
    }

    @Test
    void bothShowOneOrderWithoutGapsWhileBothAppend() {
        String token = one.token();
        try (EventStream here = stream(one, token, 0);
                EventStream there = stream(two, token, 0)) {
            CompletableFuture.allOf(accounts.burst(one, "ONE-", POSTS), accounts.burst(two, "TWO-", POSTS))
                    .join();

            assertThat(accounts.refused()).isEmpty();
            assertThat(accounts.cut()).isEmpty();
            assertThat(accounts.assertNothingLost(database)).isEqualTo(2 * POSTS);
            await().atMost(SOON)
                    .until(() -> here.messages().size() >= 2 * POSTS
                            && there.messages().size() >= 2 * POSTS);
            assertThat(ids(here))
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, 2 * POSTS).boxed().toList());
            assertThat(there.messages()).isEqualTo(here.messages());
        }
    }

    @Test
    void aStreamResumesOnTheOtherWhereItJustWas() {
        Subscriber publisher = new Subscriber(one);
        String token = two.token();
        for (int round = 0; round < 30; round++) {
            long position = publisher.publish("invoice.created", "inv-" + round);

            try (EventStream resumed = stream(two, token, position)) {
                assertThat(resumed.lines().getFirst()).isEqualTo(": Resuming after position " + position);
            }
        }
    }

    @Test
    void whatADeadNodeHeldPassesOnWhenItsLeaseEnds() {
        try (Receiver receiver = new Receiver((exchange, _) -> {
            time.sleep(Duration.ofMillis(100));
            exchange.sendResponseHeaders(200, -1);
        })) {
            Subscriber tenant = new Subscriber(one);
            tenant.subscribe(receiver.url("/"), "invoice.created");
            ObjectNode all = Json.object();
            for (int i = 0; i < 300; i++) {
                all.withArray("events").add(Subscriber.event("invoice.created", "inv-" + i));
            }
            tenant.post(Subscriber.EVENTS, all);
            one.kill();
            long killed = time.nanos();
            Set<String> before = arrived(receiver);

            // What one had sent is answered within a moment; whatever is new after that is sent by two.
            await().atMost(SOON)
                    .until(() -> receiver.received().stream()
                            .anyMatch(got -> got.atNanos() - killed
                                    > Duration.ofSeconds(2).toNanos()));
            Duration took = Duration.ofNanos(time.nanos() - killed);
            await().atMost(SOON).until(() -> arrived(receiver).size() == 300);

            assertThat(before).hasSizeLessThan(300);
            assertThat(took).isLessThan(LEASE.plusSeconds(10));
            System.out.printf("passed on after %d ms%n", took.toMillis());
        }
    }

    private static Set<String> arrived(Receiver receiver) {
        return receiver.received().stream().map(NodesIT::event).collect(Collectors.toSet());
    }

    private static String event(Receiver.Received got) {
        return got.json().path("resource_id").asText();
    }

    @Test
    void aNodeThatWasFrozenBeyondItsLeaseNeitherOverwritesNorFansOutAgain() throws InterruptedException {
        CountDownLatch frozen = new CountDownLatch(1);
        try (Receiver receiver = new Receiver((exchange, _) -> {
            boolean before = frozen.getCount() > 0;
            frozen.await();
            exchange.sendResponseHeaders(before ? 500 : 200, -1);
        })) {
            Subscriber here = new Subscriber(one);
            Subscriber there = new Subscriber(two);
            here.subscribe(receiver.url("/"), "invoice.created");
            for (int i = 0; i < 50; i++) {
                here.publish("invoice.created", "early-" + i);
            }
            await().atMost(SOON).until(() -> !receiver.received().isEmpty() && rows(database, "true") == 50);
            Set<String> inFlight;
            try (Frozen _ = Frozen.freeze(one.process())) {
                inFlight = arrived(receiver);
                frozen.countDown();
                for (int i = 0; i < 20; i++) {
                    there.publish("invoice.created", "late-" + i);
                }
                await().atMost(SOON).until(() -> rows(database, "status = 'delivered'") == 70);
            }

            await().atMost(SOON).until(() -> one.output().contains("lease ended"));
            here.publish("invoice.created", "after");
            await().atMost(SOON).until(() -> rows(database, "status = 'delivered'") == 71);
            time.sleep(Duration.ofSeconds(6));

            assertThat(rows(database, "true")).isEqualTo(71);
            assertThat(rows(database, "status = 'delivered' AND last_code = 200"))
                    .isEqualTo(71);
            Map<String, Long> times =
                    receiver.received().stream().collect(Collectors.groupingBy(NodesIT::event, Collectors.counting()));
            System.out.printf(
                    "in flight %d, sent %d times%n",
                    inFlight.size(), receiver.received().size());
            times.forEach((event, count) ->
                    assertThat(count).as(event).isLessThanOrEqualTo(inFlight.contains(event) ? 2 : 1));
        }
    }

    private static int rows(DatabaseAddress address, String condition) {
        try (Database database = new Database(address, 1)) {
            return database.jdbi()
                    .withHandle(db -> db.createQuery("SELECT count(*) FROM delivery WHERE " + condition)
                            .mapTo(Integer.class)
                            .one());
        }
    }
}
