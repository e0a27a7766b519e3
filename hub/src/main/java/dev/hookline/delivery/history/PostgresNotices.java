package dev.hookline.delivery.history;

import dev.hookline.delivery.DeliveryKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** What failed and has not been told yet. */
public final class PostgresNotices {
    private static final String DEAD_LETTERS = """
            SELECT l.subscription, l.position, l.died_at, s.tenant, s.name, d.attempts, d.last_code, d.last_error
            FROM dead_letter l
            JOIN subscription s ON s.id = l.subscription
            JOIN delivery d ON d.subscription = l.subscription AND d.position = l.position
            WHERE NOT l.announced
            ORDER BY l.position
            LIMIT :limit
            """;

    private static final String FIRST_UNTOLD = """
            SELECT subscription, position FROM dead_letter WHERE NOT announced AND position <= :upTo ORDER BY position LIMIT 1
            """;

    private static final String TOLD_DEAD_LETTER = """
            UPDATE dead_letter SET announced = true
            WHERE subscription = :subscription AND position = :position AND died_at = :diedAt
            """;

    private static final String DISABLED = """
            SELECT id, tenant, name, untold_reason, untold_revision FROM subscription
            WHERE untold_revision IS NOT NULL ORDER BY id LIMIT :limit
            """;

    private static final String TOLD_DISABLED = """
            UPDATE subscription SET untold_revision = NULL, untold_reason = NULL
            WHERE id = :id AND untold_revision = :revision
            """;

    /** A delivery that was given up. */
    record DeadLetter(
            DeliveryKey delivery,
            String tenant,
            String name,
            int attempts,
            @Nullable Integer code,
            @Nullable String error,
            Instant diedAt) {
        /** Another for each time that it dies. */
        String key() {
            return "dead:" + delivery.text() + ":" + diedAt;
        }
    }

    /**
     * A subscription that the hub paused itself; it may have been changed or resumed since.
     *
     * @param revision that it got by this
     */
    record Disabled(long subscription, String tenant, String name, String reason, int revision) {
        String key() {
            return "disabled:" + subscription + ":" + revision;
        }
    }

    private final Jdbi jdbi;

    public PostgresNotices(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    List<DeadLetter> deadLetters(int limit) {
        return jdbi.withHandle(db -> db.createQuery(DEAD_LETTERS)
                .bind("limit", limit)
                .map((row, _) -> new DeadLetter(
                        new DeliveryKey(row.getLong("subscription"), row.getLong("position")),
                        row.getString("tenant"),
                        row.getString("name"),
                        row.getInt("attempts"),
                        row.getObject("last_code", Integer.class),
                        row.getString("last_error"),
                        PostgresDeliveries.time(row, "died_at")))
                .list());
    }

    /** The first dead letter that is not told of, up to a position. */
    Optional<DeliveryKey> firstUntold(long upTo) {
        return jdbi.withHandle(db -> db.createQuery(FIRST_UNTOLD)
                .bind("upTo", upTo)
                .map((row, _) -> new DeliveryKey(row.getLong("subscription"), row.getLong("position")))
                .findOne());
    }

    void told(DeadLetter letter) {
        jdbi.useHandle(db -> db.createUpdate(TOLD_DEAD_LETTER)
                .bind("subscription", letter.delivery().subscription())
                .bind("position", letter.delivery().position())
                .bind("diedAt", letter.diedAt())
                .execute());
    }

    List<Disabled> disabled(int limit) {
        return jdbi.withHandle(db -> db.createQuery(DISABLED)
                .bind("limit", limit)
                .map((row, _) -> new Disabled(
                        row.getLong("id"),
                        row.getString("tenant"),
                        row.getString("name"),
                        row.getString("untold_reason"),
                        row.getInt("untold_revision")))
                .list());
    }

    void told(Disabled disabled) {
        jdbi.useHandle(db -> db.createUpdate(TOLD_DISABLED)
                .bind("id", disabled.subscription())
                .bind("revision", disabled.revision())
                .execute());
    }
}
