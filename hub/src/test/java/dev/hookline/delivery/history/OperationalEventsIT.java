package dev.hookline.delivery.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.catalogue.OperationalTypes;
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

        new PostgresUndelivered(database.database.jdbi(), (_, _, _) -> {}).giveUp(EVENTS);

        assertThat(told.needs(0)).isEmpty();
        assertThat(told.needs(EVENTS)).containsExactly(new Need("notice of dead delivery " + id + "-1", 1));
        told.giveUp(EVENTS);

        assertThat(told.needs(EVENTS)).isEmpty();
        List<Event> events = log.read(EVENTS, EVENTS + 1);
        assertThat(events)
                .hasSize(EVENTS)
                .allMatch(event -> event.data().eventType().equals(OperationalTypes.DEAD));
        assertThat(events)
                .extracting(event ->
                        Json.read(event.data().payload()).path("event_id").asInt())
                .doesNotHaveDuplicates()
                .allMatch(position -> position >= 1 && position <= EVENTS);
        assertThat(Json.read(events.getFirst().data().payload()).path("error").asText())
                .contains("no longer kept");
    }

    private void execute(String sql, Object... arguments) {
        database.database.jdbi().useHandle(db -> db.execute(sql, arguments));
    }

    private List<Event> toldOf(long after) {
        return log.read(after, 100);
    }

    /** It was paused by the hub, changed by its owner, told of, and resumed before that was noted. */
    @Test
    void aDisablingIsToldOnceWithItsReasonWhateverBecomesOfTheSubscription() {
        long id = database.subscribe("default", "booking.created");
        database.disable(id, "The receiver answered 410");
        database.rename(id, "Another name");
        PostgresNotices notices = new PostgresNotices(database.database.jdbi());
        PostgresNotices.Disabled read = notices.disabled(10).getFirst();
        database.resume(id);

        told.step();
        told.step();
        notices.told(read);
        told.step();

        List<Event> events = toldOf(0);
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().data().eventType()).isEqualTo(OperationalTypes.DISABLED);
        assertThat(Json.read(events.getFirst().data().payload()).path("reason").asText())
                .isEqualTo("The receiver answered 410");
        assertThat(read.reason()).isEqualTo("The receiver answered 410");
        assertThat(notices.disabled(10)).isEmpty();
    }

    @Test
    void aSecondDisablingIsToldTooThoughTheFirstIsNotedAsToldInBetween() {
        long id = database.subscribe("default", "booking.created");
        database.disable(id, "The receiver answered 410");
        PostgresNotices notices = new PostgresNotices(database.database.jdbi());
        PostgresNotices.Disabled first = notices.disabled(10).getFirst();
        told.step();
        database.resume(id);
        database.disable(id, "The receiver answered 410 again");

        notices.told(first);
        told.step();

        assertThat(toldOf(0))
                .extracting(event ->
                        Json.read(event.data().payload()).path("reason").asText())
                .containsExactly("The receiver answered 410", "The receiver answered 410 again");
    }

    /** Of each type, one event of a tenant's own source and one of the hub's. */
    @Test
    void onlyTheHubsOwnEventsAreSilent() {
        long id = database.subscribe("default", "webhook.*");
        database.insertEvents(4);
        execute("UPDATE log_head SET position = 4");
        execute("UPDATE event SET event_type = 'webhook.x' WHERE position <= 2");
        execute("UPDATE event SET event_type = 'webhook.delivery.dead' WHERE position > 2");
        execute("UPDATE event SET source = 'hookline' WHERE position % 2 = 0");
        execute(
                "INSERT INTO delivery (subscription, position, status) SELECT ?, n, 'dead' FROM generate_series(1, 4) AS n",
                id);
        execute("INSERT INTO dead_letter (subscription, position) SELECT ?, n FROM generate_series(1, 4) AS n", id);

        told.step();

        assertThat(toldOf(4))
                .extracting(event ->
                        Json.read(event.data().payload()).path("event_id").asInt())
                .containsExactly(1, 2, 3);
        assertThat(told.needs(4)).isEmpty();
    }
}
