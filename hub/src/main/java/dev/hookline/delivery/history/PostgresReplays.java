package dev.hookline.delivery.history;

import dev.hookline.delivery.DeliveryKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code replay}. A step queues some and moves its replay on in one transaction, which holds the replay's row: so
 * each is queued once, whatever dies, and whoever else takes the replay for its own.
 */
public final class PostgresReplays {
    private static final int LOOKED_AT_MAX = 2_000;
    private static final int COUNTED_MAX = 100_000;
    private static final int FAILURES_MAX = 20;
    private static final int ERROR_CHARS_MAX = 500;

    private static final String COLUMNS = """
            SELECT id, tenant, source, subscription, statuses, event, resource_type, resource_id, after_position, up_to, rate,
                   state, expected, expected_is_least, at_subscription, at_position, queued, error, created_at, finished_at
            FROM replay
            """;

    private static final String INSERT = """
            INSERT INTO replay (tenant, source, subscription, statuses, event, resource_type, resource_id, after_position, up_to,
                                rate, expected, expected_is_least, at_subscription, at_position)
            SELECT :tenant, :source, :subscription, :statuses::text[], :event, :resourceType, :resourceId, :after, :upTo,
                   :rate, :expected, :least, coalesce(:subscription::bigint, 0), :after
            RETURNING id
            """;

    private static final String TAKE = """
            UPDATE replay SET owner = :owner, lease_until = clock_timestamp() + :leaseMillis * interval '1 millisecond'
            WHERE id IN (
              SELECT id FROM replay
              WHERE state = 'running' AND (owner = :owner OR lease_until < clock_timestamp())
              ORDER BY id
              FOR UPDATE SKIP LOCKED
            )
            RETURNING id
            """;

    private static final String LOCK = COLUMNS + """
            WHERE id = :id AND state = 'running' AND owner = :owner FOR UPDATE
            """;

    private static final String MOVE = """
            UPDATE replay
            SET at_subscription = :subscription, at_position = :position, queued = queued + :queued, failures = 0, error = NULL,
                lease_until = clock_timestamp() + :leaseMillis * interval '1 millisecond', updated_at = clock_timestamp(),
                state = CASE WHEN :done THEN 'done' ELSE 'running' END,
                finished_at = CASE WHEN :done THEN clock_timestamp() END
            WHERE id = :id
            """;

    private static final String FAIL = """
            UPDATE replay
            SET failures = failures + 1, error = :error, updated_at = clock_timestamp(),
                state = CASE WHEN :final OR failures + 1 >= :most THEN 'failed' ELSE 'running' END,
                finished_at = CASE WHEN :final OR failures + 1 >= :most THEN clock_timestamp() END
            WHERE id = :id AND owner = :owner AND state = 'running'
            """;

    private static final String CANCEL = """
            UPDATE replay SET state = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp()
            WHERE tenant = :tenant AND id = :id AND state = 'running'
            """;

    private static final String FORGET = """
            DELETE FROM replay WHERE id IN (
              SELECT id FROM replay
              WHERE state <> 'running' AND finished_at < now() - :keepSeconds * interval '1 second' ORDER BY id LIMIT 1000
            )
            """;

    private static final String NEXT_SUBSCRIPTION = """
            SELECT min(id) FROM subscription WHERE tenant = :tenant AND id > :after AND NOT deleted
            """;

    private static final String DELIVERIES = "delivery d";
    private static final String DEAD_LETTERS = "dead_letter l JOIN delivery d USING (subscription, position)";

    private static final String PASSES = """
            status = ANY (:statuses::text[])
            AND (NOT :byEvent OR EXISTS (
                  SELECT 1 FROM event e
                  WHERE e.position = looked.position
                    AND (:event::text IS NULL OR e.event_type = :event)
                    AND (:typePrefix::text IS NULL OR starts_with(e.event_type, :typePrefix))
                    AND (:recordKey::text IS NULL OR e.record_key = :recordKey)))
            """;

    private static final String PICK = """
            WITH looked AS (
              SELECT position, d.status FROM %s
              WHERE subscription = :subscription AND position > :after AND position <= :upTo
              ORDER BY position
              LIMIT :lookedAt
            ), picked AS (
              SELECT position FROM looked WHERE
            """ + PASSES + """
              ORDER BY position LIMIT :limit
            )
            SELECT (SELECT count(*) FROM looked) AS looked_at, (SELECT max(position) FROM looked) AS last,
                   ARRAY(SELECT position FROM picked ORDER BY position) AS picked
            """;

