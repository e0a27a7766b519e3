package dev.hookline.eventlog;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Lists and counts of a tenant's events. A list without a filter beyond models costs what its page and its offset do; one with
 * a filter walks back until its page is full, for ten seconds at most. Counts read all that they count.
 */
public final class PostgresEventSearch {
    private static final int SECONDS_MAX = 10;
    private static final long PAGE_BYTES_MAX = 4L << 20;
    private static final String CANCELED = "57014";

    /** The positions of a list, the newest first: see {@link PostgresEventReads} for the comparisons of rows. */
    private static final String CONDITIONS = """
                AND position > ? AND position < ? AND (?::bigint IS NULL OR record_id = ? OR (record_id IS NULL AND record_key = ?::text))
                AND (?::text IS NULL OR operation = ?) AND (?::text IS NULL OR priority = ?)
                AND (?::text IS NULL OR category = ?) AND (?::bigint[] IS NULL OR position = ANY (?))
            """;

    static final String OF_TENANT = """
            SELECT e.position
            FROM unnest(?::text[], ?::text[]) AS t (tenant, model),
            LATERAL (
              SELECT position FROM event
              WHERE (tenant, position) > (t.tenant, ?) AND (tenant, position) < (t.tenant, ?)
            %s  ORDER BY tenant DESC, position DESC LIMIT ?
            ) e
            ORDER BY e.position DESC OFFSET ? LIMIT ?
            """.formatted(CONDITIONS);

    static final String OF_MODELS = """
            SELECT e.position
            FROM unnest(?::text[], ?::text[]) AS m (tenant, model),
            LATERAL (
              SELECT position FROM event
              WHERE (tenant, model, position) > (m.tenant, m.model, ?)
                AND (tenant, model, position) < (m.tenant, m.model, ?)
            %s  ORDER BY tenant DESC, model DESC, position DESC LIMIT ?
            ) e
            ORDER BY e.position DESC OFFSET ? LIMIT ?
            """.formatted(CONDITIONS);

    private static final String WITHOUT_PAYLOAD = PostgresEventReads.AT_BACKWARDS.replace(
            "changed_fields, payload", "changed_fields, 'null'::json AS payload");

    private static final String COUNTS = """
            SELECT model, priority, category, count(*)
            FROM event
            WHERE tenant = ? AND position > ? AND position <= ? AND (?::text[] IS NULL OR model = ANY (?))
            GROUP BY model, priority, category
            """;

    private static final String COUNTS_BY_MODEL = """
            SELECT model, count(*) FROM event WHERE tenant = ? AND position > ? AND position <= ? GROUP BY model
            """;

    /** Each model by one look into the index: the next one after the last. */
    private static final String MODELS = """
            WITH RECURSIVE found (model, first) AS (
              (SELECT model, position FROM event WHERE tenant = ? ORDER BY tenant, model, position LIMIT 1)
              UNION ALL
              SELECT n.model, n.position
              FROM found f,
              LATERAL (
                SELECT model, position FROM event
                WHERE tenant = ? AND model > f.model ORDER BY tenant, model, position LIMIT 1
              ) n
            )
            SELECT model, first FROM found f
            WHERE EXISTS (SELECT 1 FROM event e WHERE e.tenant = ? AND e.model = f.model AND e.position > ?)
            ORDER BY first LIMIT ?
            """;

    /** Too much would have to be read: the caller has to ask for less. */
    public static final class TooBroad extends Exception {
        private static final long serialVersionUID = 1L;

        private TooBroad() {
            super("That takes too long to find: narrow it by 'since' or by the model", null, false, false);
        }
    }

    /** How many events are of a kind. */
    public record Count(String model, String priority, String category, long events) {}

    /** How many events are of a model. */
    public record ModelCount(String model, long events) {}

    /** A model that there are events of, and the first of them. */
    public record KnownModel(String model, long first) {}

    private final DataSource pool;
    private final EventLog log;

    public PostgresEventSearch(DataSource pool, EventLog log) {
        this.pool = pool;
        this.log = log;
    }

    private interface Read<T> {
        T on(Connection db) throws SQLException;
    }

    private <T> T call(Read<T> read) throws TooBroad {
        try (Connection db = pool.getConnection()) {
            return read.on(db);
        } catch (SQLException e) {
            if (CANCELED.equals(e.getSQLState())) {
                throw new TooBroad();
            }
            throw new TxException(e);
        }
    }

