package dev.hookline.eventlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What else an append writes on PostgreSQL, for the {@code Postgres…} classes that take part in one. Nothing runs when it is
 * added: the statements go to the server together with the events, after them, in one round trip and one transaction.
 *
 * <p>They run under the lock on {@code log_head}, whose row already stands as the append leaves it: the last of the n events
 * has the position that it shows, and the first has that less n - 1.
 */
public final class PostgresTx implements Tx {
    /** Fills the parameters of a statement. */
    public interface Parameters {
        /**
         * Binds its parameters.
         *
         * @param from the place of the first
         * @return the place after the last
         */
        int bind(Connection db, PreparedStatement statement, int from) throws SQLException;
    }

    /** A query whose answer the statements need. */
    public interface Query {
        /**
         * Reads.
         *
         * @param base the position before the first event's
         */
        void read(Connection db, long base) throws SQLException;
    }

    private record Part(String sql, Parameters parameters) {}

    private final List<EventData> events;
    private final List<Query> queries = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();

    PostgresTx(List<EventData> events) {
        this.events = events;
    }

    /**
     * Puts another event in the place of one that is about to be appended; of the same tenant, source and model. Until the
     * last {@link Query} has been read.
     *
     * @param place from 0, in the batch
     */
    public void replace(int place, EventData event) {
        events.set(place, event);
    }

    /**
     * Asks something first, under the lock on the head. The append then takes three round trips more: for the lock, the
     * query and the commit.
     */
    public void first(Query query) {
        queries.add(query);
    }

    /**
     * Adds a statement that answers no rows.
     *
     * @param sql one statement, with {@code ?} for each parameter
     */
    public void add(String sql, Parameters parameters) {
        parts.add(new Part(sql, parameters));
    }

    boolean asksFirst() {
        return !queries.isEmpty();
    }

    void ask(Connection db, long base) throws SQLException {
        for (Query query : queries) {
            query.read(db, base);
        }
    }

    /** The statement given, and those added, as one text. */
    String after(String first) {
        StringBuilder sql = new StringBuilder(first);
        parts.forEach(part -> sql.append(";\n").append(part.sql()));
        return sql.toString();
    }

    void bind(Connection db, PreparedStatement statement, int from) throws SQLException {
        int at = from;
        for (Part part : parts) {
            at = part.parameters().bind(db, statement, at);
        }
    }
}