    private static final String COUNT = """
            WITH looked AS (
              SELECT position, d.status
              FROM %s JOIN subscription s ON s.id = d.subscription
              WHERE s.tenant = :tenant AND NOT s.deleted AND (:subscription::bigint IS NULL OR s.id = :subscription)
                AND position > :after AND position <= :upTo
              LIMIT :lookedAt
            )
            SELECT (SELECT count(*) FROM looked WHERE
            """ + PASSES + """
            ) AS passed, (SELECT count(*) FROM looked) AS looked_at
            """;

    private static final String COUNT_EVENTS = """
            SELECT count(*)
            FROM unnest(:positions::bigint[]) AS w (position)
            LEFT JOIN delivery d ON d.subscription = :subscription AND d.position = w.position
            WHERE d.position IS NULL OR d.status = ANY (:statuses::text[])
            """;

    /**
     * Deliveries of events that had none for this subscription. The fan-out is past them or was never to make them, so
     * nothing else makes the same.
     */
    private static final String MAKE = """
            WITH s AS (
              SELECT id FROM subscription WHERE tenant = :tenant AND id = :subscription AND NOT deleted FOR NO KEY UPDATE
            ), wanted AS (
              SELECT * FROM unnest(:positions::bigint[], :lanes::bigint[]) AS w (position, lane)
            ), made AS (
              INSERT INTO delivery (subscription, position, status)
              SELECT s.id, w.position, 'pending' FROM s, wanted w
              ON CONFLICT DO NOTHING
              RETURNING subscription, position
            ), queued AS (
              INSERT INTO delivery_due (subscription, position, due_at, attempts, lane)
              SELECT m.subscription, m.position, clock_timestamp(), 0, w.lane
              FROM made m JOIN wanted w ON w.position = m.position
            )
            SELECT count(*) FROM made
            """;

    /**
     * Up to where no fan-out makes deliveries for a subscription any more: where it stands, or the head at which the
     * subscription begins, unless it may still get some from before that by what it was then.
     */
    private static final String SETTLED_UP_TO = """
            SELECT CASE WHEN EXISTS (
                     SELECT 1 FROM jsonb_array_elements(s.formerly) AS f WHERE (f->>'up_to')::bigint > c.position)
                   THEN c.position ELSE greatest(c.position, s.from_position) END
            FROM subscription s, log_cursor c
            WHERE s.tenant = :tenant AND s.id = :subscription AND NOT s.deleted AND c.name = 'fan-out'
            """;

    private final Jdbi jdbi;

