package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops whole partitions whose newest event is old, the oldest first, of {@code event} and of the tables that follow it.
 *
 * <pre>
 *   decided  a row in partition_removal; from here on it goes, whoever dies
 *      │     DETACH … CONCURRENTLY: marks it, then waits for those that read the table
 *   marked   new queries do not see it; FINALIZE waits for the old ones
 *      │
 *   detached a table of its own; DROP waits for those that read it
 *      │
 *   gone     the row goes too
 * </pre>
 *
 * Each wait ends after two seconds, and what was not reached is tried again with the next step. None of them stands in the
 * way of an append; a new partition is attached behind one at most. Of one range of positions the events go first and what
 * refers to them after, so that no delivery is left that could die without room for its dead letter.
 */
public final class PostgresRetention {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresRetention.class);

    /** What happens where somebody still needs what is old. */
    public enum Unread {
        /** It stays, and the operator is told. */
        KEEP,
        /** They do without it, and the operator is told. */
        DROP
    }

    /**
     * What is kept.
     *
     * @param keep how long an event is kept at least; null for good
     */
    public record Settings(@Nullable Duration keep, Unread unread) {}

    /**
     * What a step came to.
     *
     * @param kept the partitions of events past their time that are still there, the oldest first
     * @param needs who keeps the oldest of those that were not let go, and with it all that follow; empty when nobody does
     */
    public record Standing(Instant at, List<String> kept, List<LogReaders.Need> needs) {}

    private record Partition(String name, long last) {}

    private record Removal(String name, String parent) {
        /** The same for all partitions of one range of positions. */
        String range() {
            return name.substring(parent.length());
        }
    }

    private static final int NEEDS_TOLD_MAX = 20;

    /** No lock in time, or no end. */
    private static final Set<String> WAITED_TOO_LONG = Set.of("55P03", "57014");

    private enum State {
        ATTACHED,
        MARKED,
        DETACHED,
        GONE
    }

    private static final String LIMITS = """
            SET lock_timeout = '2s'; SET statement_timeout = '30s'
            """;

    private static final String UPPER_BOUND = """
            substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''(\\d+)''\\)')::bigint
            """;

    private static final String BELOW_THE_ONE_IN_USE = """
            SELECT c.relname, %1$s - 1 AS last
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'event'::regclass AND NOT i.inhdetachpending
              AND %1$s <= (SELECT position FROM log_head)
            ORDER BY last
            """.formatted(UPPER_BOUND.strip());

    private static final String DECIDE = """
            INSERT INTO partition_removal (name, parent)
            SELECT c.relname, p.relname
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
            WHERE i.inhparent = ANY (SELECT to_regclass(t) FROM unnest(?::text[]) AS t) AND %s - 1 <= ?
            ON CONFLICT DO NOTHING
            """.formatted(UPPER_BOUND.strip());

    private static final String DECIDED = """
            SELECT name, parent FROM partition_removal
            ORDER BY substring(name FROM length(parent) + 1), array_position(?::text[], parent)
            """;

    private static final String STATE = """
            SELECT i.inhdetachpending FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.oid = to_regclass(?)
            """;

    private static final String DONE = """
            DELETE FROM partition_removal WHERE name = ?
            """;

    private final PostgresTurn turn;
    private final EventLog log;
    private final Settings settings;
    private final List<LogReaders> readers;
    private final Time time;
    private volatile @Nullable Standing standing;
    private volatile long oldest = 1;

    /**
     * Of one log.
     *
     * @param direct opens connections outside the pool
     * @param readers all those who may still need what is old
     */
    public PostgresRetention(
            EventLog log,
            DataSource direct,
            Settings settings,
            List<LogReaders> readers,
            Time time,
            MeterRegistry registry) {
        this.log = log;
        this.turn = new PostgresTurn(direct, "hookline.retention");
        this.settings = settings;
        this.readers = List.copyOf(readers);
        this.time = time;
        Gauge.builder("log.partitions.kept", this::kept)
                .description("Partitions past their time that are still there: needed, or read by a long transaction")
                .register(registry);
        Gauge.builder("log.oldest.position", () -> oldest)
                .description("The lowest position still in the log")
                .register(registry);
    }

    public Settings settings() {
        return settings;
    }

    /** What the last step of this node came to; empty before the first. */
    public Optional<Standing> standing() {
        return Optional.ofNullable(standing);
    }

    private int kept() {
        return standing().map(last -> last.kept().size()).orElse(0);
    }

    /** Removes what its time has come for, as far as nobody stands in the way; unless another node is at it. */
    public void step() {
        turn.take(db -> {
            try (Statement statement = db.createStatement()) {
                statement.execute(LIMITS);
            }
            removeDecided(db);
            List<Partition> old = old(db);
            List<LogReaders.Need> needs = List.of();
            int released = 0;
            while (released < old.size() && needs.isEmpty()) {
                needs = release(old.get(released));
                if (needs.isEmpty()) {
                    decide(db, old.get(released));
                    released++;
                }
            }
            List<String> kept = new ArrayList<>(removeDecided(db));
            old.subList(released, old.size()).forEach(partition -> kept.add(partition.name()));
            standing = new Standing(time.now(), List.copyOf(kept), needs);
        });
        oldest = log.oldest();
    }

    /** The partitions from the oldest on whose newest event is old; never the one in use. */
    private List<Partition> old(Connection db) throws SQLException {
        Duration keep = settings.keep();
        if (keep == null) {
            return List.of();
        }
        List<Partition> old = new ArrayList<>();
        try (PreparedStatement statement = db.prepareStatement(BELOW_THE_ONE_IN_USE);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Partition partition = new Partition(row.getString(1), row.getLong(2));
                if (!isOld(db, partition, keep)) {
                    break;
                }
                old.add(partition);
            }
        }
        return old;
    }

    private static boolean isOld(Connection db, Partition partition, Duration keep) throws SQLException {
        String newest = """
                SELECT received_at < now() - ? * interval '1 second' FROM "%s" ORDER BY position DESC LIMIT 1
                """.formatted(partition.name());
        try (PreparedStatement statement = db.prepareStatement(newest)) {
            statement.setLong(1, keep.toSeconds());
            try (ResultSet row = statement.executeQuery()) {
                return !row.next() || row.getBoolean(1);
            }
        }
    }

    private List<LogReaders.Need> needs(Partition partition) {
        List<LogReaders.Need> needs = new ArrayList<>();
        readers.forEach(all -> needs.addAll(all.needs(partition.last())));
        return List.copyOf(needs);
    }

    /** Who keeps it; empty when it may go. The operator is told who needs it either way. */
    private List<LogReaders.Need> release(Partition partition) {
        List<LogReaders.Need> needs = needs(partition);
        for (LogReaders.Need need : needs.subList(0, Math.min(needs.size(), NEEDS_TOLD_MAX))) {
            LOG.warn(
                    settings.unread() == Unread.KEEP
                            ? "Partition {} is past its time, and kept: {} still needs position {}"
                            : "Partition {} is past its time, and goes: {} will miss what it needs from position {} on",
                    partition.name(),
                    need.who(),
                    need.position());
        }
        if (needs.isEmpty() || settings.unread() == Unread.KEEP) {
            return needs;
        }
        readers.forEach(all -> all.giveUp(partition.last()));
        List<LogReaders.Need> left = needs(partition);
        if (!left.isEmpty()) {
            LOG.warn(
                    "Partition {} stays until the next look: {} could not do without it yet",
                    partition.name(),
                    left.getFirst().who());
        }
        return left;
    }

    private static String[] tables() {
        return PostgresPartitions.TABLES.stream()
                .map(PostgresPartitions.Table::name)
                .toArray(String[]::new);
    }

    private static void decide(Connection db, Partition partition) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(DECIDE)) {
            statement.setArray(1, db.createArrayOf("text", tables()));
            statement.setLong(2, partition.last());
            statement.executeUpdate();
        }
    }

    /** Goes on with what was decided, here or by a node that died; answers the partitions of events that are left. */
    private static List<String> removeDecided(Connection db) throws SQLException {
        List<Removal> decided = new ArrayList<>();
        try (PreparedStatement statement = db.prepareStatement(DECIDED)) {
            statement.setArray(1, db.createArrayOf("text", tables()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    decided.add(new Removal(row.getString(1), row.getString(2)));
                }
            }
        }
        List<String> left = new ArrayList<>();
        Set<String> waiting = new HashSet<>();
        for (Removal removal : decided) {
            boolean behind = waiting.contains(removal.parent()) || waiting.contains(removal.range());
            if (behind || !remove(db, removal)) {
                waiting.add(removal.parent());
                waiting.add(removal.range());
                if (removal.parent().equals("event")) {
                    left.add(removal.name());
                }
            }
        }
        return left;
    }

    /** Takes a partition as far as it goes without a long wait; whether that is to the end. */
    private static boolean remove(Connection db, Removal removal) throws SQLException {
        State state = state(db, removal);
        try (Statement statement = db.createStatement()) {
            while (state != State.GONE) {
                statement.execute(
                        switch (state) {
                            case ATTACHED ->
                                "ALTER TABLE \"%s\" DETACH PARTITION \"%s\" CONCURRENTLY"
                                        .formatted(removal.parent(), removal.name());
                            case MARKED ->
                                "ALTER TABLE \"%s\" DETACH PARTITION \"%s\" FINALIZE"
                                        .formatted(removal.parent(), removal.name());
                            case DETACHED, GONE -> "DROP TABLE \"%s\"".formatted(removal.name());
                        });
                state = state(db, removal);
            }
        } catch (SQLException e) {
            if (!WAITED_TOO_LONG.contains(String.valueOf(e.getSQLState()))) {
                throw e;
            }
            LOG.info("Partition {} goes when the transactions that may read it have ended", removal.name());
            return false;
        }
        try (PreparedStatement done = db.prepareStatement(DONE)) {
            done.setString(1, removal.name());
            done.executeUpdate();
        }
        LOG.info("Dropped partition {}", removal.name());
        return true;
    }

    private static State state(Connection db, Removal removal) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(STATE)) {
            statement.setString(1, removal.name());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return State.GONE;
                }
                boolean marked = row.getBoolean(1);
                return row.wasNull() ? State.DETACHED : marked ? State.MARKED : State.ATTACHED;
            }
        }
    }
}
