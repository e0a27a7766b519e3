package dev.hookline.delivery;

import dev.hookline.eventlog.LogReaders;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The deliveries that are not through, as readers of the log: each needs its event until then. */
public final class PostgresUndelivered implements LogReaders {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresUndelivered.class);
    private static final int AT_ONCE = 5_000;
    private static final String ERROR = "The event was no longer kept: its time was over before it could be delivered";

    /** What is due or waits, by one look into the index for each subscription. */
    private static final String DUE = """
            SELECT s.id, q.position
            FROM subscription s,
            LATERAL (
              SELECT position FROM delivery_due WHERE subscription = s.id AND position <= :upTo ORDER BY position LIMIT 1
            ) q
            ORDER BY s.id
            """;

    /** What a node holds from fan-out is here alone. This reads the partitions: retention asks every few minutes. */
    private static final String PENDING = """
            SELECT subscription AS id, min(position) AS position
            FROM delivery
            WHERE position <= :upTo AND status IN ('pending', 'retrying')
            GROUP BY subscription
            ORDER BY subscription
            """;

    /** What was dead already, and only kept back what follows of its record, keeps its error. */
    private static final String GIVE_UP = """
            SET status = 'dead', holder = NULL, updated_at = clock_timestamp(),
                last_error = CASE WHEN d.status = 'dead' THEN d.last_error ELSE :error END
            """;

    private static final String DIED = """
            died AS (
              INSERT INTO dead_letter (subscription, position) SELECT subscription, position FROM dead ON CONFLICT DO NOTHING
              RETURNING subscription, position
            )
            """;

    /** One by one, by their position: the log is large. */
    private static final String EVENT_OF_DIED = """
            LEFT JOIN LATERAL (SELECT tenant, event_type FROM event WHERE position = died.position LIMIT 1) e ON true
            """;

    /** As a change of the subscription: retries by people, which lock the delivery first, wait, and outcomes that queue again. */
    private static final String LOCK = """
            SELECT id FROM subscription WHERE id = :subscription FOR NO KEY UPDATE
            """;

    /** In the order of all that lock both: what is due first, then the delivery. */
    private static final String GIVE_UP_DUE = """
            WITH picked AS (
              SELECT subscription, position FROM delivery_due
              WHERE subscription = :subscription AND position <= :upTo
              ORDER BY position
              LIMIT :limit
              FOR UPDATE
            ), gone AS (
              DELETE FROM delivery_due q USING picked p
              WHERE q.subscription = p.subscription AND q.position = p.position
              RETURNING q.subscription, q.position, q.lane
            ), dead AS (
              UPDATE delivery d
            """ + GIVE_UP + """
              FROM gone
              WHERE d.subscription = gone.subscription AND d.position = gone.position
              RETURNING d.subscription, d.position
            ),
            """ + DIED + """
            SELECT gone.subscription, gone.lane, died.position IS NOT NULL AS new, e.tenant, e.event_type
            FROM gone LEFT JOIN died USING (subscription, position)
            """ + EVENT_OF_DIED;

    private static final String GIVE_UP_HELD = """
            WITH dead AS (
              UPDATE delivery d
            """ + GIVE_UP + """
              WHERE d.position <= :upTo AND d.status IN ('pending', 'retrying')
              RETURNING d.subscription, d.position
            ),
            """ + DIED + """
            SELECT e.tenant, e.event_type, count(*) AS count FROM died
            """ + EVENT_OF_DIED + """
            GROUP BY e.tenant, e.event_type
            """;

    /** Hears what was given up: of an event type and its tenant, so many; null where the event is gone already. */
    public interface GivenUp {
        void count(@Nullable String event, @Nullable String tenant, long count);
    }

    private record Kind(@Nullable String event, @Nullable String tenant) {
        static Kind of(ResultSet row) throws SQLException {
            return new Kind(row.getString("event_type"), row.getString("tenant"));
        }
    }

    private final Jdbi jdbi;
    private final GivenUp givenUp;

    public PostgresUndelivered(Jdbi jdbi, GivenUp givenUp) {
        this.jdbi = jdbi;
        this.givenUp = givenUp;
    }

    @Override
    public List<Need> needs(long upTo) {
        TreeMap<Long, Long> firsts = new TreeMap<>();
        find(DUE, upTo).forEach(one -> firsts.put(one.id(), one.position()));
        find(PENDING, upTo).forEach(one -> firsts.merge(one.id(), one.position(), Math::min));
        return firsts.entrySet().stream()
                .map(first -> new Need("subscription " + first.getKey(), first.getValue()))
                .toList();
    }

    private record Subscribed(long id, long position) {}

    private List<Subscribed> find(String sql, long upTo) {
        return jdbi.withHandle(db -> db.createQuery(sql)
                .bind("upTo", upTo)
                .map((row, _) -> new Subscribed(row.getLong("id"), row.getLong("position")))
                .list());
    }

    /** They are dead from here on. What a node has under way of them ends, and its outcome is no longer taken. */
    @Override
    public void giveUp(long upTo) {
        long all = 0;
        for (Subscribed subscribed : find(DUE, upTo)) {
            int gone;
            do {
                gone = giveUpDue(subscribed.id(), upTo);
                all += gone;
            } while (gone == AT_ONCE);
        }
        Map<Kind, Long> held = jdbi.withHandle(db -> db.createQuery(GIVE_UP_HELD)
                .bind("upTo", upTo)
                .bind("error", ERROR)
                .reduceResultSet(new HashMap<>(), (found, row, _) -> {
                    found.put(Kind.of(row), row.getLong("count"));
                    return found;
                }));
        count(held);
        all += held.values().stream().mapToLong(Long::longValue).sum();
        LOG.warn("{} deliveries of events up to position {} are dead: {}", all, upTo, ERROR);
    }

    private void count(Map<Kind, Long> kinds) {
        kinds.forEach((kind, count) -> givenUp.count(kind.event(), kind.tenant(), count));
    }

    /** Some thousands of one subscription; what follows of their records goes on. */
    private int giveUpDue(long subscription, long upTo) {
        Map<Kind, Long> died = new HashMap<>();
        int all = jdbi.inTransaction(db -> {
            db.createQuery(LOCK)
                    .bind("subscription", subscription)
                    .mapTo(Long.class)
                    .list();
            PostgresLanes left = new PostgresLanes();
            int gone = db.createQuery(GIVE_UP_DUE)
                    .bind("subscription", subscription)
                    .bind("upTo", upTo)
                    .bind("limit", AT_ONCE)
                    .bind("error", ERROR)
                    .reduceResultSet(0, (count, row, _) -> {
                        left.add(row.getLong("subscription"), row.getObject("lane", Long.class));
                        if (row.getBoolean("new")) {
                            died.merge(Kind.of(row), 1L, Long::sum);
                        }
                        return count + 1;
                    });
            left.wake(db);
            return gone;
        });
        count(died);
        return all;
    }
}
