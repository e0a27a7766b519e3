package dev.hookline.http;

import dev.hookline.kernel.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers what went wrong, in the envelope of the path's family. */
public final class Errors {
    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);
    private static final int RETRY_AFTER_SECONDS = 1;
    private static final String MESSAGE = "hookline.error";
    private static final Pattern SECRET_PATH = Pattern.compile("(/in/[^/]*?)(?:/|%2[fF])");

    private Errors() {}

    public static void send(RoutingContext context, int status, String message) {
        send(context, status, message, null);
    }

    public static void send(RoutingContext context, int status, String message, @Nullable String field) {
        send(context, status, message, field == null ? null : wrong(context, field), RETRY_AFTER_SECONDS);
    }

    private static void send(
            RoutingContext context,
            int status,
            String message,
            ErrorFamily.@Nullable Field field,
            int retryAfterSeconds) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            response.reset();
            return;
        }
        context.put(MESSAGE, message);
        if (status == 503 || status == 429) {
            response.putHeader("Retry-After", Integer.toString(retryAfterSeconds));
        }
        if (status == 401) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        String requestId = String.valueOf(context.<Object>get(Call.REQUEST_ID));
        ErrorFamily family = ErrorFamily.of(String.valueOf(context.request().path()));
        int said = family.status(status);
        Reply reply = new Reply(said, family.body(said, message, field, requestId), Map.of());
        send(response, reply, Buffer.buffer(Json.write(reply.body())));
    }

    /** Of a request without a body all fields are in the query. */
    private static ErrorFamily.Field wrong(RoutingContext context, String field) {
        return new ErrorFamily.Field(Call.bodyOf(context).length() > 0 ? "body" : "query", field);
    }

    public static void send(RoutingContext context, Problem problem) {
        String name = problem.field();
        ErrorFamily.Field field =
                name == null ? null : problem.inQuery() ? new ErrorFamily.Field("query", name) : wrong(context, name);
        send(context, problem.status(), problem.text(), field, problem.retryAfterSeconds());
    }

    /** What a request was told that was refused here; null when it was not. */
    public static @Nullable String message(RoutingContext context) {
        return context.get(MESSAGE);
    }

    /** A request's path for logs. */
    public static String loggable(RoutingContext context) {
        return loggable(context.normalizedPath());
    }

    /**
     * A path for logs: what follows a source in it may be a secret.
     *
     * @param path normalized, for there are many ways to write one
     */
    public static String loggable(String path) {
        Matcher secret = SECRET_PATH.matcher(path);
        return secret.lookingAt() ? secret.group(1) + "/***" : path;
    }

    /** Completes when the connection has taken the answer whole. */
    static Future<Void> send(HttpServerResponse response, Reply reply, Buffer json) {
        response.setStatusCode(reply.status());
        reply.headers().forEach(response::putHeader);
        return reply.body().isMissingNode()
                ? response.end()
                : response.putHeader("Content-Type", "application/json").end(json);
    }

    /**
     * What a handler threw, or a status that the router set: 404, 405, 400 for a query that cannot be decoded.
     *
     * @param otherwise the status, where neither says one
     */
    static void unexpected(RoutingContext context, int otherwise) {
        Throwable failure = context.failure();
        int said = failure instanceof HttpException http ? http.getStatusCode() : context.statusCode();
        int status = said > 0 ? said : otherwise;
        if (failure instanceof Problem problem) {
            send(context, problem);
        } else if (status == 404) {
            send(context, 404, "Not Found");
        } else if (status == 405) {
            send(context, 405, "Method Not Allowed");
        } else if (status >= 400 && status < 500) {
            send(context, status, "Bad request");
        } else if (isDatabaseAway(failure)) {
            LOG.warn("{} {}: the database does not answer", context.request().method(), loggable(context));
            send(context, 503, "The database does not answer; try again shortly");
        } else {
            LOG.error("{} {} failed", context.request().method(), loggable(context), failure);
            send(context, 500, "An unexpected error occurred on the server");
        }
    }

    /** Classes 08, 53 and 57 of PostgreSQL's error codes, and a pool that gives no connection in time. */
    private static boolean isDatabaseAway(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState().matches("(08|53|57).*");
            }
        }
        return false;
    }
}
