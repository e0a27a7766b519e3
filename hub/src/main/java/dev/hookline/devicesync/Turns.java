package dev.hookline.devicesync;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** On this node, pulls of one cursor that move it by being answered go one after the other. */
final class Turns {
    private final Map<CursorKey, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

    /** A place in the line of a cursor. It has to be ended, whatever happens. */
    final class Turn {
        private final CursorKey key;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final CompletableFuture<Void> before;

        private Turn(CursorKey key) {
            this.key = key;
            CompletableFuture<Void> previous = last.put(key, ended);
            this.before = previous == null ? CompletableFuture.completedFuture(null) : previous;
        }

        /** Waits for the end of the turn before; false when it did not end in time, and this one goes on all the same. */
        boolean await(Duration atMost) throws InterruptedException {
            try {
                before.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
                return true;
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException("A turn only ever ends well", e);
            }
        }

        boolean isFirst() {
            return before.isDone();
        }

        void end() {
            last.remove(key, ended);
            ended.complete(null);
        }
    }

    Turn take(CursorKey key) {
        return new Turn(key);
    }

    /** Cursors with a pull that is not through. */
    int open() {
        return last.size();
    }
}
