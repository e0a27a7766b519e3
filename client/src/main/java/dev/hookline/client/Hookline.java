package dev.hookline.client;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A hub to publish to. Safe for many threads.
 *
 * <p>Every call has an idempotency key of its own and is tried again, under the same key, when the connection is cut or the
 * hub has no room (429, 503, and 502 and 504 of a proxy), until its deadline: each event is stored once, however often it had
 * to be sent. What the hub refuses is not tried again. Calls block.
 */
public final class Hookline extends Triggers<Published> {
    /** The hub takes no more events in one request. */
    public static final int EVENTS_MAX = 1_000;

    private static final String EVENTS = "/api/v1/tenant/webhooks/events";
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /** A hub whose address is known, but not yet who calls. */
    public static final class Address {
        private final URI url;
        private final Duration deadline;

        private Address(URI url, Duration deadline) {
            this.url = url;
            this.deadline = deadline;
        }

        /** How long a call may take, with all its tries; 60 seconds unless it is set. */
        public Address deadline(Duration longest) {
            return new Address(url, longest);
        }

        /** Calls with a token that the caller takes care of. */
        public Hookline token(String token) {
            return new Hookline(new Transport(url, deadline, Credentials.token(token), Pause.REAL));
        }

        /** Signs in, and again before the token ends. */
        public Hookline login(String username, String password) {
            return new Hookline(new Transport(url, deadline, Credentials.login(username, password), Pause.REAL));
        }
    }

    private final Transport transport;

    Hookline(Transport transport) {
        this.transport = transport;
    }

    /**
     * Names a hub.
     *
     * @param url as in {@code http://127.0.0.1:8000}
     */
    public static Address at(String url) {
        return new Address(URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url), DEADLINE);
    }

    /** A batch to fill and send. */
    public Batch batch() {
        return new Batch(this);
    }

    /** Publishes one event. */
    public Published publish(Event event) {
        return publish(List.of(event));
    }

    /**
     * Publishes events together, or none of them.
     *
     * @param events 1 to 1,000
     * @throws HooklineException when they could not be published; its type says why
     */
    public Published publish(List<Event> events) {
        return publish(events, transport.newKey());
    }

    /**
     * As {@link #publish(List)}, under a key that the caller gives: the same events under the same key are stored once.
     *
     * @param idempotencyKey 1 to 255 characters
     */
    public Published publish(List<Event> events, String idempotencyKey) {
        if (events.isEmpty() || events.size() > EVENTS_MAX) {
            throw new IllegalArgumentException("A request has 1 to " + EVENTS_MAX + " events, not " + events.size());
        }
        Object body = events.size() == 1
                ? events.get(0).json()
                : Map.of("events", events.stream().map(Event::json).toList());
        try {
            return published(transport.post(EVENTS, JsonText.write(body), idempotencyKey));
        } catch (HooklineException.Unavailable e) {
            throw e.with(events);
        }
    }

    String newKey() {
        return transport.newKey();
    }

    @Override
    Published put(Event event) {
        return publish(event);
    }

    private static Published published(Map<String, @Nullable Object> answer) {
        List<Long> ids = new ArrayList<>();
        for (Object id : list(answer.get("ids"))) {
            if (id instanceof BigDecimal number) {
                ids.add(number.longValue());
            }
        }
        List<Published.Warning> warnings = new ArrayList<>();
        for (Object each : list(answer.get("warnings"))) {
            Map<?, ?> warning = each instanceof Map<?, ?> map ? map : new LinkedHashMap<>();
            warnings.add(new Published.Warning(
                    String.valueOf(warning.get("field")), String.valueOf(warning.get("message"))));
        }
        return new Published(ids, Boolean.TRUE.equals(answer.get("duplicate")), warnings);
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
