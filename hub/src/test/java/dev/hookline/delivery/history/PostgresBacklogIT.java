package dev.hookline.delivery.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.delivery.DeliveryDatabase;
import dev.hookline.kernel.Time;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How far behind delivery is, in seconds, and what is counted. */
class PostgresBacklogIT {
    private static final Offset<Double> SECONDS = Offset.offset(5.0);

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresBacklog backlog = new PostgresBacklog(database.database.jdbi(), Time.system());
    private final long subscription = database.subscribe("default", "booking.created");

    @AfterEach
    void close() {
        database.close();
    }

    private void execute(String sql, Object... arguments) {
        database.database.jdbi().useHandle(db -> db.execute(sql, arguments));
    }

    /** Waits since so many seconds, by what its row says. */
    private void due(long position, int attempts, int seconds) {
        execute(
                "INSERT INTO delivery (subscription, position, status, attempts) VALUES (?, ?, 'pending', ?)",
                subscription,
                position,
                attempts);
        execute(
                "INSERT INTO delivery_due (subscription, position, attempts, due_at)"
                        + " VALUES (?, ?, ?, clock_timestamp() - make_interval(secs => ?))",
                subscription,
                position,
                attempts,
                seconds);
    }

    private double overdue() {
        return backlog.overdueSeconds(10).getOrDefault("default", -1.0);
    }

    /** The priorities have head starts of 30 and 60 s. */
    @Test
    void aHeadStartIsNoLag() {
        database.insertEvents(2);
        due(1, 0, 30);
        due(2, 0, 60);

        assertThat(overdue()).isBetween(0.0, 5.0);
    }

    @Test
    void whatWasNeverTriedIsLateSinceItsEventWasReceived() {
        database.insertEvents(2);
        execute("UPDATE event SET received_at = clock_timestamp() - interval '40 s'");
        due(1, 0, 100);

        assertThat(overdue()).isCloseTo(40, SECONDS);
    }

    @Test
    void aRetryIsLateSinceItIsDue() {
        database.insertEvents(2);
        execute("UPDATE event SET received_at = clock_timestamp() - interval '1 h'");
        due(1, 1, 20);
        due(2, 1, -600);

        assertThat(overdue()).isCloseTo(20, SECONDS);
    }

    @Test
    void aPauseIsNoLag() {
        database.insertEvents(1);
        due(1, 0, 100);

        database.pause(subscription);

        assertThat(overdue()).isEqualTo(-1);
    }

    @Test
    void theDeadLettersOfDeletedSubscriptionsDoNotCount() {
        database.insertEvents(3);
        long deleted = database.subscribe("default", "booking.created");
        execute("INSERT INTO dead_letter (subscription, position) VALUES (?, 1), (?, 2)", subscription, deleted);
        execute("UPDATE subscription SET deleted = true WHERE id = ?", deleted);

        ObjectNode letters = backlog.deadLetters("default");

        assertThat(letters.path("total").asInt()).isEqualTo(1);
        assertThat(letters.path("by_subscription")).hasSize(1);
        assertThat(letters.at("/by_subscription/0/subscription_id").asLong()).isEqualTo(subscription);
        assertThat(letters.at("/by_event/0/event").asText()).isEqualTo("order.created");
    }
}
