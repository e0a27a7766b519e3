package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.http.Problem;
import dev.hookline.intake.mapping.Mapped;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.SignedCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a mapping makes of a source's bodies. */
record MappedBody(String tenant, String source, Mapping mapping) implements BodyMapping {
    @Override
    public Events map(JsonNode body, SignedCall call, Instant now) throws Problem {
        List<Mapped> mapped = mapping.mapAll(body, call::header, call::query);
        List<One> all = new ArrayList<>(mapped.size());
        for (Mapped one : mapped) {
            all.add(new One(one.event(tenant, source, now), one.deduplicationKey()));
        }
        return new Events(all, mapped.size() == 1 && mapped.getFirst().isAll(body));
    }
}
