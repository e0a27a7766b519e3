package dev.hookline.intake;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.Committer;
import dev.hookline.http.Problem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Appends for threads that may wait. */
public final class Appends {
    private static final long WAIT_SECONDS_MAX = 60;

    private final Committer committer;

    public Appends(Committer committer) {
        this.committer = committer;
    }

    AllAppends.Total append(List<AppendRequest> requests) throws Problem {
        CompletableFuture<AllAppends.Total> result = new CompletableFuture<>();
        AllAppends.submit(committer, requests, Runnable::run, results -> result.complete(AllAppends.together(results)));
        try {
            return result.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw Problem.of(
                    503, "It is not known yet whether this was stored; send it again with the same Idempotency-Key");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(503, "The hub is stopping; send it again with the same Idempotency-Key");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
