package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.OperationalTypes;
import dev.hookline.catalogue.TenantCatalogue;
import dev.hookline.catalogue.Validation;
import dev.hookline.catalogue.Violation;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Problem;
import dev.hookline.intake.PublishMetrics.Kind;
import dev.hookline.intake.PublishMetrics.Outcome;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The events of one publish request, mapped one by one and held against the tenant's catalogue. Used by one thread. */
final class PublishRequest implements Json.Elements<Problem> {
    static final String LIST = "events";
    private static final int EVENTS_MAX = 1_000;
    private static final int WARNINGS_MAX = 100;

    private final String tenant;
    private final TenantCatalogue catalogue;
    private final PublishMetrics metrics;
    private final Instant now;
    private final List<EventData> events = new ArrayList<>();
    private final ArrayNode warnings = Json.object().arrayNode();
    private final Set<String> unknownTypes = new HashSet<>();
    private int warningsOmitted;

    PublishRequest(String tenant, TenantCatalogue catalogue, PublishMetrics metrics, Instant now) {
        this.tenant = tenant;
        this.catalogue = catalogue;
        this.metrics = metrics;
        this.now = now;
    }

    /** Takes a body: one event, or a list of them. */
    void read(byte[] body) throws Problem {
        ObjectNode rest;
        try {
            rest = Json.parseObject(body, LIST, this);
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
        if (rest.has(LIST)) {
            throw notAList();
        }
        if (events.isEmpty()) {
            add(rest, "");
        }
    }

    @Override
    public void take(int index, JsonNode element) throws Problem {
        if (index >= EVENTS_MAX) {
            throw notAList();
        }
        String at = LIST + "[" + index + "]";
        if (!(element instanceof ObjectNode event)) {
            throw Problem.field(at, "'" + at + "' must be an object");
        }
        add(event, at + ".");
    }

    private static Problem notAList() {
        return Problem.field(LIST, "'" + LIST + "' must be a list of 1 to " + EVENTS_MAX + " events");
    }

    private void add(ObjectNode body, String at) throws Problem {
        EventData event = PublishMapping.map(tenant, body, at, now);
        if (OperationalTypes.contains(event.eventType())) {
            String field = at + "event";
            throw Problem.field(field, "'" + field + "' is a type of event that the hub alone makes");
        }
        validate(event.eventType(), PublishMapping.data(body, at), at);
        events.add(event);
    }

    private void validate(String type, ObjectNode data, String at) throws Problem {
        List<Violation> violations = catalogue.check(type, data);
        if (violations == null) {
            if (unknownTypes.add(type)) {
                violated(Kind.UNKNOWN_TYPE, at + "event", "'" + type + "' is not in the event catalogue");
            }
            return;
        }
        boolean first = true;
        for (Violation violation : violations) {
            String field = at + "data" + (violation.path().isEmpty() ? "" : "." + violation.path());
            violated(first ? Kind.SCHEMA : null, field, violation.message());
            first = false;
        }
    }

    /** Refuses or notes; counts an event once, by its first violation. */
    private void violated(@Nullable Kind counted, String field, String message) throws Problem {
        boolean refuse = catalogue.validation() == Validation.REFUSE;
        if (counted != null) {
            metrics.violated(counted, refuse ? Outcome.REFUSED : Outcome.WARNED);
        }
        if (refuse) {
            throw Problem.field(field, "'" + field + "': " + message);
        }
        if (warnings.size() < WARNINGS_MAX) {
            warnings.addObject().put("field", field).put("message", message);
        } else {
            warningsOmitted++;
        }
    }

    List<EventData> events() {
        return events;
    }

    /** Each {@code {field, message}}; a hundred at most. */
    ArrayNode warnings() {
        return warnings;
    }

    /** How many more there would be. */
    int warningsOmitted() {
        return warningsOmitted;
    }
}
