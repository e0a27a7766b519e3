package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.delivery.FieldReader;
import dev.hookline.eventlog.EventLog;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Limits;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what is to be replayed from a request's body. */
final class ReplayFields {
    private static final int RATE_DEFAULT = 100;
    private static final int RATE_MAX = 1_000;
    private static final List<String> SOURCES = List.of("deliveries", "dead_letters", "events");

    private final ObjectNode body;
    private final FieldReader fields;
    private final EventLog log;

    ReplayFields(ObjectNode body, EventLog log) {
        this.body = body;
        this.fields = new FieldReader(body);
        this.log = log;
    }

    boolean dryRun() throws Problem {
        return Boolean.TRUE.equals(fields.bool("dry_run"));
    }

    /**
     * What is asked for, up to the log's head as it is now.
     *
     * @param otherwise the source where the body names none
     */
    Replay.Order order(Replay.Source otherwise) throws Problem {
        String named = fields.oneOf("source", SOURCES);
        Replay.Source source = named == null ? otherwise : Replay.Source.valueOf(named.toUpperCase(Locale.ROOT));
        Long subscription = subscription();
        if (source == Replay.Source.EVENTS && subscription == null) {
            throw fields.problem(
                    "subscription_id", "'subscription_id' is required: events are replayed to one subscription");
        }
        Integer rate = fields.number("rate", 1, RATE_MAX);
        DeliveryFilter filter = new DeliveryFilter(
                subscription,
                null,
                fields.text("event", 1, Limits.NAME_CHARS_MAX),
                fields.text("resource_type", 1, Limits.NAME_CHARS_MAX),
                fields.text("resource_id", 1, Limits.NAME_CHARS_MAX),
                DeliveryFilter.after(log, time("since")),
                Math.min(log.head(), DeliveryFilter.upTo(log, time("until"))));
        return new Replay.Order(source, statuses(source), filter, rate == null ? RATE_DEFAULT : rate);
    }

    private @Nullable Long subscription() throws Problem {
        JsonNode value = fields.value("subscription_id");
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw fields.problem("subscription_id", "'subscription_id' must be the id of a subscription");
        }
        return value.longValue();
    }

    private @Nullable Instant time(String field) throws Problem {
        String text = fields.text(field, 1, 40);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            throw fields.problem(field, "'" + field + "' must be a time as 2024-02-14T15:30:45Z");
        }
    }

    private List<String> statuses(Replay.Source source) throws Problem {
        if (source == Replay.Source.DEAD_LETTERS) {
            return List.of("dead");
        }
        JsonNode given = body.path("statuses");
        if (given.isMissingNode() || given.isNull()) {
            return List.of("dead", "cancelled");
        }
        List<String> statuses = new ArrayList<>();
        given.forEach(one -> statuses.add(one.asText()));
        boolean mayBeNone = source == Replay.Source.EVENTS;
        if (!given.isArray()
                || (statuses.isEmpty() && !mayBeNone)
                || !PostgresDeliveryActions.ENDED.containsAll(statuses)) {
            throw fields.problem(
                    "statuses", "'statuses' must be a list of " + String.join(", ", PostgresDeliveryActions.ENDED));
        }
        return statuses.stream().distinct().toList();
    }
}
