package dev.hookline.live;

import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Time;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/events}: the tenant's events as server-sent events, for a plain {@code EventSource}. Unnamed events, {@code
 * id:} the position, {@code data:} the canonical event on one line. Without a position only what is new; {@code ?since=} is
 * exclusive; {@code Last-Event-ID} wins over it. A position below what is kept starts at the oldest kept, after a comment
 * that says so. A comment every 15 seconds keeps the connection open; it ends when the token does.
 */
public final class EventStreamRoutes implements Routes {
    private static final Rule FOLLOW = Rule.of(Role.DEVICE, Scope.EVENTS_READ);
    private final Vertx vertx;
    private final EventLog log;
    private final Tail tail;
    private final Time time;
    private final AtomicInteger open = new AtomicInteger();

    public EventStreamRoutes(Vertx vertx, EventLog log, Tail tail, Time time, MeterRegistry registry) {
        this.vertx = vertx;
        this.log = log;
        this.tail = tail;
        this.time = time;
        Gauge.builder("sse.connections.active", open, AtomicInteger::get)
                .description("Open event streams")
                .register(registry);
    }

    @Override
    public void mount(Api api) {
        StreamLoop loop = new StreamLoop(vertx, api.home(), tail);
        api.securedStream(HttpMethod.GET, "/api/events", FOLLOW, context -> open(loop, context));
    }

    private void open(StreamLoop loop, RoutingContext context) {
        String from = from(context);
        if (from == null) {
            start(loop, context, tail.head(), "Connected at position " + tail.head());
            return;
        }
        long since;
        try {
            since = Long.parseLong(from.strip());
        } catch (NumberFormatException e) {
            since = -1;
        }
        if (since < 0) {
            Errors.send(context, 422, "'since' and Last-Event-ID must be a position, a whole number from 0", "since");
            return;
        }
        long wanted = since;
        loop.readTable(
                () -> startOf(Api.principal(context).tenant(), wanted),
                start -> start(loop, context, start.position(), start.comment()),
                failure -> Errors.send(context, 503, "The log cannot be read; try again shortly"));
    }

    private static @Nullable String from(RoutingContext context) {
        String last = context.request().getHeader("Last-Event-ID");
        if (last != null && !last.isBlank()) {
            return last;
        }
        List<String> since = context.queryParam("since");
        return since.isEmpty() ? null : since.getFirst();
    }

    private record Start(long position, String comment) {}

    private Start startOf(String tenant, long since) {
        tail.catchUpTo(since);
        long head = tail.head();
        if (since > head) {
            return new Start(head, "Position " + since + " is beyond the head; following from " + head);
        }
        long oldest = log.oldest(tenant);
        if (since + 1 < oldest) {
            return new Start(
                    oldest - 1,
                    "Positions " + (since + 1) + " to " + (oldest - 1) + " are no longer kept; starting at " + oldest);
        }
        return new Start(since, "Resuming after position " + since);
    }

    private void start(StreamLoop loop, RoutingContext context, long position, String comment) {
        Principal principal = Api.principal(context);
        if (context.response().closed()) {
            return;
        }
        open.incrementAndGet();
        Duration left = Duration.between(time.now(), principal.expiresAt());
        loop.open(context.response(), principal.tenant(), position, comment, left, open::decrementAndGet);
    }
}