    public PostgresReplays(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Makes a replay; empty when the tenant has as many running as it may. */
    Optional<Replay> create(String tenant, Replay.Order order, Replay.Count expected, int runningMax) {
        DeliveryFilter filter = order.filter();
        return jdbi.inTransaction(db -> {
            db.createQuery("SELECT id FROM tenant WHERE id = :tenant FOR NO KEY UPDATE")
                    .bind("tenant", tenant)
                    .mapTo(String.class)
                    .one();
            long running = db.createQuery("SELECT count(*) FROM replay WHERE tenant = :tenant AND state = 'running'")
                    .bind("tenant", tenant)
                    .mapTo(Long.class)
                    .one();
            if (running >= runningMax) {
                return Optional.empty();
            }
            long id = db.createQuery(INSERT)
                    .bind("tenant", tenant)
                    .bind("source", order.source().text())
                    .bind("subscription", filter.subscription())
                    .bindArray("statuses", String.class, order.statuses())
                    .bind("event", filter.event())
                    .bind("resourceType", filter.resourceType())
                    .bind("resourceId", filter.resourceId())
                    .bind("after", filter.after())
                    .bind("upTo", filter.upTo())
                    .bind("rate", order.rate())
                    .bind("expected", expected.value())
                    .bind("least", expected.least())
                    .mapTo(Long.class)
                    .one();
            return find(db, tenant, id);
        });
    }

    Optional<Replay> find(String tenant, long id) {
        return jdbi.withHandle(db -> find(db, tenant, id));
    }

    private static Optional<Replay> find(Handle db, String tenant, long id) {
        return db.createQuery(COLUMNS + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> replay(row))
                .findOne();
    }

    /** A tenant's replays, the newest first, those with an id below {@code before}. */
    List<Replay> list(String tenant, long before, int limit) {
        return jdbi.withHandle(
                db -> db.createQuery(COLUMNS + "WHERE tenant = :tenant AND id < :before ORDER BY id DESC LIMIT :limit")
                        .bind("tenant", tenant)
                        .bind("before", before)
                        .bind("limit", limit)
                        .map((row, _) -> replay(row))
                        .list());
    }

    /** Ends one that runs; what it has queued goes out. False when it does not run. */
    boolean cancel(String tenant, long id) {
        return jdbi.withHandle(db -> db.createUpdate(CANCEL)
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .execute())
                == 1;
    }

    /** How many deliveries there are to send again now. */
    Replay.Count count(String tenant, Replay.Order order) {
        return jdbi.withHandle(db -> {
            var query = PostgresDeliveries.bind(db.createQuery(COUNT.formatted(table(order))), order.filter());
            return query.bind("tenant", tenant)
                    .bind("subscription", order.filter().subscription())
                    .bind("after", order.filter().after())
                    .bindArray("statuses", String.class, order.statuses())
                    .bind("upTo", order.filter().upTo())
                    .bind("lookedAt", COUNTED_MAX)
                    .map((row, _) -> new Replay.Count(row.getLong("passed"), row.getLong("looked_at") == COUNTED_MAX))
                    .one();
        });
    }

    /** Of the events at these positions, how many would be queued for a subscription. */
    int countEvents(long subscription, List<Long> positions, List<String> statuses) {
        return jdbi.withHandle(db -> db.createQuery(COUNT_EVENTS)
                .bind("subscription", subscription)
                .bindArray("positions", Long.class, positions)
                .bindArray("statuses", String.class, statuses)
                .mapTo(Integer.class)
                .one());
    }

    private static String table(Replay.Order order) {
        return order.source() == Replay.Source.DEAD_LETTERS ? DEAD_LETTERS : DELIVERIES;
    }

    /** Up to where events may be replayed to a subscription; empty when the tenant has none of this id. */
    Optional<Long> settledUpTo(String tenant, long subscription) {
        return jdbi.withHandle(db -> db.createQuery(SETTLED_UP_TO)
                .bind("tenant", tenant)
                .bind("subscription", subscription)
                .mapTo(Long.class)
                .findOne());
    }

    /** Takes the replays that run and that no other node moves on; answers their ids. */
    List<Long> take(String owner, Duration lease) {
        return jdbi.withHandle(db -> db.createQuery(TAKE)
                .bind("owner", owner)
                .bind("leaseMillis", lease.toMillis())
                .mapTo(Long.class)
                .list());
    }

    /** Says that no other node can be alive: whatever runs is free. */
    void endLeases() {
        jdbi.useHandle(db -> db.execute("UPDATE replay SET lease_until = '-infinity' WHERE state = 'running'"));
    }

    /** One that is ours and runs. */
    Optional<Replay> mine(String owner, long id) {
        return jdbi.withHandle(db -> db.createQuery(COLUMNS + "WHERE id = :id AND state = 'running' AND owner = :owner")
                .bind("id", id)
                .bind("owner", owner)
                .map((row, _) -> replay(row))
                .findOne());
    }

    /** What a step came to. */
    record Step(int queued, boolean done) {}

    /** Queues the next deliveries of a replay, {@code limit} at most. Empty when it is no longer ours or does not run. */
    Optional<Step> stepDeliveries(String owner, long id, int limit, Duration lease) {
        return jdbi.inTransaction(db -> {
            Replay replay = lock(db, owner, id).orElse(null);
            if (replay == null) {
                return Optional.empty();
            }
            DeliveryKey at = replay.at();
            Long wanted = replay.order().filter().subscription();
            if (at.subscription() == 0) {
                Long first = nextSubscription(db, replay.tenant(), 0);
                return Optional.of(move(db, replay, key(replay, first), 0, first == null, lease));
            }
            Picked picked = pick(db, replay, limit);
            int queued = PostgresDeliveryActions.retry(
                            db,
                            replay.tenant(),
                            picked.positions().stream()
                                    .map(position -> new DeliveryKey(at.subscription(), position))
                                    .toList(),
                            replay.order().statuses())
                    .size();
            if (!picked.end()) {
                return Optional.of(
                        move(db, replay, new DeliveryKey(at.subscription(), picked.upTo()), queued, false, lease));
            }
            Long next = wanted == null ? nextSubscription(db, replay.tenant(), at.subscription()) : null;
            return Optional.of(move(db, replay, key(replay, next), queued, next == null, lease));
        });
    }

    private static DeliveryKey key(Replay replay, @Nullable Long subscription) {
        return subscription == null
                ? replay.at()
                : new DeliveryKey(subscription, replay.order().filter().after());
    }

    private static @Nullable Long nextSubscription(Handle db, String tenant, long after) {
        return db.createQuery(NEXT_SUBSCRIPTION)
                .bind("tenant", tenant)
                .bind("after", after)
                .mapTo(Long.class)
                .findOne()
                .orElse(null);
    }

    /**
     * Some of a subscription.
     *
     * @param upTo where it was looked at up to
     * @param end there is nothing above
     */
    private record Picked(List<Long> positions, long upTo, boolean end) {}

    private static Picked pick(Handle db, Replay replay, int limit) {
        DeliveryFilter filter = replay.order().filter();
        return PostgresDeliveries.bind(db.createQuery(PICK.formatted(table(replay.order()))), filter)
                .bind("subscription", replay.at().subscription())
                .bind("after", replay.at().position())
                .bind("upTo", filter.upTo())
                .bindArray("statuses", String.class, replay.order().statuses())
                .bind("lookedAt", LOOKED_AT_MAX)
                .bind("limit", limit)
                .map((row, _) -> {
                    List<Long> positions =
                            List.of((Long[]) row.getArray("picked").getArray());
                    boolean full = positions.size() == limit;
                    return new Picked(
                            positions,
                            full ? positions.getLast() : row.getLong("last"),
                            !full && row.getInt("looked_at") < LOOKED_AT_MAX);
                })
                .one();
    }

    /**
     * Queues events for a replay's subscription: those without a delivery, and those whose delivery has a status that is sent
     * again. Empty when it is no longer ours, does not run, or has moved since it was read.
     *
     * @param read the replay as it was when the events were read
     * @param upTo where the log was read up to
     */
    Optional<Step> stepEvents(
            String owner, Replay read, List<Long> positions, long upTo, boolean done, Duration lease) {
        return jdbi.inTransaction(db -> {
            Replay replay = lock(db, owner, read.id()).orElse(null);
            if (replay == null || !replay.at().equals(read.at())) {
                return Optional.empty();
            }
            long subscription = replay.at().subscription();
            List<DeliveryKey> keys = positions.stream()
                    .map(position -> new DeliveryKey(subscription, position))
                    .toList();
            Map<DeliveryKey, Long> lanes = PostgresDeliveryActions.lanes(db, keys);
            int made = db.createQuery(MAKE)
                    .bind("tenant", replay.tenant())
                    .bind("subscription", subscription)
                    .bindArray("positions", Long.class, positions)
                    .bindArray(
                            "lanes", Long.class, keys.stream().map(lanes::get).toArray())
                    .mapTo(Integer.class)
                    .one();
            Map<DeliveryKey, PostgresDeliveryActions.Done> again = PostgresDeliveryActions.retry(
                    db, replay.tenant(), keys, replay.order().statuses());
            return Optional.of(move(db, replay, new DeliveryKey(subscription, upTo), made + again.size(), done, lease));
        });
    }

    private static Optional<Replay> lock(Handle db, String owner, long id) {
        return db.createQuery(LOCK)
                .bind("id", id)
                .bind("owner", owner)
                .map((row, _) -> replay(row))
                .findOne();
    }

    private static Step move(Handle db, Replay replay, DeliveryKey to, int queued, boolean done, Duration lease) {
        db.createUpdate(MOVE)
                .bind("id", replay.id())
                .bind("subscription", to.subscription())
                .bind("position", to.position())
                .bind("queued", queued)
                .bind("done", done)
                .bind("leaseMillis", lease.toMillis())
                .execute();
        return new Step(queued, done);
    }

    /** A step failed. It is tried again, but not for ever, and not when that is of no use. */
    void failed(String owner, long id, String error, boolean forGood) {
        jdbi.useHandle(db -> db.createUpdate(FAIL)
                .bind("id", id)
                .bind("owner", owner)
                .bind("error", error.substring(0, Math.min(error.length(), ERROR_CHARS_MAX)))
                .bind("final", forGood)
                .bind("most", FAILURES_MAX)
                .execute());
    }

    /** Removes replays that ended long ago. */
    void forget(Duration keep) {
        jdbi.useHandle(db ->
                db.createUpdate(FORGET).bind("keepSeconds", keep.toSeconds()).execute());
    }

    private static Replay replay(ResultSet row) throws SQLException {
        DeliveryFilter filter = new DeliveryFilter(
                row.getObject("subscription", Long.class),
                null,
                row.getString("event"),
                row.getString("resource_type"),
                row.getString("resource_id"),
                row.getLong("after_position"),
                row.getLong("up_to"));
        return new Replay(
                row.getLong("id"),
                row.getString("tenant"),
                new Replay.Order(
                        Replay.Source.valueOf(row.getString("source").toUpperCase(Locale.ROOT)),
                        List.of((String[]) row.getArray("statuses").getArray()),
                        filter,
                        row.getInt("rate")),
                Replay.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                new Replay.Count(row.getLong("expected"), row.getBoolean("expected_is_least")),
                new DeliveryKey(row.getLong("at_subscription"), row.getLong("at_position")),
                row.getLong("queued"),
                row.getString("error"),
                PostgresDeliveries.time(row, "created_at"),
                row.getObject("finished_at") == null ? null : PostgresDeliveries.time(row, "finished_at"));
    }
}
