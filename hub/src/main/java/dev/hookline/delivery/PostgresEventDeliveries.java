package dev.hookline.delivery;

import dev.hookline.kernel.Json;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * What has become of events by their deliveries, for views that know one state for each event (decision 11): {@code dead} if
 * any of its deliveries is, else {@code failed} if one waits for its next attempt, else {@code pending}, else {@code sent}; so
 * is one that nobody wanted. Calls block.
 */
public final class PostgresEventDeliveries {
    private static final int SECONDS_MAX = 10;
    private static final int POSITIONS_MAX = 10_000;

    /** The states, the weakest first: of several deliveries the strongest counts. */
    public enum State {
        SENT,
        PENDING,
        FAILED,
        DEAD;

        /** As clients see it: lower case. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static State of(String delivery) {
            return switch (delivery) {
                case "dead" -> DEAD;
                case "retrying" -> FAILED;
                case "pending" -> PENDING;
                default -> SENT;
            };
        }
    }

    /**
     * The delivery that says an event's state.
     *
     * @param retries attempts after the first
     * @param settledAt when it came to that state; null while it is pending
     */
    public record Told(
            State state,
            long subscription,
            int retries,
            int retriesMax,
            @Nullable Instant nextRetryAt,
            @Nullable Integer code,
            @Nullable String error,
            @Nullable Instant settledAt,
            Duration took) {}

    /**
     * Sums over many events.
     *
     * @param byState events that have deliveries, by state
     * @param deliveredMillis the mean time from fan-out to delivery; 0 where nothing was delivered
     */
    public record Totals(Map<State, Long> byState, double deliveredMillis) {}

    /**
     * The deliveries of one event.
     *
     * @param open those that are not through
     * @param settled how many are
     */
    public record Undelivered(List<DeliveryKey> open, int settled) {}

    private static final String OF_EVENTS = """
            SELECT d.position, d.subscription, d.status, d.attempts, d.last_code, d.last_error, d.created_at, d.updated_at,
                   CASE WHEN s.active THEN nullif(q.due_at, 'infinity') END AS due_at, s.settings
            FROM unnest(:positions::bigint[]) AS p (position)
            CROSS JOIN subscription s
            JOIN delivery d ON d.subscription = s.id AND d.position = p.position
            LEFT JOIN delivery_due q ON q.subscription = d.subscription AND q.position = d.position
            WHERE s.tenant = :tenant
            ORDER BY d.position, d.subscription
            """;

    /** Of the states the first by the alphabet is the strongest. */
    private static final String STATES = """
            SELECT d.position,
                   min(CASE d.status WHEN 'dead' THEN 'dead' WHEN 'retrying' THEN 'failed' WHEN 'pending' THEN 'pending'
                       ELSE 'sent' END) AS state,
                   sum(extract(epoch FROM d.updated_at - d.created_at)) FILTER (WHERE d.status = 'delivered') AS seconds,
                   count(*) FILTER (WHERE d.status = 'delivered') AS delivered
            FROM subscription s
            JOIN delivery d ON d.subscription = s.id
            WHERE s.tenant = :tenant AND d.position > :after AND d.position <= :upTo
            GROUP BY d.position
            """;

    private static final String TOTALS = """
            SELECT o.state, count(*) AS events, coalesce(sum(o.seconds), 0)::float8 AS seconds, sum(o.delivered)::bigint AS delivered
            FROM (%s) o
            WHERE :models::text[] IS NULL OR EXISTS (
              SELECT 1 FROM event e WHERE e.position = o.position AND e.model = ANY (:models))
            GROUP BY o.state
            """.formatted(STATES.strip());

    private static final String IN_STATE = """
            SELECT o.position FROM (%s) o WHERE o.state = :state ORDER BY o.position DESC LIMIT :limit
            """.formatted(STATES.strip());

    private static final String DEAD_POSITIONS = """
            SELECT DISTINCT l.position FROM subscription s JOIN dead_letter l ON l.subscription = s.id
            WHERE s.tenant = :tenant AND l.position > :after
            ORDER BY l.position DESC LIMIT :limit
            """;

    private static final String DEAD = """
            SELECT e.model, count(*) AS events, min(e.received_at) AS oldest, max(e.received_at) AS newest
            FROM event e
            WHERE e.position IN (
              SELECT l.position FROM subscription s JOIN dead_letter l ON l.subscription = s.id
              WHERE s.tenant = :tenant AND l.position > :after
            )
            GROUP BY e.model
            ORDER BY events DESC, e.model
            """;

    private static final String OF_EVENT = """
            SELECT d.subscription, d.position, d.status
            FROM subscription s JOIN delivery d ON d.subscription = s.id AND d.position = :position
            WHERE s.tenant = :tenant AND NOT s.deleted
            """;

