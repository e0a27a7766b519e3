package dev.hookline.delivery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Look-ups of host names that hold nobody up. A look-up blocks in native code and takes the thread with it, also the carrier
 * of a virtual one; so each has a thread of its own, of a bounded number, and those who ask for the same name at the same time
 * share one.
 */
final class Lookups {
    private static final int AT_ONCE_MAX = 128;
    private static final long IDLE_SECONDS = 10;

    private final HostNames names;
    private final Executor threads = new ThreadPoolExecutor(
            0,
            AT_ONCE_MAX,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("resolve-", 0).factory());
    private final Map<String, CompletableFuture<List<InetAddress>>> open = new ConcurrentHashMap<>();

    Lookups(HostNames names) {
        this.names = names;
    }

    /** The addresses, on the thread of the look-up; or an {@link UnknownHostException}, as it is. */
    CompletableFuture<List<InetAddress>> find(String name) {
        CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> shared = open.putIfAbsent(name, mine);
        if (shared != null) {
            return shared;
        }
        try {
            threads.execute(() -> {
                try {
                    settle(name, mine, names.addresses(name), null);
                } catch (UnknownHostException | RuntimeException e) {
                    settle(name, mine, List.of(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            settle(name, mine, List.of(), new UnknownHostException("Too many names are being looked up"));
        }
        return mine;
    }

    private void settle(
            String name,
            CompletableFuture<List<InetAddress>> lookup,
            List<InetAddress> found,
            @Nullable Exception failure) {
        open.remove(name, lookup);
        if (failure == null) {
            lookup.complete(found);
        } else {
            lookup.completeExceptionally(failure);
        }
    }

    /** Without the wrapping that a future puts around an exception. */
    static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
