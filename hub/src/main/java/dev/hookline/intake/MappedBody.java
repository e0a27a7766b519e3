package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Problem;
import dev.hookline.intake.mapping.Mapped;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.SignedCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** A user's source: what its mapping makes of a body. */
record MappedBody(String tenant, String source, Mapping mapping) implements BodyMapping {
    @Override
    public Events map(JsonNode body, SignedCall call, Instant now) throws Problem {
        List<Mapped> all = mapping.mapAll(body, call::header, call::query);
        List<EventData> data = new ArrayList<>(all.size());
        // A batch is stored at once or not at all, so it has one key: all of its events' keys.
        StringJoiner keys = new StringJoiner("\n");
        boolean keyed = true;
        for (Mapped one : all) {
            data.add(one.event(tenant, source, now));
            keys.add(String.valueOf(one.deduplicationKey()));
            keyed &= one.deduplicationKey() != null;
        }
        boolean bodyIsPayload = all.size() == 1 && all.getFirst().payload().equals(body);
        return new Events(data, keyed && !all.isEmpty() ? keys.toString() : null, bodyIsPayload);
    }
}
