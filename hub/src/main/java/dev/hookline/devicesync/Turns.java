package dev.hookline.devicesync;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On this node, the pulls of a cursor in the order in which they came. One that is moved by being answered waits for those
 * before it; others only stand in the line, for whoever wants to know when they are through.
 */
final class Turns {
    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final Map<CursorKey, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

    /** A place in the line of a cursor. It has to be ended, whatever happens. */
    final class Turn {
        private final CursorKey key;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final CompletableFuture<Void> before;
        private volatile boolean waited;

        private Turn(CursorKey key) {
            this.key = key;
            CompletableFuture<Void> previous = last.put(key, ended);
            this.before = previous == null ? CompletableFuture.completedFuture(null) : previous;
        }

        /** Waits for the end of those before; where they do not end in time, this one goes on all the same. */
        void await(Duration atMost) throws InterruptedException {
            awaitEnd(before, atMost);
            waited = true;
        }

        boolean isFirst() {
            return before.isDone();
        }

        /** Lets the next one go, as soon as those before have ended too; where this one waited for them it need not. */
        void end() {
            CompletableFuture<Void> earlier = waited ? CompletableFuture.completedFuture(null) : before;
            var _ = earlier.thenRun(() -> {
                last.remove(key, ended);
                ended.complete(null);
            });
        }
    }

    private static void awaitEnd(CompletableFuture<Void> turn, Duration atMost) throws InterruptedException {
        try {
            turn.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.debug("A pull is not through after {}", atMost);
        } catch (ExecutionException e) {
            throw new IllegalStateException("A turn only ever ends well", e);
        }
    }

    Turn take(CursorKey key) {
        return new Turn(key);
    }

    /** Waits until the pulls of a device that have begun are through. */
    void awaitAll(Device device, Duration atMost) throws InterruptedException {
        for (Map.Entry<CursorKey, CompletableFuture<Void>> open : last.entrySet()) {
            if (open.getKey().device().equals(device)) {
                awaitEnd(open.getValue(), atMost);
            }
        }
    }
}
