package dev.hookline.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Committer;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /health}: 200 {@code {"status":"healthy",…}}, or 503 {@code "unhealthy"} when the database does not answer or this
 * hub appends nothing more; the same of the database and of Redis for seed 001's clients; and {@code GET /}, which says what this is.
 */
public final class HealthRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(HealthRoutes.class);
    private static final int DATABASE_SECONDS_MAX = 3;

    private final DataSource pool;
    private final Committer committer;
    private final Time time;
    private final String environment;
    private final String version;

    public HealthRoutes(DataSource pool, Committer committer, Time time, String environment, String version) {
        this.pool = pool;
        this.committer = committer;
        this.time = time;
        this.environment = environment;
        this.version = version;
    }

    @Override
    public void mount(Api api) {
        api.open(HttpMethod.GET, "/health", 0, this::health);
        api.open(HttpMethod.GET, "/health/db", 0, _ -> Reply.ok(database()));
        api.open(HttpMethod.GET, "/health/redis", 0, _ -> Reply.ok(redis()));
        api.open(HttpMethod.GET, "/", 0, this::home);
    }

    private Reply health(Call call) {
        boolean database = databaseAnswers();
        boolean healthy = database && !committer.isDead();
        return Reply.of(
                healthy ? 200 : 503,
                Json.object()
                        .put("status", healthy ? "healthy" : "unhealthy")
                        .put("timestamp", time.now().toString())
                        .put("service", "hookline")
                        .put("version", version)
                        .put("environment", environment)
                        .put("database", database ? "connected" : "disconnected"));
    }

    /** Of seed 001's server, which says so with 200 in any case. */
    private ObjectNode database() {
        boolean answers = databaseAnswers();
        ObjectNode said = Json.object()
                .put("status", answers ? "healthy" : "unhealthy")
                .put("database", answers ? "connected" : "disconnected")
                .put("timestamp", time.now().toString());
        return answers ? said : said.put("error", "The database does not answer");
    }

    /** Seed 001's server needs Redis; the hub does not (decision 19). */
    private ObjectNode redis() {
        return Json.object()
                .put("status", "healthy")
                .put("redis", "not used")
                .put("timestamp", time.now().toString());
    }

    private boolean databaseAnswers() {
        try (Connection db = pool.getConnection()) {
            return db.isValid(DATABASE_SECONDS_MAX);
        } catch (SQLException e) {
            LOG.warn("The database does not answer: {}", e.getMessage());
            return false;
        }
    }

    private Reply home(Call call) {
        return Reply.ok(Json.object()
                .put("message", "Hookline is running")
                .put("version", version)
                .put("docs", "/docs")
                .put("graphiql", "/graphiql")
                .put("health", "/health"));
    }
}
