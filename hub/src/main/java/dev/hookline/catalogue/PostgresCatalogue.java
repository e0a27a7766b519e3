package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The tables {@code catalogue} and {@code event_type}. Every change counts up its tenant's version first, under its lock. */
public final class PostgresCatalogue {
    private static final String NEXT_VERSION = """
            INSERT INTO catalogue (tenant) VALUES (:tenant)
            ON CONFLICT (tenant) DO UPDATE SET version = catalogue.version + 1
            """;

    private static final String VERSION = """
            SELECT version FROM catalogue WHERE tenant = :tenant
            """;

    private static final String VALIDATION = """
            SELECT validation FROM catalogue WHERE tenant = :tenant
            """;

    private static final String SET_VALIDATION = """
            UPDATE catalogue SET validation = :validation WHERE tenant = :tenant
            """;

    private static final String TYPES = """
            SELECT name, description, schema, sample, created_at, updated_at FROM event_type WHERE tenant = :tenant
            """;

    private static final String TOTALS = """
            SELECT count(*) AS types,
                   coalesce(sum(coalesce(octet_length(schema::text), 0) + coalesce(octet_length(sample::text), 0)), 0) AS bytes
            FROM event_type WHERE tenant = :tenant AND name <> :name
            """;

    private static final String PUT = """
            INSERT INTO event_type (tenant, name, description, schema, sample)
            VALUES (:tenant, :name, :description, :schema::json, :sample::json)
            ON CONFLICT (tenant, name) DO UPDATE
            SET description = excluded.description, schema = excluded.schema, sample = excluded.sample, updated_at = now()
            """;

    private static final String DELETE = """
            DELETE FROM event_type WHERE tenant = :tenant AND name = :name
            """;

    /** A tenant's other types, all together. */
    record Totals(int types, long bytes) {}

    /** Says what a type is to be, given what it is now, or refuses. */
    interface Edit<E extends Exception> {
        EventType apply(@Nullable EventType current, Totals others) throws E;
    }

    private final Jdbi jdbi;

    public PostgresCatalogue(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Counts a tenant's changes; 0 when there were none. */
    long version(String tenant) {
        return jdbi.withHandle(db -> version(db, tenant));
    }

    private static long version(Handle db, String tenant) {
        return db.createQuery(VERSION)
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .findOne()
                .orElse(0L);
    }

    /** A change in between makes the version too low, which costs one more look. */
    TenantCatalogue read(String tenant) {
        return jdbi.withHandle(db -> {
            long version = version(db, tenant);
            Validation validation = db.createQuery(VALIDATION)
                    .bind("tenant", tenant)
                    .mapTo(String.class)
                    .findOne()
                    .map(text -> Validation.valueOf(text.toUpperCase(Locale.ROOT)))
                    .orElse(Validation.WARN);
            List<EventType> types = db.createQuery(TYPES)
                    .bind("tenant", tenant)
                    .map((row, _) -> type(row))
                    .list();
            return new TenantCatalogue(version, validation, types);
        });
    }

    /** Makes or changes a type of a tenant's own, one change at a time. */
    <E extends Exception> EventType edit(String tenant, String name, Edit<E> edit) throws E {
        return jdbi.<EventType, E>inTransaction(db -> {
            db.createUpdate(NEXT_VERSION).bind("tenant", tenant).execute();
            Totals others = db.createQuery(TOTALS)
                    .bind("tenant", tenant)
                    .bind("name", name)
                    .map((row, _) -> new Totals(row.getInt("types"), row.getLong("bytes")))
                    .one();
            EventType wanted = edit.apply(find(db, tenant, name).orElse(null), others);
            db.createUpdate(PUT)
                    .bind("tenant", tenant)
                    .bind("name", name)
                    .bind("description", wanted.description())
                    .bind("schema", text(wanted.schema()))
                    .bind("sample", text(wanted.sample()))
                    .execute();
            return find(db, tenant, name).orElseThrow();
        });
    }

    /** False when the tenant has no type of this name. */
    boolean delete(String tenant, String name) {
        return jdbi.inTransaction(db -> {
            db.createUpdate(NEXT_VERSION).bind("tenant", tenant).execute();
            return db.createUpdate(DELETE)
                            .bind("tenant", tenant)
                            .bind("name", name)
                            .execute()
                    == 1;
        });
    }

    void setValidation(String tenant, Validation validation) {
        jdbi.useTransaction(db -> {
            db.createUpdate(NEXT_VERSION).bind("tenant", tenant).execute();
            db.createUpdate(SET_VALIDATION)
                    .bind("tenant", tenant)
                    .bind("validation", validation.text())
                    .execute();
        });
    }

    private static Optional<EventType> find(Handle db, String tenant, String name) {
        return db.createQuery(TYPES + "AND name = :name")
                .bind("tenant", tenant)
                .bind("name", name)
                .map((row, _) -> type(row))
                .findOne();
    }

    private static EventType type(ResultSet row) throws SQLException {
        return new EventType(
                row.getString("name"),
                row.getString("description"),
                object(row.getString("schema")),
                object(row.getString("sample")),
                time(row, "created_at"),
                time(row, "updated_at"));
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable ObjectNode object(@Nullable String json) {
        return json == null ? null : (ObjectNode) Json.read(json);
    }

    private static @Nullable String text(@Nullable ObjectNode json) {
        return json == null ? null : Json.write(json);
    }
}