    /** Dead letters of one model. */
    public record DeadModel(String model, long events, Instant oldest, Instant newest) {}

    private final Jdbi jdbi;

    public PostgresEventDeliveries(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The delivery that counts, for each of these events that has one. */
    public Map<Long, Told> of(String tenant, Collection<Long> positions) {
        if (positions.isEmpty()) {
            return Map.of();
        }
        Map<Long, Told> told = new HashMap<>();
        jdbi.useHandle(db -> db.createQuery(OF_EVENTS)
                .bind("tenant", tenant)
                .bindArray("positions", Long.class, positions)
                .map((row, _) -> {
                    State state = State.of(row.getString("status"));
                    Instant created =
                            row.getObject("created_at", OffsetDateTime.class).toInstant();
                    Instant updated =
                            row.getObject("updated_at", OffsetDateTime.class).toInstant();
                    OffsetDateTime due = row.getObject("due_at", OffsetDateTime.class);
                    Told one = new Told(
                            state,
                            row.getLong("subscription"),
                            Math.max(0, row.getInt("attempts") - 1),
                            StoredSettings.delivery(Json.read(row.getString("settings")))
                                    .retry()
                                    .delays()
                                    .size(),
                            due == null ? null : due.toInstant(),
                            row.getObject("last_code", Integer.class),
                            row.getString("last_error"),
                            state == State.PENDING ? null : updated,
                            Duration.between(created, updated));
                    return Map.entry(row.getLong("position"), one);
                })
                .forEach(entry -> told.merge(
                        entry.getKey(),
                        entry.getValue(),
                        (before, now) -> now.state().compareTo(before.state()) >= 0 ? now : before)));
        return told;
    }

    /**
     * Counts between two positions; empty where that takes longer than ten seconds.
     *
     * @param models empty for all of them
     */
    public Optional<Totals> totals(String tenant, Collection<String> models, long after, long upTo) {
        return unlessTooLong(db -> {
            Map<State, Long> byState = new HashMap<>();
            double[] seconds = {0, 0};
            db.createQuery(TOTALS)
                    .setQueryTimeout(SECONDS_MAX)
                    .bind("tenant", tenant)
                    .bind("after", after)
                    .bind("upTo", upTo)
                    .bind("models", models.isEmpty() ? null : models.toArray(String[]::new))
                    .map((row, _) -> {
                        byState.put(
                                State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)), row.getLong("events"));
                        seconds[0] += row.getDouble("seconds");
                        seconds[1] += row.getLong("delivered");
                        return 0;
                    })
                    .list();
            return new Totals(byState, seconds[1] == 0 ? 0 : seconds[0] * 1_000 / seconds[1]);
        });
    }

    /** The newest ten thousand events in a state, the newest first; empty where that takes longer than ten seconds. */
    public Optional<List<Long>> in(String tenant, State state, long after) {
        return unlessTooLong(db -> (state == State.DEAD
                        ? db.createQuery(DEAD_POSITIONS)
                        : db.createQuery(IN_STATE).bind("upTo", Long.MAX_VALUE).bind("state", state.text()))
                .setQueryTimeout(SECONDS_MAX)
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", POSITIONS_MAX)
                .mapTo(Long.class)
                .list());
    }

    /** The dead letters above a position by model, the most first; empty where that takes longer than ten seconds. */
    public Optional<List<DeadModel>> dead(String tenant, long after) {
        return unlessTooLong(db -> db.createQuery(DEAD)
                .setQueryTimeout(SECONDS_MAX)
                .bind("tenant", tenant)
                .bind("after", after)
                .map((row, _) -> new DeadModel(
                        row.getString("model"),
                        row.getLong("events"),
                        row.getObject("oldest", OffsetDateTime.class).toInstant(),
                        row.getObject("newest", OffsetDateTime.class).toInstant()))
                .list());
    }

    /** Which deliveries of an event are not through: those that wait, are under way, or are dead. */
    public Undelivered undelivered(String tenant, long position) {
        List<DeliveryKey> open = new ArrayList<>();
        int[] settled = {0};
        jdbi.useHandle(db -> db.createQuery(OF_EVENT)
                .bind("tenant", tenant)
                .bind("position", position)
                .map((row, _) -> {
                    if (State.of(row.getString("status")) == State.SENT) {
                        settled[0]++;
                    } else {
                        open.add(new DeliveryKey(row.getLong("subscription"), row.getLong("position")));
                    }
                    return 0;
                })
                .list());
        return new Undelivered(open, settled[0]);
    }

    private interface Query<T> {
        T on(Handle db);
    }

    private <T> Optional<T> unlessTooLong(Query<T> query) {
        try {
            return Optional.of(jdbi.withHandle(query::on));
        } catch (UnableToExecuteStatementException e) {
            if (e.getCause() instanceof SQLException sql && "57014".equals(sql.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
