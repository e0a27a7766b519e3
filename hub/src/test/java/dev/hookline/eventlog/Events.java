package dev.hookline.eventlog;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Events to test with. */
public final class Events {
    public static final Instant OCCURRED = Instant.parse("2026-01-02T03:04:05.678901Z");

    private Events() {}

    public static EventData event(String tenant, String key, String payload) {
        return new EventData(
                tenant,
                "test",
                "booking",
                null,
                key,
                Operation.WRITE,
                "booking.modified",
                Priority.MEDIUM,
                EventData.BUSINESS,
                OCCURRED,
                null,
                payload,
                null);
    }

    public static AppendRequest request(String tenant, String key) {
        return AppendRequest.of(event(tenant, key, "{\"n\":1}"));
    }

    /** Of the tenant {@code default}, one for each model. */
    public static List<AppendRequest> ofModels(String... models) {
        return Arrays.stream(models)
                .map(model -> AppendRequest.of(new EventData(
                        "default",
                        "test",
                        model,
                        null,
                        "k",
                        Operation.WRITE,
                        model + ".write",
                        Priority.MEDIUM,
                        EventData.BUSINESS,
                        OCCURRED,
                        null,
                        "{}",
                        null)))
                .toList();
    }

    public static AppendRequest keyed(String deduplicationKey, String... keys) {
        return new AppendRequest(
                Arrays.stream(keys).map(key -> event("default", key, "{}")).toList(), deduplicationKey);
    }

    public static List<AppendRequest> requests(String tenant, int count) {
        return IntStream.range(0, count).mapToObj(i -> request(tenant, "k" + i)).toList();
    }

    public static EventData withRecord(String key, Operation operation, String patch) {
        return new EventData(
                "default",
                "test",
                "booking",
                null,
                key,
                operation,
                "booking." + operation.text(),
                Priority.MEDIUM,
                EventData.BUSINESS,
                OCCURRED,
                null,
                patch,
                patch);
    }
}
