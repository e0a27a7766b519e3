package dev.hookline.delivery.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replays side by side, on the tables. */
class PostgresReplaysIT {
    private static final String TENANT = "default";
    private static final Duration LEASE = Duration.ofMinutes(5);
    private static final int EVENTS = 200;

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresReplays replays = new PostgresReplays(database.database.jdbi());

    @AfterEach
    void close() {
        database.close();
    }

    private long start(String owner, long subscription) {
        Replay.Order order = new Replay.Order(
                Replay.Source.EVENTS,
                List.of("dead"),
                new DeliveryFilter(subscription, null, null, null, null, 0, EVENTS),
                100);
        long id = replays.create(TENANT, order, new Replay.Count(EVENTS, false), 10)
                .orElseThrow()
                .id();
        assertThat(replays.take(owner, LEASE)).containsExactly(id);
        return id;
    }

    /** Each event in a step of its own; how many it queued. */
    private int stepAll(String owner, long id) {
        int queued = 0;
        for (long position = 1; position <= EVENTS; position++) {
            Replay replay = replays.mine(owner, id).orElseThrow();
            queued += replays.stepEvents(owner, replay, List.of(position), position, false, LEASE)
                    .orElseThrow()
                    .queued();
        }
        return queued;
    }

    @Test
    void twoOfOneSubscriptionOnTwoNodesDoNotHoldEachOtherUp() throws Exception {
        long subscription = database.subscribe(TENANT, "booking.created");
        database.insertEvents(EVENTS);
        long one = start("one", subscription);
        long other = start("other", subscription);

        List<Callable<Integer>> nodes = List.of(() -> stepAll("one", one), () -> stepAll("other", other));
        int queued = 0;
        try (var threads = Executors.newFixedThreadPool(nodes.size())) {
            for (Future<Integer> node : new ArrayList<>(threads.invokeAll(nodes))) {
                queued += node.get();
            }
        }

        assertThat(queued).isEqualTo(EVENTS);
    }
}
