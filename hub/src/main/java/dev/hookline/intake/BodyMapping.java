package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SignedCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a source's bodies mean. Safe for threads; does not block. */
public interface BodyMapping {
    /**
     * An event of a call.
     *
     * @param deduplicationKey the id that the body gives it; null when it gives none
     */
    record One(EventData data, @Nullable String deduplicationKey) {}

    /**
     * The events of one call.
     *
     * @param all none for a test
     * @param bodyIsPayload whether the one event's payload says all that the body says
     */
    record Events(List<One> all, boolean bodyIsPayload) {
        List<EventData> data() {
            return all.stream().map(One::data).toList();
        }

        /**
         * What is appended: one request for all, unless events bring ids of their own. Then each is stored once by its id,
         * whether it comes alone or in a batch; those beside it that bring none get one of it, their place and what they say, so
         * that a batch that was stored in part can be sent again.
         *
         * @param idOfCall counts where events bring none; null when the call has none either
         */
        List<AppendRequest> requests(@Nullable String idOfCall) {
            Optional<String> first = all.stream()
                    .map(One::deduplicationKey)
                    .filter(Objects::nonNull)
                    .findFirst();
            if (first.isEmpty()) {
                return List.of(new AppendRequest(data(), idOfCall));
            }
            String ofBatch = idOfCall == null ? first.get() : idOfCall;
            List<AppendRequest> requests = new ArrayList<>(all.size());
            for (One one : all) {
                String own = one.deduplicationKey;
                String key = own == null ? ofBatch + "#" + requests.size() + "#" + fingerprint(one.data) : own;
                requests.add(new AppendRequest(List.of(one.data), key));
            }
            return requests;
        }

        private static String fingerprint(EventData data) {
            int hash = Objects.hash(
                    data.model(), data.recordKey(), data.operation().name(), data.payload());
            return Integer.toHexString(hash);
        }
    }

    Events map(JsonNode body, SignedCall call, Instant now) throws Problem;
}
