package dev.hookline.delivery.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.DeliveryDatabase;
import dev.hookline.delivery.PostgresUndelivered;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.LogReaders.Need;
import dev.hookline.eventlog.PostgresEventLog;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What retention gives up is told of before its partition goes. */
class OperationalEventsIT {
    private static final int EVENTS = 450;

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresEventLog log = new PostgresEventLog(
            database.database.pool(),
            database.database.direct(),
            new PostgresPartitions(database.database.pool()),
            List.of(),
            Duration.ofDays(7));
    private final Committer committer =
            new Committer(log, new Tail(log, 1 << 20), Time.system(), Committer.Settings.DEFAULT);
    private final OperationalEvents told =
            new OperationalEvents(new PostgresNotices(database.database.jdbi()), log, committer, Time.system());
    private final Thread commits = Thread.ofVirtual().start(committer);

    @AfterEach
    void close() throws InterruptedException {
        committer.close();
        commits.join();
        log.close();
        database.close();
    }

    @Test
    void whatRetentionGivesUpIsToldAndShownDead() {
        long id = database.subscribe("default", "booking.created");
        database.insertEvents(EVENTS);
        database.database.jdbi().useHandle(db -> {
            db.execute("UPDATE log_head SET position = ?", EVENTS);
            db.execute(
                    "INSERT INTO delivery (subscription, position, status) SELECT ?, n, 'pending' FROM generate_series(1, ?) AS n",
                    id,
                    EVENTS);
        });
        assertThat(told.needs(EVENTS)).isEmpty();

        new PostgresUndelivered(database.database.jdbi()).giveUp(EVENTS);

        assertThat(told.needs(0)).isEmpty();
        assertThat(told.needs(EVENTS)).containsExactly(new Need("notice of dead delivery " + id + "-1", 1));
        told.giveUp(EVENTS);

        assertThat(told.needs(EVENTS)).isEmpty();
        List<Event> events = log.read(EVENTS, EVENTS + 1);
        assertThat(events)
                .hasSize(EVENTS)
                .allMatch(event -> event.data().eventType().equals(OperationalEvents.DEAD));
        assertThat(events)
                .extracting(event ->
                        Json.read(event.data().payload()).path("event_id").asInt())
                .doesNotHaveDuplicates()
                .allMatch(position -> position >= 1 && position <= EVENTS);
        assertThat(Json.read(events.getFirst().data().payload()).path("error").asText())
                .contains("no longer kept");
    }
}
