package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SignedCall;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a source's bodies mean. Safe for threads; does not block. */
public interface BodyMapping {
    /**
     * The events of one call.
     *
     * @param data none for a test
     * @param deduplicationKey the id that the body gives; null when it gives none
     * @param bodyIsPayload whether the one event's payload says all that the body says
     */
    record Events(List<EventData> data, @Nullable String deduplicationKey, boolean bodyIsPayload) {}

    Events map(JsonNode body, SignedCall call, Instant now) throws Problem;
}
