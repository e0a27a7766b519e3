package dev.hookline.intake.calls;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call as the log has it, its secrets masked.
 *
 * @param body null where it is not kept, or is the payload of the event at {@code position}
 */
public record StoredCall(
        long id,
        Instant at,
        String source,
        String requestId,
        String method,
        String path,
        int status,
        @Nullable String reason,
        long durationMicros,
        long sizeBytes,
        String address,
        ObjectNode headers,
        @Nullable String body,
        boolean bodyBase64,
        boolean bodyCut,
        boolean bodyMasked,
        @Nullable Long position,
        int events,
        boolean duplicate,
        @Nullable Long replayOf) {}
