package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Actor;
import dev.hookline.access.Principal;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One request, read and checked. */
public final class Call {
    static final String BODY = "hookline.body";
    static final String PRINCIPAL = "hookline.principal";
    static final String REQUEST_ID = "hookline.request-id";
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._\\-:\\[\\]]{1,255}");

    private final RoutingContext context;
    private final Api api;

    Call(RoutingContext context, Api api) {
        this.context = context;
        this.api = api;
    }

    RoutingContext context() {
        return context;
    }

    /** Who calls. Only on routes that need a token. */
    public Principal principal() {
        return principalOf(context);
    }

    static Principal principalOf(RoutingContext context) {
        Principal principal = context.get(PRINCIPAL);
        if (principal == null) {
            throw new IllegalStateException(context.request().path() + " was mounted without a token rule");
        }
        return principal;
    }

    /** Who calls; null where the route let a caller in without a token. */
    public @Nullable Principal caller() {
        return context.get(PRINCIPAL);
    }

    /** Where the call comes from; a proxy of ours is looked through. */
    public InetAddress address() {
        return api.addresses.of(context.request());
    }

    /** 401 for a call on a route for anyone that shows no token that counts, with this text; 429 for one of too many. */
    Problem stranger(String unauthorized) {
        return api.limits.stranger(address(), unauthorized);
    }

    /** What {@code X-Request-ID} says. */
    public String requestId() {
        return Api.requestId(context);
    }

    /** The caller, as the audit trail names who does something. */
    public Actor actor() {
        return Actor.of(principal(), address(), requestId());
    }

    /**
     * Keeps in the audit trail what the caller has done. What is called a secret is masked.
     *
     * @param action as {@code source.delete}
     * @param subject as {@code source/7}
     * @param before null for what was not there
     * @param after null for what is not there any more
     */
    public void audit(String action, String subject, @Nullable JsonNode before, @Nullable JsonNode after) {
        api.audit.write(actor(), action, subject, before, after);
    }

    /**
     * Lets a request name a user: the caller itself or, for an administrator, any of the tenant's. Asks the database in the
     * second case.
     *
     * @throws Problem 403 for somebody else's id, 404 for an id that the tenant does not have
     */
    public void actFor(long userId) throws Problem {
        Principal caller = principal();
        if (!caller.mayActFor(userId)) {
            throw Problem.of(
                    403,
                    "You are user " + caller.userId() + "; only an administrator may act for others, and by an API key"
                            + " only with the scope 'admin'");
        }
        if (userId != caller.userId() && !api.access.hasUser(caller.tenant(), userId)) {
            throw Problem.of(404, "There is no user with this id");
        }
    }

    public String path(String parameter) throws Problem {
        String value = context.pathParam(parameter);
        if (value == null || value.isEmpty() || value.length() > Limits.NAME_CHARS_MAX || value.indexOf('\0') >= 0) {
            throw Problem.of(404, "Not found");
        }
        return value;
    }

    /** A query parameter; null when it is absent. Of a repeated one the first counts. */
    public @Nullable String query(String parameter) throws Problem {
        var values = context.queryParam(parameter);
        if (values.isEmpty()) {
            return null;
        }
        String value = values.getFirst();
        if (value.indexOf('\0') >= 0) {
            throw Problem.query(parameter, "'" + parameter + "' must not hold the character \\u0000");
        }
        return value;
    }

    public int query(String parameter, int otherwise, int min, int max) throws Problem {
        String value = query(parameter);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw Problem.query(parameter, "'" + parameter + "' must be a whole number, not '" + value + "'");
        }
        throw Problem.query(parameter, "'" + parameter + "' must be from " + min + " to " + max);
    }

    public boolean query(String parameter, boolean otherwise) throws Problem {
        String value = query(parameter);
        return switch (value) {
            case null -> otherwise;
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw Problem.query(parameter, "'" + parameter + "' must be true or false");
        };
    }

    /**
     * A query parameter that is a time in ISO 8601; null when it is absent. Without a zone it is UTC, without a time of day
     * the day's first moment. The {@code +} of a zone may come as the space that it means in a query.
     */
    public @Nullable Instant time(String parameter) throws Problem {
        String value = query(parameter);
        if (value == null || value.isBlank()) {
            return null;
        }
        return instant(value)
                .orElseThrow(
                        () -> Problem.query(parameter, "'" + parameter + "' must be a time as 2024-02-14T15:30:45Z"));
    }

    /** A time as {@link #time} takes it; empty when it is none. */
    public static Optional<Instant> instant(String value) {
        String text = value.strip()
                .replaceFirst("^(\\d{4}-\\d\\d-\\d\\d)$", "$1T00:00")
                .replaceFirst("^(\\d{4}-\\d\\d-\\d\\d) ", "$1T")
                .replaceFirst(" (\\d\\d:\\d\\d)$", "+$1");
        try {
            TemporalAccessor parsed =
                    DateTimeFormatter.ISO_DATE_TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
            OffsetDateTime time = parsed instanceof LocalDateTime local
                    ? local.atOffset(ZoneOffset.UTC)
                    : OffsetDateTime.from(parsed);
            if (time.getYear() >= 1 && time.getYear() <= 9999) {
                return Optional.of(time.toInstant());
            }
        } catch (DateTimeException e) {
            // Said below, together with a year that is out of range.
        }
        return Optional.empty();
    }

    /** The URL's start as the caller wrote it, {@code https://hub.example.org}: what a proxy says of the scheme counts. */
    public String origin() {
        HttpServerRequest request = context.request();
        String forwarded = request.getHeader("X-Forwarded-Proto");
        String scheme = "https".equalsIgnoreCase(forwarded) ? "https" : request.scheme();
        HostAndPort authority = request.authority();
        String host = authority == null ? "" : authority.toString();
        return scheme + "://" + (HOST.matcher(host).matches() ? host : "localhost");
    }

    /** A header; null when it is absent. */
    public @Nullable String header(String name) {
        return context.request().getHeader(name);
    }

    public ObjectNode jsonObject() throws Problem {
        try {
            return Json.parseObject(body().getBytes());
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }

    /** The body's bytes as they came. */
    public Buffer body() {
        return bodyOf(context);
    }

    static Buffer bodyOf(RoutingContext context) {
        Buffer body = context.get(BODY);
        return body == null ? Buffer.buffer() : body;
    }
}
