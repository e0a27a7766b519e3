package dev.hookline.eventlog;

import dev.hookline.kernel.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log on PostgreSQL. A batch is one round trip, whatever its size: one statement, those that the participants add, and the
 * commit, sent together.
 *
 * <p>Keys are inserted with the events, under the lock on the head, which every writer of keys holds: so an insert never
 * waits for another, and one that finds its key taken fails at once. Then nothing of the batch is stored, the taken keys are
 * looked up, and the rest goes again. While duplicates keep coming, the look-up goes first.
 *
 * <p>When the answer is lost, the row of this connection in {@code log_writer} tells whether the batch was committed; and who
 * asks fences the connection first, so that nothing that is still under way comes after the answer.
 *
 * <p>Appends are for one thread, on a connection of their own; reads use the pool.
 */
public final class PostgresEventLog implements EventLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresEventLog.class);
    private static final int LOOKUPS_AFTER_DUPLICATE = 64;
    private static final int ATTEMPTS_MAX = 20;

    private static final String UNIQUE_VIOLATION = "23505";
    private static final String NOT_NULL_VIOLATION = "23502";

    private static final CommitOutcome OTHER_SERVER =
            new CommitOutcome.Failed("Another server answers now, which never saw this; send it again");

    private static final CommitOutcome NO_PARTITION =
            new CommitOutcome.Failed("The log has no room for new positions; see the hub's log");

    /** A writer that was fenced has no row in {@code me}: the position becomes null, which fails the append as a whole. */
    private static final String APPEND = """
            WITH me AS (
              SELECT id FROM log_writer WHERE id = ? AND NOT fenced FOR UPDATE
            ), head AS (
              UPDATE log_head
              SET position = position + (SELECT ?::int FROM me), received_at = greatest(received_at, clock_timestamp())
              RETURNING position - ? AS base, received_at
            ), written AS (
              UPDATE log_writer w SET batch = ?, base = head.base, received_at = head.received_at FROM head WHERE w.id = ?
            ),%s events AS (
              INSERT INTO event (position, tenant, source, model, record_id, record_key, operation, event_type, priority,
                                 category, occurred_at, received_at, changed_fields, payload)
              SELECT head.base + e.ordinal, e.tenant, e.source, e.model, e.record_id, e.record_key, e.operation, e.event_type,
                     e.priority, e.category, 'epoch'::timestamptz + e.occurred_micros * interval '1 microsecond',
                     head.received_at, e.changed_fields::jsonb, e.payload::json
              FROM head, unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[],
                                ?::text[], ?::bigint[], ?::text[], ?::text[])
                WITH ORDINALITY AS e (tenant, source, model, record_id, record_key, operation, event_type, priority,
                                      category, occurred_micros, changed_fields, payload, ordinal)
            )
            SELECT base, received_at FROM head
            """;

    private static final String KEYS = """
             keys AS (
              INSERT INTO deduplication (key_hash, position, events, expires_at)
              SELECT k.hash, head.base + k.first, k.events, head.received_at + ? * interval '1 second'
              FROM head, unnest(?::bytea[], ?::int[], ?::int[]) AS k (hash, first, events)
            ),""";

    private static final String APPEND_WITHOUT_KEYS = APPEND.formatted("");
    private static final String APPEND_WITH_KEYS = APPEND.formatted(KEYS);

    /** Whatever happens to this node, the head is not locked for longer by a transaction it left open. */
    private static final String GIVE_UP_IDLE_TRANSACTIONS = "SET idle_in_transaction_session_timeout = '10s'";

    private static final String LOCK_HEAD = """
            SELECT position FROM log_head FOR UPDATE
            """;

    private static final String JOIN = """
            WITH old AS (DELETE FROM log_writer WHERE received_at < now() - interval '1 day')
            INSERT INTO log_writer (batch, base, received_at) VALUES (0, 0, now()) RETURNING id
            """;

    /** Waits for a batch of this writer that is still under way, and lets none come after it. */
    private static final String FENCE = """
            UPDATE log_writer SET fenced = true WHERE id = ? RETURNING batch, base, received_at
            """;

    private static final String LOOK_UP_KEYS = """
            SELECT k.ordinal, d.position, d.events
            FROM unnest(?::bytea[]) WITH ORDINALITY AS k (hash, ordinal)
            JOIN deduplication d ON d.key_hash = k.hash
            """;

    /** By their place, for rows of this table never move. Those that another transaction has locked are left for later. */
    static final String FORGET_KEYS = """
            DELETE FROM deduplication
            WHERE ctid = ANY (ARRAY(
              SELECT ctid FROM deduplication WHERE expires_at <= now() ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))
            """;

    /** The connection that appends, and its row in {@code log_writer}. */
    private static final class Writer {
        final Connection db;
        final UUID id;
        long batch;

        Writer(Connection db, UUID id) {
            this.db = db;
            this.id = id;
        }
    }

    /** A batch whose answer was lost. */
    private record InDoubt(UUID writer, long number, PostgresAppendBatch batch, List<EventData> data) {
        String name() {
            return writer + "/" + number;
        }
    }

    private final DataSource pool;
    private final PostgresEventReads reads;
    private final PostgresWatermarks watermarks;
    private final DataSource direct;
    private final PostgresPartitions partitions;
    private final List<AppendParticipant> participants;
    private final Duration keysKept;
    private @Nullable Writer writer;
    private @Nullable InDoubt inDoubt;
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
            partitions.make(prepared.fresh().size());
            outcome = appendOnce(prepared);
        }
        return outcome;
    }

    private CommitOutcome appendOnce(PostgresAppendBatch batch) {
        try {
            for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
                if (batch.hasKeys() && lookupsLeft > 0) {
                    lookupsLeft--;
                    lookUp(batch);
                }
                CommitOutcome outcome = tryAppend(batch);
                if (outcome != null) {
                    return outcome;
                }
            }
            return new CommitOutcome.Failed("Deduplication keys kept changing under the batch; try again");
        } catch (SQLException | RuntimeException e) {
            return failure(e instanceof TxException && e.getCause() instanceof SQLException cause ? cause : e);
        }
    }

    /** One try; null when it is to be tried again: a key was taken by another transaction, or this writer was fenced. */
    private @Nullable CommitOutcome tryAppend(PostgresAppendBatch batch) throws SQLException {
        List<EventData> data = batch.fresh();
        if (data.isEmpty()) {
            return new CommitOutcome.Committed(batch.results(0), List.of());
        }
        PostgresTx tx = new PostgresTx(data);
        participants.forEach(participant -> participant.appended(tx, data));
        PostgresAppendBatch.Keys keys = batch.keys();
        Writer to = writer();
        to.batch++;
        try {
            return tx.asksFirst() ? askAndSend(to, tx, batch, keys, data) : send(to, tx, batch, keys, data);
        } catch (SQLException e) {
            if (isLost(e)) {
                LOG.warn("The answer to an append was lost: {}", e.getMessage());
                drop();
                InDoubt doubt = new InDoubt(to.id, to.batch, batch, data);
                inDoubt = doubt;
                return new CommitOutcome.Unknown(doubt.name());
            }
            if (isOf(e, UNIQUE_VIOLATION, "deduplication")) {
                lookupsLeft = LOOKUPS_AFTER_DUPLICATE;
                return null;
            }
            if (isOf(e, NOT_NULL_VIOLATION, "log_head")) {
                drop();
                return null;
            }
            throw e;
        }
    }

    /** In a transaction that others wait for, as what it asks has to stay true until it is written. */
    private CommitOutcome askAndSend(
            Writer to, PostgresTx tx, PostgresAppendBatch batch, PostgresAppendBatch.Keys keys, List<EventData> data)
            throws SQLException {
        to.db.setAutoCommit(false);
        try {
            try (PreparedStatement lock = to.db.prepareStatement(LOCK_HEAD);
                    ResultSet row = lock.executeQuery()) {
                row.next();
                tx.ask(to.db, row.getLong(1));
            }
            CommitOutcome outcome = send(to, tx, batch, keys, data);
            to.db.commit();
            to.db.setAutoCommit(true);
            return outcome;
        } catch (SQLException | RuntimeException e) {
            if (!(e instanceof SQLException sql && isLost(sql))) {
                to.db.rollback();
                to.db.setAutoCommit(true);
            }
            throw e;
        }
    }

    private CommitOutcome send(
            Writer to, PostgresTx tx, PostgresAppendBatch batch, PostgresAppendBatch.Keys keys, List<EventData> data)
            throws SQLException {
        try (PreparedStatement statement =
                to.db.prepareStatement(tx.after(keys.isEmpty() ? APPEND_WITHOUT_KEYS : APPEND_WITH_KEYS))) {
            int at = 1;
            statement.setObject(at++, to.id);
            statement.setInt(at++, data.size());
            statement.setInt(at++, data.size());
            statement.setLong(at++, to.batch);
            statement.setObject(at++, to.id);
            if (!keys.isEmpty()) {
                statement.setLong(at++, keysKept.toSeconds());
                at = keys.bind(to.db, statement, at);
            }
            at = bindEvents(to.db, statement, at, data);
            tx.bind(to.db, statement, at);
            statement.execute();
            try (ResultSet row = statement.getResultSet()) {
                row.next();
                return committed(batch, data, row.getLong(1), instant(row, 2));
            }
        }
    }

    private CommitOutcome.Committed committed(
            PostgresAppendBatch batch, List<EventData> data, long base, Instant receivedAt) {
        List<Event> events = new ArrayList<>(data.size());
        for (int i = 0; i < data.size(); i++) {
            events.add(new Event(base + 1 + i, receivedAt, data.get(i)));
        }
        partitions.reached(base + data.size());
        return new CommitOutcome.Committed(batch.results(base), events);
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** Whether the connection broke, so that what was sent may have been done or not. */
    private static boolean isLost(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.startsWith("08") || state.startsWith("57P");
    }

    private static boolean isOf(SQLException e, String state, String table) {
        return state.equals(e.getSQLState())
                && e instanceof PSQLException server
                && server.getServerErrorMessage() != null
                && table.equals(server.getServerErrorMessage().getTable());
    }

    private CommitOutcome failure(Exception e) {
        String state = e instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "";
        if (e instanceof SQLException sql && PostgresPartitions.isMissing(sql)) {
            return NO_PARTITION;
        }
        if (state.startsWith("22") || state.startsWith("23") || state.startsWith("54")) {
            return new CommitOutcome.BadData(String.valueOf(e.getMessage()));
        }
        drop();
        if (state.isEmpty()) {
            LOG.error("An append failed in the hub itself", e);
        } else {
            LOG.error("The database does not take an append ({}): {}", state, e.getMessage());
        }
        return new CommitOutcome.Failed("The database is not available; try again shortly");
    }

    @Override
    public CommitOutcome settle(CommitOutcome.Unknown unknown) {
        InDoubt doubt = inDoubt;
        if (doubt == null || !doubt.name().equals(unknown.batch())) {
            throw new IllegalStateException("Batch " + unknown.batch() + " is not in doubt");
        }
        try (Connection db = direct.getConnection();
                Statement limit = db.createStatement();
                PreparedStatement statement = db.prepareStatement(FENCE)) {
            limit.execute("SET lock_timeout = '5s'");
            statement.setObject(1, doubt.writer());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    inDoubt = null;
                    return OTHER_SERVER;
                }
                boolean committed = row.getLong(1) == doubt.number();
                LOG.info("Batch {} is {}", unknown.batch(), committed ? "committed" : "not stored, and will not be");
                inDoubt = null;
                return committed
                        ? committed(doubt.batch(), doubt.data(), row.getLong(2), instant(row, 3))
                        : new CommitOutcome.Failed("The database lost its connection; nothing was stored, try again");
            }
        } catch (SQLException e) {
            LOG.warn("Cannot ask for the outcome of batch {} yet: {}", unknown.batch(), e.getMessage());
            return unknown;
        }
    }

    private void lookUp(PostgresAppendBatch batch) throws SQLException {
        Connection db = writer().db;
        PostgresAppendBatch.Keys keys = batch.keys();
        try (PreparedStatement statement = db.prepareStatement(LOOK_UP_KEYS)) {
            keys.bindHashes(db, statement, 1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    keys.taken(rows.getInt(1) - 1, new AppendResult.Duplicate(rows.getLong(2), rows.getInt(3)));
                }
            }
        }
    }

    private static int bindEvents(Connection db, PreparedStatement statement, int from, List<EventData> data)
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
        statement.setArray(at++, db.createArrayOf("text", texts[9]));
        return at;
    }

    private static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000);
    }

    private Writer writer() throws SQLException {
        Writer open = writer;
        if (open == null) {
            Connection db = direct.getConnection();
            try (Statement statement = db.createStatement()) {
                statement.execute(GIVE_UP_IDLE_TRANSACTIONS);
                ResultSet row = statement.executeQuery(JOIN);
                row.next();
                open = new Writer(db, row.getObject(1, UUID.class));
                writer = open;
            } catch (SQLException e) {
                db.close();
                throw e;
            }
        }
        return open;
    }

    private void drop() {
        Writer open = writer;
        writer = null;
        if (open != null) {
            try {
                open.db.close();
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
    public List<Event> read(long after, int limit, long bytesMax) {
        return reads.read(after, limit, bytesMax);
    }

    @Override
    public List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
        return reads.read(tenant, models, Math.max(after, hiddenUpTo(tenant)), limit, bytesMax);
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
