package dev.hookline.intake;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Several requests of one call, answered as one: in part stored, it is sent again, and its ids keep it from doubling. */
final class AllAppends {
    private AllAppends() {}

    /**
     * Hands them over, in this order.
     *
     * @param home the event loop that calls, and that {@code done} is called on, once
     */
    static void submit(Committer committer, List<AppendRequest> requests, Executor home, Consumer<AppendResult> done) {
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
    static AppendResult together(List<AppendResult> results) {
        long first = Long.MAX_VALUE;
        int count = 0;
        boolean fresh = false;
        AppendResult refused = null;
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
