package dev.hookline.intake;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventData;
import dev.hookline.intake.mapping.Mapped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of one body on their way into the log. They are stored together or not at all, unless they bring ids of their
 * own: then each is stored once by its id, and a body that could be stored in part only is completed when it is sent again.
 */
final class MappedAppend {
    private final List<AppendRequest> requests;

    /**
     * Makes the requests.
     *
     * @param events at least one
     * @param given the id that came with the request, which stands for all its events; null for none
     */
    MappedAppend(List<Mapped> events, String tenant, String source, @Nullable String given, Instant now) {
        List<EventData> data = new ArrayList<>(events.size());
        boolean together = given != null || events.size() == 1;
        boolean keyed = false;
        for (Mapped event : events) {
            data.add(event.event(tenant, source, now));
            keyed |= event.deduplicationKey() != null;
        }
        if (together || !keyed) {
            String own = events.getFirst().deduplicationKey();
            requests = List.of(new AppendRequest(data, given == null ? own : given));
            return;
        }
        requests = new ArrayList<>(events.size());
        for (int i = 0; i < data.size(); i++) {
            requests.add(new AppendRequest(List.of(data.get(i)), events.get(i).deduplicationKey()));
        }
    }

    /**
     * Hands them over.
     *
     * @param home the event loop that calls, and that {@code done} is called on with one result for all
     */
    void submit(Committer committer, Executor home, Consumer<AppendResult> done) {
        if (requests.size() == 1) {
            committer.submit(requests.getFirst(), home, done);
            return;
        }
        List<AppendResult> results = new ArrayList<>(requests.size());
        for (AppendRequest request : requests) {
            committer.submit(request, home, result -> {
                results.add(result);
                if (results.size() == requests.size()) {
                    done.accept(together(results));
                }
            });
        }
    }

    /** What can be mended by sending again wins, then what cannot be stored; a duplicate is only what repeats in whole. */
    private static AppendResult together(List<AppendResult> results) {
        long first = Long.MAX_VALUE;
        int count = 0;
        boolean fresh = false;
        AppendResult.Refused refused = null;
        for (AppendResult result : results) {
            switch (result) {
                case AppendResult.Unavailable unavailable -> {
                    return unavailable;
                }
                case AppendResult.Refused bad -> refused = bad;
                case AppendResult.Appended(long position, int events) -> {
                    first = Math.min(first, position);
                    count += events;
                    fresh = true;
                }
                case AppendResult.Duplicate(long position, int events) -> {
                    first = Math.min(first, position);
                    count += events;
                }
            }
        }
        if (refused != null) {
            return refused;
        }
        return fresh ? new AppendResult.Appended(first, count) : new AppendResult.Duplicate(first, count);
    }
}
