package dev.hookline.intake;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Several requests of one call, answered as one: in part stored, it is sent again, and its ids keep it from doubling. Safe for
 * threads.
 */
final class AllAppends {
    /**
     * What became of all.
     *
     * @param result of all together: what can be mended by sending again wins, then what cannot be stored; a duplicate is only
     *     what repeats in whole
     * @param repeated how many of its events had been stored before
     */
    record Total(AppendResult result, int repeated) {}

    private final AppendResult[] results;
    private int open;

    private AllAppends(int size) {
        results = new AppendResult[size];
        open = size;
    }

    /**
     * Hands them over, in this order.
     *
     * @param home the executor that {@code done} is called on, once, with one result for each; at once on this thread where
     *     the queue is full
     */
    static void submit(
            Committer committer, List<AppendRequest> requests, Executor home, Consumer<List<AppendResult>> done) {
        if (requests.size() == 1) {
            committer.submit(requests.getFirst(), home, result -> done.accept(List.of(result)));
            return;
        }
        AllAppends all = new AllAppends(requests.size());
        for (int i = 0; i < requests.size(); i++) {
            int place = i;
            committer.submit(requests.get(i), home, result -> {
                if (all.isLast(place, result)) {
                    done.accept(Arrays.asList(all.results));
                }
            });
        }
    }

    private synchronized boolean isLast(int place, AppendResult result) {
        results[place] = result;
        open--;
        return open == 0;
    }

    static Total together(List<AppendResult> results) {
        long first = Long.MAX_VALUE;
        int count = 0;
        int repeated = 0;
        AppendResult refused = null;
        for (AppendResult result : results) {
            switch (result) {
                case AppendResult.Unavailable unavailable -> {
                    return new Total(unavailable, 0);
                }
                case AppendResult.Refused bad -> refused = bad;
                case AppendResult.Appended(long position, int events) -> {
                    first = Math.min(first, position);
                    count += events;
                }
                case AppendResult.Duplicate(long position, int events) -> {
                    first = Math.min(first, position);
                    count += events;
                    repeated += events;
                }
            }
        }
        if (refused != null) {
            return new Total(refused, 0);
        }
        return new Total(
                repeated < count ? new AppendResult.Appended(first, count) : new AppendResult.Duplicate(first, count),
                repeated);
    }
}
