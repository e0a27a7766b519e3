package dev.hookline.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.MasterKey;
import dev.hookline.kernel.Json;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** The table {@code source}. Every change counts up the version, by which the nodes learn of it. */
public final class PostgresSources {
    private static final String COLUMNS = """
            SELECT id, tenant, name, path, kind, scheme, sealed_secret, sealed_previous, previous_until,
                   sealed_environment, mapping,
                   deduplication, allowed_addresses, rate_per_minute, address_rate_per_minute, log_calls, active,
                   created_at, updated_at
            FROM source
            """;

    private static final String NEXT_VERSION = "UPDATE source_version SET version = version + 1";

    private static final String INSERT = """
            INSERT INTO source (tenant, name, path, kind, scheme, sealed_secret, mapping, deduplication,
                                allowed_addresses, rate_per_minute, address_rate_per_minute, log_calls, active)
            VALUES (:tenant, :name, :path, :kind, CAST(:scheme AS json), :sealed, CAST(:mapping AS json),
                    CAST(:deduplication AS json), :allowed, :rate, :addressRate, :logCalls, :active)
            ON CONFLICT DO NOTHING
            RETURNING id
            """;

    private static final String INSERT_BUILT_IN = """
            INSERT INTO source (tenant, name, kind, address_rate_per_minute)
            VALUES (:tenant, :name, :name, :addressRate)
            ON CONFLICT DO NOTHING
            """;

    private static final String UPDATE = """
            UPDATE source
            SET name = :name, path = :path, scheme = CAST(:scheme AS json), sealed_secret = :sealed,
                sealed_previous = :previous, previous_until = :previousUntil,
                mapping = CAST(:mapping AS json), deduplication = CAST(:deduplication AS json),
                allowed_addresses = :allowed, rate_per_minute = :rate, address_rate_per_minute = :addressRate,
                log_calls = :logCalls, active = :active, updated_at = now()
            WHERE id = :id AND tenant = :tenant
            """;

    private static final String ROTATE = """
            UPDATE source
            SET sealed_previous = sealed_secret, previous_until = now() + make_interval(secs => :seconds),
                sealed_secret = :sealed, updated_at = now()
            WHERE id = :id AND tenant = :tenant AND path IS NOT NULL
            """;

    private static final String ROTATE_BUILT_IN = """
            UPDATE source
            SET sealed_previous = :previous, previous_until = now() + make_interval(secs => :seconds),
                sealed_secret = :sealed, sealed_environment = :environment, updated_at = now()
            WHERE id = :id AND tenant = :tenant AND path IS NULL
            """;

    private static final String DELETE = "DELETE FROM source WHERE id = :id AND tenant = :tenant AND path IS NOT NULL";

    private static final String NAME_TAKEN =
            "SELECT count(*) FROM source WHERE tenant = :tenant AND name = :name AND id <> :id";

    /** All sources, and the version they were read at. */
    record All(long version, List<Source> sources) {}

    private final Jdbi jdbi;
    private final MasterKey masterKey;

    public PostgresSources(Jdbi jdbi, MasterKey masterKey) {
        this.jdbi = jdbi;
        this.masterKey = masterKey;
    }

    long version() {
        return jdbi.withHandle(PostgresSources::version);
    }

    private static long version(Handle db) {
        return db.createQuery("SELECT version FROM source_version")
                .mapTo(Long.class)
                .one();
    }

    /** A change in between makes the version too low, which costs one more look. */
    All all() {
        return jdbi.withHandle(db -> {
            long version = version(db);
            return new All(
                    version,
                    db.createQuery(COLUMNS + "ORDER BY id")
                            .map((row, _) -> source(row))
                            .list());
        });
    }

    /** Makes the row for a built-in source's settings, where it is missing. */
    void ensureBuiltIn(String tenant, String name, @Nullable Integer addressRatePerMinute) {
        jdbi.useTransaction(db -> {
            int made = db.createUpdate(INSERT_BUILT_IN)
                    .bind("tenant", tenant)
                    .bind("name", name)
                    .bind("addressRate", addressRatePerMinute)
                    .execute();
            if (made > 0) {
                db.execute(NEXT_VERSION);
            }
        });
    }

