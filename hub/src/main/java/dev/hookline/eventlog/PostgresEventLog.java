package dev.hookline.eventlog;

import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log on PostgreSQL. A batch is one statement, one more for each participant, and the commit, whatever its size.
 *
 * <p>Keys are inserted with the events, under the lock on the head, which every writer of keys holds: so an insert never
 * waits for another, and one that finds its key taken is seen at once. The batch is then rolled back, the taken keys are
 * looked up, and the rest goes again. While duplicates keep coming, the look-up goes first.
 *
 * <p>Appends are for one thread, on a connection of their own; reads use the pool.
 */
public final class PostgresEventLog implements EventLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresEventLog.class);
    private static final int LOOKUPS_AFTER_DUPLICATE = 64;
    private static final int KEY_ATTEMPTS_MAX = 20;

    /** What {@code pg_xact_status} says of a transaction id that this server has not given out. */
    private static final String TRANSACTION_FROM_THE_FUTURE = "22023";

    private static final CommitOutcome NO_PARTITION =
            new CommitOutcome.Failed("The log has no room for new positions; see the hub's log");

    private static final String APPEND = """
            WITH head AS (
              UPDATE log_head
              SET position = position + ?, received_at = greatest(received_at, clock_timestamp())
              RETURNING position - ? AS base, received_at
            ), keys AS (
              INSERT INTO deduplication (tenant, source, key_hash, position, events, expires_at)
              SELECT k.tenant, k.source, k.hash, head.base + k.first, k.events, head.received_at + ? * interval '1 second'
              FROM head, unnest(?::text[], ?::text[], ?::bytea[], ?::int[], ?::int[]) AS k (tenant, source, hash, first, events)
              ON CONFLICT DO NOTHING
              RETURNING 1
            ), events AS (
            %s
            )
            SELECT base, received_at, pg_current_xact_id()::text, (SELECT count(*) FROM keys) FROM head
            """;

    private static final String APPEND_WITHOUT_KEYS = """
            WITH head AS (
              UPDATE log_head
              SET position = position + ?, received_at = greatest(received_at, clock_timestamp())
              RETURNING position - ? AS base, received_at
            ), events AS (
            %s
            )
            SELECT base, received_at, pg_current_xact_id()::text, 0 FROM head
            """;

    private static final String INSERT_EVENTS = """
              INSERT INTO event (position, tenant, source, model, record_id, record_key, operation, event_type, priority,
                                 category, occurred_at, received_at, changed_fields, payload)
              SELECT head.base + e.ordinal, e.tenant, e.source, e.model, e.record_id, e.record_key, e.operation, e.event_type,
                     e.priority, e.category, 'epoch'::timestamptz + e.occurred_micros * interval '1 microsecond',
                     head.received_at, e.changed_fields::jsonb, e.payload::json
              FROM head, unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[],
                                ?::text[], ?::bigint[], ?::text[], ?::text[])
                WITH ORDINALITY AS e (tenant, source, model, record_id, record_key, operation, event_type, priority,
                                      category, occurred_micros, changed_fields, payload, ordinal)
            """;

    private static final String LOOK_UP_KEYS = """
            SELECT k.ordinal, d.position, d.events
            FROM unnest(?::text[], ?::text[], ?::bytea[]) WITH ORDINALITY AS k (tenant, source, hash, ordinal)
            JOIN deduplication d ON d.tenant = k.tenant AND d.source = k.source AND d.key_hash = k.hash
            """;

    /** By their place, for rows of this table never move. Those that another transaction has locked are left for later. */
    static final String FORGET_KEYS = """
            DELETE FROM deduplication
            WHERE ctid = ANY (ARRAY(
              SELECT ctid FROM deduplication WHERE expires_at <= now() ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))
            """;

    private final DataSource pool;
    private final PostgresEventReads reads;
    private final PostgresWatermarks watermarks;
    private final DataSource direct;
    private final PostgresPartitions partitions;
    private final List<AppendParticipant> participants;
    private final Duration keysKept;
    private @Nullable Connection connection;
    private int lookupsLeft;

    /**
     * @param pool for reads
     * @param direct opens connections outside the pool, for the one writer
     * @param keysKept how long a deduplication key is remembered at least
     */
    public PostgresEventLog(
            DataSource pool,
            DataSource direct,
            PostgresPartitions partitions,
            List<AppendParticipant> participants,
            Duration keysKept) {
        this.pool = pool;
        this.reads = new PostgresEventReads(pool);
        this.watermarks = new PostgresWatermarks(pool);
        this.direct = direct;
        this.partitions = partitions;
        this.participants = List.copyOf(participants);
        this.keysKept = keysKept;
    }

    @Override
    public CommitOutcome append(List<AppendRequest> batch) {
        PostgresAppendBatch prepared = new PostgresAppendBatch(batch);
        CommitOutcome outcome = appendOnce(prepared);
        if (outcome.equals(NO_PARTITION)) {
            partitions.make();
            outcome = appendOnce(prepared);
        }
        return outcome;
    }

    private CommitOutcome appendOnce(PostgresAppendBatch batch) {
        try {
            for (int attempt = 0; attempt < KEY_ATTEMPTS_MAX; attempt++) {
                if (batch.hasKeys() && lookupsLeft > 0) {
                    lookupsLeft--;
                    lookUp(batch);
                }
                CommitOutcome outcome = tryAppend(batch);
                if (outcome != null) {
                    return outcome;
                }
                lookupsLeft = LOOKUPS_AFTER_DUPLICATE;
            }
            return new CommitOutcome.Failed("Deduplication keys kept changing under the batch; try again");
        } catch (SQLException | RuntimeException e) {
            return failure(e instanceof TxException && e.getCause() instanceof SQLException cause ? cause : e);
        }
    }

    /** One try; null when a key was taken by another transaction. */
    private @Nullable CommitOutcome tryAppend(PostgresAppendBatch batch) throws SQLException {
        List<EventData> data = batch.fresh();
        if (data.isEmpty()) {
            return new CommitOutcome.Committed(batch.results(0), List.of());
        }
        Connection db = connection();
        PostgresAppendBatch.Keys keys = batch.keys();
        long base;
        Instant receivedAt;
        String transactionId;
        try (PreparedStatement statement =
                db.prepareStatement((keys.isEmpty() ? APPEND_WITHOUT_KEYS : APPEND).formatted(INSERT_EVENTS))) {
            int at = 1;
            statement.setInt(at++, data.size());
            statement.setInt(at++, data.size());
            if (!keys.isEmpty()) {
                statement.setLong(at++, keysKept.toSeconds());
                at = keys.bind(db, statement, at);
            }
            bindEvents(db, statement, at, data);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException("log_head has no row");
                }
                base = row.getLong(1);
                receivedAt = row.getObject(2, OffsetDateTime.class).toInstant();
                transactionId = row.getString(3);
                if (row.getInt(4) < keys.size()) {
                    db.rollback();
                    return null;
                }
            }
        }
        List<Event> events = new ArrayList<>(data.size());
        for (int i = 0; i < data.size(); i++) {
            events.add(new Event(base + 1 + i, receivedAt, data.get(i)));
        }
        PostgresTx tx = new PostgresTx(db);
        for (AppendParticipant participant : participants) {
            participant.appended(tx, events);
        }
        CommitOutcome.Committed committed = new CommitOutcome.Committed(batch.results(base), events);
        try {
            db.commit();
        } catch (SQLException e) {
            LOG.warn("The answer to a commit was lost: {}", e.getMessage());
            drop();
            return new CommitOutcome.Unknown(transactionId, committed);
        }
        partitions.reached(base + data.size());
        return committed;
    }

    private CommitOutcome failure(Exception e) {
        String state = e instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "";
        drop();
        if (PostgresPartitions.isMissing(state, String.valueOf(e.getMessage()))) {
            return NO_PARTITION;
        }
        if (state.startsWith("22") || state.startsWith("23") || state.startsWith("54")) {
            return new CommitOutcome.BadData(String.valueOf(e.getMessage()));
        }
        if (state.isEmpty()) {
            LOG.error("An append failed in the hub itself", e);
        } else {
            LOG.error("The database does not take an append ({}): {}", state, e.getMessage());
        }
        return new CommitOutcome.Failed("The database is not available; try again shortly");
    }

    @Override
    public CommitOutcome settle(CommitOutcome.Unknown unknown) {
        try (Connection db = direct.getConnection();
                PreparedStatement statement = db.prepareStatement("SELECT pg_xact_status(?::xid8)")) {
            statement.setString(1, unknown.transactionId());
            try (ResultSet row = statement.executeQuery()) {
                String status = row.next() ? row.getString(1) : null;
                LOG.info("Commit {} is {}", unknown.transactionId(), status);
                if ("committed".equals(status)) {
                    return unknown.ifCommitted();
                }
                if ("aborted".equals(status)) {
                    return new CommitOutcome.Failed("The database lost its connection; nothing was stored, try again");
                }
                return unknown;
            }
        } catch (SQLException e) {
            if (TRANSACTION_FROM_THE_FUTURE.equals(e.getSQLState())) {
                return new CommitOutcome.Failed("Another server answers now, which never saw this; send it again");
            }
            LOG.warn("Cannot ask for the outcome of commit {} yet: {}", unknown.transactionId(), e.getMessage());
            return unknown;
        }
    }

    private void lookUp(PostgresAppendBatch batch) throws SQLException {
        Connection db = connection();
        PostgresAppendBatch.Keys keys = batch.keys();
        try (PreparedStatement statement = db.prepareStatement(LOOK_UP_KEYS)) {
            keys.bindNames(db, statement, 1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    keys.taken(rows.getInt(1) - 1, new AppendResult.Duplicate(rows.getLong(2), rows.getInt(3)));
                }
            }
        }
        db.commit();
    }

    private static void bindEvents(Connection db, PreparedStatement statement, int from, List<EventData> data)
            throws SQLException {
        int size = data.size();
        String[][] texts = new String[10][size];
        Long[] recordIds = new Long[size];
        Long[] occurredMicros = new Long[size];
        for (int i = 0; i < size; i++) {
            EventData event = data.get(i);
            texts[0][i] = event.tenant();
            texts[1][i] = event.source();
            texts[2][i] = event.model();
            recordIds[i] = event.recordId();
            texts[3][i] = event.recordKey();
            texts[4][i] = event.operation().text();
            texts[5][i] = event.eventType();
            texts[6][i] = event.priority().text();
            texts[7][i] = event.category();
            occurredMicros[i] = micros(event.occurredAt());
            texts[8][i] = event.changedFields() == null ? null : Json.write(event.changedFields());
            texts[9][i] = event.payload();
        }
        int at = from;
        for (int column = 0; column < 3; column++) {
            statement.setArray(at++, db.createArrayOf("text", texts[column]));
        }
        statement.setArray(at++, db.createArrayOf("bigint", recordIds));
        for (int column = 3; column < 8; column++) {
            statement.setArray(at++, db.createArrayOf("text", texts[column]));
        }
        statement.setArray(at++, db.createArrayOf("bigint", occurredMicros));
        statement.setArray(at++, db.createArrayOf("text", texts[8]));
        statement.setArray(at, db.createArrayOf("text", texts[9]));
    }

    private static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000);
    }

    private Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = direct.getConnection();
            open.setAutoCommit(false);
            connection = open;
        }
        return open;
    }

    private void drop() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.debug("Closing a broken connection", e);
            }
        }
    }

    @Override
    public void close() {
        drop();
    }

    @Override
    public long head() {
        return reads.head();
    }

    @Override
    public long oldest() {
        return reads.oldest();
    }

    @Override
    public List<Event> find(Set<Long> positions) {
        return reads.find(positions);
    }

    @Override
    public List<Event> read(long after, int limit) {
        return reads.read(after, limit);
    }

    @Override
    public List<Event> read(String tenant, Set<String> models, long after, int limit) {
        return reads.read(tenant, models, Math.max(after, hiddenUpTo(tenant)), limit);
    }

    @Override
    public List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit) {
        return reads.readBackwards(tenant, models, Math.max(after, hiddenUpTo(tenant)), before, limit);
    }

    @Override
    public long firstSince(Instant instant) {
        return reads.firstSince(instant);
    }

    @Override
    public long hiddenUpTo(String tenant) {
        return watermarks.of(tenant);
    }

    @Override
    public long hide(String tenant, long upTo) {
        return watermarks.raise(tenant, upTo);
    }

    /** Learns what tenants have hidden, here or on other nodes. */
    public void loadHidden() {
        watermarks.load();
    }

    @Override
    public int forgetKeys(int atMost) {
        try (Connection db = pool.getConnection();
                PreparedStatement statement = db.prepareStatement(FORGET_KEYS)) {
            statement.setInt(1, atMost);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new TxException(e);
        }
    }
}