    /**
     * The newest events first, {@code limit} after {@code offset}. Where they are large, the later ones come with the payload
     * {@code null}: so a page is whole, and its size is bounded.
     */
    public List<Event> newest(EventQuery query, int offset, int limit) throws TooBroad {
        return call(db -> {
            Long[] positions = find(db, query, offset, limit);
            List<Event> page = PostgresEventReads.at(db, PostgresEventReads.AT_BACKWARDS, positions, PAGE_BYTES_MAX);
            if (page.size() == positions.length) {
                return page;
            }
            Set<Long> there = page.stream().map(Event::position).collect(Collectors.toSet());
            List<Long> missing = new ArrayList<>(List.of(positions));
            missing.removeAll(there);
            List<Event> all = new ArrayList<>(page);
            all.addAll(PostgresEventReads.at(db, WITHOUT_PAYLOAD, missing.toArray(Long[]::new)));
            all.sort(Comparator.comparingLong(Event::position).reversed());
            return all;
        });
    }

    private Long[] find(Connection db, EventQuery query, int offset, int limit) throws SQLException {
        boolean all = query.models().isEmpty();
        String[] models = all ? new String[] {""} : query.models().toArray(String[]::new);
        String[] tenants = Collections.nCopies(models.length, query.tenant()).toArray(String[]::new);
        long after = Math.max(query.after(), log.hiddenUpTo(query.tenant()));
        try (PreparedStatement statement = db.prepareStatement(all ? OF_TENANT : OF_MODELS)) {
            if (query.isNarrow()) {
                statement.setQueryTimeout(SECONDS_MAX);
            }
            int at = 1;
            statement.setArray(at++, db.createArrayOf("text", tenants));
            statement.setArray(at++, db.createArrayOf("text", models));
            for (int i = 0; i < 2; i++) {
                statement.setLong(at++, after);
                statement.setLong(at++, query.before());
            }
            Long record = query.recordId();
            statement.setObject(at++, record, Types.BIGINT);
            statement.setObject(at++, record, Types.BIGINT);
            statement.setString(at++, record == null ? null : record.toString());
            for (String text : new @Nullable String[] {query.operation(), query.priority(), query.category()}) {
                statement.setString(at++, text);
                statement.setString(at++, text);
            }
            List<Long> only = query.positions();
            Array positions = only == null ? null : db.createArrayOf("bigint", only.toArray());
            statement.setArray(at++, positions);
            statement.setArray(at++, positions);
            statement.setLong(at++, (long) offset + limit);
            statement.setInt(at++, offset);
            statement.setInt(at, limit);
            return PostgresEventReads.positions(statement);
        }
    }

    /** The newest event above a position, if there is one. */
    public List<Event> last(String tenant, long after) {
        return log.readBackwards(tenant, Set.of(), Math.max(after, log.hiddenUpTo(tenant)), Long.MAX_VALUE, 1);
    }

    /** How many events there are between two positions, by model. */
    public List<ModelCount> countByModel(String tenant, long after, long upTo) throws TooBroad {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(COUNTS_BY_MODEL)) {
                statement.setQueryTimeout(SECONDS_MAX);
                statement.setString(1, tenant);
                statement.setLong(2, Math.max(after, log.hiddenUpTo(tenant)));
                statement.setLong(3, upTo);
                List<ModelCount> counts = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        counts.add(new ModelCount(row.getString(1), row.getLong(2)));
                    }
                }
                counts.sort(
                        Comparator.comparingLong(ModelCount::events).reversed().thenComparing(ModelCount::model));
                return counts;
            }
        });
    }

    /**
     * How many events there are between two positions, by kind.
     *
     * @param models empty for all of them
     */
    public List<Count> count(String tenant, Set<String> models, long after, long upTo) throws TooBroad {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(COUNTS)) {
                statement.setQueryTimeout(SECONDS_MAX);
                Array only = models.isEmpty() ? null : db.createArrayOf("text", models.toArray());
                statement.setString(1, tenant);
                statement.setLong(2, Math.max(after, log.hiddenUpTo(tenant)));
                statement.setLong(3, upTo);
                statement.setArray(4, only);
                statement.setArray(5, only);
                List<Count> counts = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        counts.add(new Count(row.getString(1), row.getString(2), row.getString(3), row.getLong(4)));
                    }
                }
                return counts;
            }
        });
    }

    /** The models that a tenant has events of, by when each came first. */
    public List<KnownModel> models(String tenant, int limit) throws TooBroad {
        return call(db -> {
            try (PreparedStatement statement = db.prepareStatement(MODELS)) {
                statement.setQueryTimeout(SECONDS_MAX);
                statement.setString(1, tenant);
                statement.setString(2, tenant);
                statement.setString(3, tenant);
                statement.setLong(4, log.hiddenUpTo(tenant));
                statement.setInt(5, limit);
                List<KnownModel> models = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        models.add(new KnownModel(row.getString(1), row.getLong(2)));
                    }
                }
                return models;
            }
        });
    }
}
