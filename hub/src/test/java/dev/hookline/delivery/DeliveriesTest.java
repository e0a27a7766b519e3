package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.delivery.DeliveryStore.NewDelivery;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.MemoryEventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One node with a store that loses answers, and that takes it for dead. */
class DeliveriesTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long FIRST_NODE = 1;

    private final Vertx vertx = Vertx.vertx();
    private final MemoryEventLog log = new MemoryEventLog(Time.system(), List.of());
    private final Tail tail = new Tail(log, 1 << 20);
    private final MemoryDeliveryStore store = new MemoryDeliveryStore(Time.system(), log::head);
    private final FaultyDeliveryStore faulty = new FaultyDeliveryStore(store);
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final Deliveries deliveries = new Deliveries(
            vertx,
            log,
            tail,
            faulty,
            new AddressRules("127.0.0.1"),
            Time.system(),
            new SimpleMeterRegistry(),
            "default",
            false);
    private volatile boolean hanging;
    private volatile boolean closed;
    private int port;

    @BeforeEach
    void receive() throws Exception {
        HttpServer server = vertx.createHttpServer().requestHandler(request -> {
            received.add(String.valueOf(request.getHeader("webhook-id")));
            if (!hanging) {
                request.response().end();
            }
        });
        port = server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .actualPort();
    }

    @AfterEach
    void close() throws Exception {
        if (!closed) {
            deliveries.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private long subscribe(String path) {
        URI url = URI.create("http://127.0.0.1:" + port + path);
        return store.add("default", url, "booking.modified", "a secret of some length")
                .id();
    }

    private void publish(int count) {
        List<AppendRequest> batch = new ArrayList<>(Events.requests("default", count));
        log.append(batch);
        tail.catchUp();
    }

    private List<String> statuses() {
        return store.rows().stream().map(MemoryDeliveryStore.Row::status).toList();
    }

    private void awaitAllDelivered(int count) {
        await().atMost(SOON)
                .until(() -> statuses().stream().filter("delivered"::equals).count() == count);
    }

    /** Deliveries that another node left due. */
    private void leaveBehind(long subscription, int count) {
        publish(count);
        long before = store.join(SOON, false);
        store.fanOut(
                before,
                store.own(before).orElseThrow(),
                count,
                store.subscriptionsVersion(),
                LongStream.rangeClosed(1, count)
                        .mapToObj(position -> new NewDelivery(new DeliveryKey(subscription, position), false))
                        .toList());
        store.leave(before);
    }

    @Test
    void eachEventArrivesOnce() {
        subscribe("/a");
        deliveries.start();

        publish(50);

        awaitAllDelivered(50);
        assertThat(received).hasSize(50).doesNotHaveDuplicates();
    }

    @Test
    void oneWhoseSecretDoesNotOpenFailsAloneAndSaysWhy() {
        URI url = URI.create("http://127.0.0.1:" + port + "/closed");
        long closedOne = store.add("default", url, "booking.modified", null).id();
        subscribe("/a");
        deliveries.start();

        publish(1);

        await().atMost(SOON).until(() -> statuses().containsAll(List.of("delivered", "dead")));
        assertThat(received).hasSize(1);
        assertThat(store.rows())
                .filteredOn(row -> row.key().subscription() == closedOne)
                .singleElement()
                .satisfies(row -> assertThat(row.lastError()).contains("another master key"));
    }

    @Test
    void whatAClaimTookWhoseAnswerWasLostArrivesOnce() {
        leaveBehind(subscribe("/a"), 5);
        faulty.claimsLost.set(1);

        deliveries.start();

        awaitAllDelivered(5);
        assertThat(received).hasSize(5).doesNotHaveDuplicates();
        assertThat(faulty.claimsLost).hasValue(0);
    }

    @Test
    void outcomesWhoseAnswerWasLostAreNotSentAgain() {
        subscribe("/a");
        faulty.outcomesLost.set(1);
        deliveries.start();

        publish(5);
        await().atMost(SOON).until(() -> faulty.outcomesLost.get() == 0);
        publish(5);

        awaitAllDelivered(10);
        assertThat(received).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void anOutcomeThatTheStoreCannotHoldHoldsUpNoOther() {
        subscribe("/a");
        faulty.refused = 3;
        deliveries.start();

        publish(5);
        awaitAllDelivered(4);
        publish(5);
        awaitAllDelivered(9);
        faulty.refused = 0;

        awaitAllDelivered(10);
        assertThat(received).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void aNodeThatWasTakenForDeadStartsAnewAndNothingIsLost() {
        subscribe("/a");
        hanging = true;
        deliveries.start();
        publish(5);
        await().atMost(SOON).until(() -> received.size() == 5);

        store.leave(FIRST_NODE);
        hanging = false;

        awaitAllDelivered(5);
        publish(5);
        awaitAllDelivered(10);
        assertThat(received).hasSize(15);
    }

    @Test
    void aNodeThatClosesLeavesTheRestToOthers() {
        long subscription = subscribe("/a");
        hanging = true;
        deliveries.start();
        publish(100);
        await().atMost(SOON).until(() -> !received.isEmpty());

        deliveries.close();
        closed = true;

        long next = store.join(SOON, false);
        assertThat(store.claim(next, Map.of(subscription, 1_000)).taken()).hasSize(100);
    }

    @Test
    void aNodeThatCannotWriteItsOutcomesCloses() {
        subscribe("/a");
        faulty.outcomesFail = true;
        deliveries.start();
        publish(5);
        await().atMost(SOON).until(() -> received.size() == 5);

        long start = System.nanoTime();
        deliveries.close();
        closed = true;

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("outcomes");
    }
}
