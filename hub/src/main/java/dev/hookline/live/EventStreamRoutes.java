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
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/events}: the tenant's events as server-sent events, for a plain {@code EventSource}. Unnamed events, {@code
 * id:} the position, {@code data:} the canonical event on one line. Without a position only what is new; {@code ?since=} is
 * exclusive; {@code Last-Event-ID} wins over it. A position below what is kept starts at the oldest kept, after a comment
 * that says so. A comment every 15 seconds keeps the connection open; it ends when the token or its session does.
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
        CursorLoop loop = new CursorLoop(vertx, api.home(), tail);
        FrameCache<Buffer> frames = new FrameCache<>();
        api.securedStream(HttpMethod.GET, "/api/events", FOLLOW, context -> open(api, loop, frames, context));
    }

    private void open(Api api, CursorLoop loop, FrameCache<Buffer> frames, RoutingContext context) {
        String from = from(context);
        if (from == null) {
            start(api, loop, frames, context, Start.atHead(tail));
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
                () -> Start.after(log, tail, Api.principal(context).tenant(), wanted),
                start -> start(api, loop, frames, context, start),
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

    private void start(Api api, CursorLoop loop, FrameCache<Buffer> frames, RoutingContext context, Start start) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return;
        }
        open.incrementAndGet();
        Principal principal = Api.principal(context);
        Duration left = Duration.between(time.now(), principal.expiresAt());
        long end = vertx.setTimer(Math.max(1, left.toMillis()), timer -> response.end());
        EventStreamOutlet outlet = new EventStreamOutlet(response, frames, () -> api.stillCounts(principal));
        outlet.begin(start.comment());
        // Nobody asks for them again, and they would be kept for as long as the stream is open.
        context.request().headers().clear();
        Cursor cursor = loop.open(principal.tenant(), start.position(), outlet);
        response.endHandler(gone -> {
            vertx.cancelTimer(end);
            cursor.close();
            open.decrementAndGet();
        });
        cursor.pump();
    }
}