    /** Makes a source; empty when its name or path is taken. The given id and times do not count. */
    Optional<Source> create(Source source) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            Optional<Long> id = bind(db.createQuery(INSERT), source)
                    .bind("kind", source.kind())
                    .mapTo(Long.class)
                    .findOne();
            return id.flatMap(made -> find(db, source.tenant(), made));
        });
    }

    /** Changes a source; false when its name is taken. */
    boolean update(Source source) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            long taken = db.createQuery(NAME_TAKEN)
                    .bind("tenant", source.tenant())
                    .bind("name", source.name())
                    .bind("id", source.id())
                    .mapTo(Long.class)
                    .one();
            return taken == 0
                    && bind(db.createUpdate(UPDATE), source)
                                    .bind("id", source.id())
                                    .bind("previous", seal(source.previous()))
                                    .bind("previousUntil", source.previousUntil())
                                    .execute()
                            == 1;
        });
    }

    /** Gives a source a new secret; the present one counts for a while more. False when there is none of this id. */
    boolean rotate(String tenant, long id, String secret, Duration overlap) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            return db.createUpdate(ROTATE)
                            .bind("tenant", tenant)
                            .bind("id", id)
                            .bind("sealed", seal(secret))
                            .bind("seconds", overlap.toSeconds())
                            .execute()
                    == 1;
        });
    }

    /**
     * The same for a built-in source.
     *
     * @param present what counted until now
     * @param environment what its variable says
     */
    boolean rotateBuiltIn(
            Source source, String secret, @Nullable String present, @Nullable String environment, Duration overlap) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            return db.createUpdate(ROTATE_BUILT_IN)
                            .bind("tenant", source.tenant())
                            .bind("id", source.id())
                            .bind("sealed", seal(secret))
                            .bind("previous", seal(present))
                            .bind("environment", seal(environment))
                            .bind("seconds", overlap.toSeconds())
                            .execute()
                    == 1;
        });
    }

    /** False when the tenant has none of this id, or it is built in. */
    boolean delete(String tenant, long id) {
        return jdbi.inTransaction(db -> {
            db.execute(NEXT_VERSION);
            return db.createUpdate(DELETE).bind("tenant", tenant).bind("id", id).execute() == 1;
        });
    }

    Optional<Source> find(String tenant, long id) {
        return jdbi.withHandle(db -> find(db, tenant, id));
    }

    private Optional<Source> find(Handle db, String tenant, long id) {
        return db.createQuery(COLUMNS + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> source(row))
                .findOne();
    }

    /** A tenant's sources, the built-in ones first. */
    List<Source> list(String tenant) {
        return jdbi.withHandle(db -> db.createQuery(COLUMNS + "WHERE tenant = :tenant ORDER BY path IS NOT NULL, name")
                .bind("tenant", tenant)
                .map((row, _) -> source(row))
                .list());
    }

    private <S extends SqlStatement<S>> S bind(S statement, Source source) {
        return statement
                .bind("tenant", source.tenant())
                .bind("name", source.name())
                .bind("path", source.path())
                .bind("scheme", text(source.scheme()))
                .bind("sealed", seal(source.secret()))
                .bind("mapping", text(source.mapping()))
                .bind("deduplication", text(source.deduplication()))
                .bind("allowed", source.allowedAddresses().toArray(String[]::new))
                .bind("rate", source.ratePerMinute())
                .bind("addressRate", source.addressRatePerMinute())
                .bind("logCalls", source.logCalls())
                .bind("active", source.active());
    }

    private static @Nullable String text(@Nullable JsonNode json) {
        return json == null ? null : Json.write(json);
    }

    private byte @Nullable [] seal(@Nullable String secret) {
        return secret == null ? null : masterKey.seal(secret.getBytes(UTF_8));
    }

    private @Nullable String open(byte @Nullable [] sealed, String name) {
        if (sealed == null) {
            return null;
        }
        byte[] secret = masterKey
                .open(sealed)
                .orElseThrow(() -> new IllegalStateException(
                        "The secret of source " + name + " was sealed under another master key"));
        return new String(secret, UTF_8);
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static @Nullable JsonNode json(ResultSet row, String column) throws SQLException {
        String json = row.getString(column);
        return json == null ? null : Json.read(json);
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    private Source source(ResultSet row) throws SQLException {
        String name = row.getString("name");
        Instant createdAt = row.getObject("created_at", OffsetDateTime.class).toInstant();
        Instant updatedAt = row.getObject("updated_at", OffsetDateTime.class).toInstant();
        return new Source(
                row.getLong("id"),
                row.getString("tenant"),
                name,
                row.getString("path"),
                row.getString("kind"),
                (ObjectNode) json(row, "scheme"),
                open(row.getBytes("sealed_secret"), name),
                open(row.getBytes("sealed_previous"), name),
                time(row, "previous_until"),
                open(row.getBytes("sealed_environment"), name),
                json(row, "mapping"),
                (ObjectNode) json(row, "deduplication"),
                texts(row.getArray("allowed_addresses")),
                row.getObject("rate_per_minute", Integer.class),
                row.getObject("address_rate_per_minute", Integer.class),
                row.getBoolean("log_calls"),
                row.getBoolean("active"),
                createdAt,
                updatedAt);
    }
}
