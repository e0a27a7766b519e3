package dev.hookline.intake.calls;

import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A call that was answered, before its secrets are masked.
 *
 * @param uri path and query
 * @param status as answered; 499 where the sender hung up before
 * @param reason why it was refused, in more words than the answer has; null when it was not
 * @param durationNanos from the request's head to the answer
 * @param body as it came; null when it is not kept
 * @param secretNames headers and parameters, in lower case, that hold secrets whatever their names say
 * @param position the first event it became; null when it became none
 * @param replayOf the call whose body was run again; null for one from outside
 */
public record CallRecord(
        Instant at,
        String tenant,
        String source,
        String requestId,
        String method,
        String uri,
        int status,
        @Nullable String reason,
        long durationNanos,
        long sizeBytes,
        String address,
        Iterable<Map.Entry<String, String>> headers,
        @Nullable Body body,
        Set<String> secretNames,
        @Nullable Long position,
        int events,
        boolean duplicate,
        @Nullable Long replayOf) {

    /** Bytes that nobody changes. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Body(byte[] bytes) {
        /** What is kept of a body, and one byte more, which tells that it was longer. */
        public static Body of(byte[] body) {
            boolean longer = body.length > Masks.BODY_BYTES_MAX;
            return new Body(longer ? Arrays.copyOf(body, Masks.BODY_BYTES_MAX + 1) : body);
        }
    }

    /** Roughly the heap it takes. */
    int bytes() {
        int bytes = 1_000 + uri.length() + (body == null ? 0 : body.bytes().length);
        for (Map.Entry<String, String> header : headers) {
            bytes += 100 + header.getKey().length() + header.getValue().length();
        }
        return bytes;
    }

    boolean refused() {
        return status >= 400;
    }
}
