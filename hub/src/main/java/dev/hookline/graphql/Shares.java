package dev.hookline.graphql;

import dev.hookline.access.Principal;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What executions on a node share: turns, and memory for what they read and answer. No user has all of either: of the turns two,
 * of the memory a half.
 */
final class Shares {
    static final int AT_ONCE = 16;
    static final int AT_ONCE_OF_USER = 2;

    /** Requests of one user that wait over HTTP; each holds a place of all routes. */
    static final int WAITING_OF_USER_MAX = 14;

    private static final long BYTES_LEAST = 64L << 20;
    private static final int HEAP_PART = 6;

    private final long bytesMax;
    private final Semaphore turns = new Semaphore(AT_ONCE, true);
    private final Map<String, OfUser> users = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /** What one user has; there as long as it has something. */
    private static final class OfUser {
        private final Semaphore turns = new Semaphore(AT_ONCE_OF_USER, true);
        private int present;

        /** Of those present, those that may not be many: requests over HTTP. */
        private int bounded;

        private long bytes;

        private boolean isIdle() {
            return present == 0 && bytes == 0;
        }
    }

    /** A turn that was taken. */
    interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    Shares() {
        this(Math.max(BYTES_LEAST, Runtime.getRuntime().maxMemory() / HEAP_PART));
    }

    Shares(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    private static String key(Principal user) {
        return user.tenant() + "/" + user.userId();
    }

    /**
     * Waits for a turn: for one of the user's, then for one of the node's.
     *
     * @param atMost for either
     * @param waitingMax how many of the user's that have such a bound may wait at once; {@link Integer#MAX_VALUE} for none
     * @throws GraphProblem 429 where more wait already, 503 where it takes too long
     */
    Turn take(Principal caller, Duration atMost, int waitingMax) throws InterruptedException {
        String key = key(caller);
        boolean bounded = waitingMax < Integer.MAX_VALUE;
        OfUser user = enter(key, bounded, waitingMax);
        boolean own = false;
        boolean taken = false;
        try {
            own = user.turns.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS);
            taken = own && turns.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS);
            if (!taken) {
                throw new GraphProblem(
                        503,
                        null,
                        own
                                ? "The hub is busy; try again shortly"
                                : "You have " + AT_ONCE_OF_USER
                                        + " requests under way; try again when they are through");
            }
            return () -> {
                turns.release();
                user.turns.release();
                leave(key, bounded);
            };
        } finally {
            if (!taken) {
                if (own) {
                    user.turns.release();
                }
                leave(key, bounded);
            }
        }
    }

    private OfUser enter(String key, boolean bounded, int waitingMax) {
        return users.compute(key, (_, known) -> {
            OfUser user = known == null ? new OfUser() : known;
            if (bounded && user.bounded >= AT_ONCE_OF_USER + waitingMax) {
                throw new GraphProblem(429, null, "Too many of your requests wait; send fewer at once");
            }
            user.present++;
            user.bounded += bounded ? 1 : 0;
            return user;
        });
    }

    private void leave(String key, boolean bounded) {
        users.computeIfPresent(key, (_, user) -> {
            user.present--;
            user.bounded -= bounded ? 1 : 0;
            return user.isIdle() ? null : user;
        });
    }

    /** Takes memory, unless that is more than there is; false then. */
    boolean hold(Principal caller, long more) {
        boolean[] held = new boolean[1];
        users.compute(key(caller), (_, known) -> {
            OfUser user = known == null ? new OfUser() : known;
            if (user.bytes + more <= bytesMax / 2) {
                held[0] = bytes.addAndGet(more) <= bytesMax;
                if (held[0]) {
                    user.bytes += more;
                } else {
                    bytes.addAndGet(-more);
                }
            }
            return user.isIdle() ? null : user;
        });
        return held[0];
    }

    /** Gives memory back. */
    void release(Principal caller, long held) {
        users.computeIfPresent(key(caller), (_, user) -> {
            user.bytes -= held;
            bytes.addAndGet(-held);
            return user.isIdle() ? null : user;
        });
    }
}
