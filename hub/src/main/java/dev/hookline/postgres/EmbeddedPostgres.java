package dev.hookline.postgres;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL that belongs to this hub alone: made on first use, on a port of 127.0.0.1, watched, and started again
 * on the same port when it dies. Its data survives every way in which hub or server may end; a server that outlives its
 * hub is taken over by the next start.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    private static final Duration STEADY_AFTER = Duration.ofSeconds(30);
    private static final Duration RESTART_PAUSE_MAX = Duration.ofSeconds(10);
    private static final Duration RESTART_ENDS_MAX = Duration.ofSeconds(10);

    private final HomeLock homeLock;
    private final PostgresServer server;
    private final DatabaseAddress address;
    private final int port;
    private final ReentrantLock bringingUp = new ReentrantLock();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedPostgres(HomeLock homeLock, PostgresServer server, DatabaseAddress address, int port) {
        this.homeLock = homeLock;
        this.server = server;
        this.address = address;
        this.port = port;
    }

    /**
     * Returns when the server takes connections: after well below a second, the first time a few seconds, after a crash
     * as long as it replays its log.
     *
     * @param home folder of the cluster, made when it is missing; used by one hub at a time
     * @param binariesCache folder for the unpacked programs, about 60 MB a version; several hubs may share it
     * @throws DatabaseStartException when it cannot be started; the message says why and what to do
     */
    public static EmbeddedPostgres start(Path home, Path binariesCache) {
        return start(home, binariesCache, Unprivileged::forCluster);
    }

    static EmbeddedPostgres start(Path home, Path binariesCache, Unprivileged.Choice choice) {
        try {
            Folders.createPrivate(home);
            Path realHome = home.toRealPath();
            HomeLock lock = HomeLock.take(realHome);
            try {
                return start(realHome, binariesCache, choice, lock);
            } catch (IOException | InterruptedException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DatabaseStartException(
                    "Cannot use the folder " + home + " for the database: " + e
                            + ". Mend that, or name another folder with HOOKLINE_DATA.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseStartException("The start of the database was interrupted. Start again.", e);
        }
    }

    private static EmbeddedPostgres start(Path home, Path cache, Unprivileged.Choice choice, HomeLock lock)
            throws IOException, InterruptedException {
        Unprivileged unprivileged = choice.forCluster(PostgresCluster.folder(home));
        PostgresBinaries binaries = PostgresBinaries.unpacked(cache);
        PostgresCluster cluster = PostgresCluster.openOrCreate(home, binaries, unprivileged);
        PostgresServer server = new PostgresServer(cluster, binaries, unprivileged);
        try {
            PostmasterFile running = server.bringUp();
            EmbeddedPostgres postgres =
                    new EmbeddedPostgres(lock, server, cluster.address(running.port()), running.port());
            Thread.ofVirtual().name("postgres-watch").start(() -> postgres.watch(running));
            return postgres;
        } catch (InterruptedException e) {
            server.stop();
            throw e;
        }
    }

    /**
     * Where to connect to the server that a hub has running on this folder; empty when none runs.
     *
     * @throws DatabaseStartException when the folder cannot be read
     */
    public static Optional<DatabaseAddress> running(Path home) {
        try {
            return PostgresCluster.running(home.toRealPath());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DatabaseStartException("Cannot read the folder " + home + ": " + e, e);
        }
    }

    /** Where to connect, the same for as long as this object lives. */
    public DatabaseAddress address() {
        return address;
    }

    private void watch(PostmasterFile first) {
        PostmasterFile running = first;
        Duration pause = LOOK_EVERY;
        try {
            while (true) {
                long upSinceNanos = System.nanoTime();
                if (closedBeforeEndOf(running)) {
                    return;
                }
                log.warn("PostgreSQL (process {}) died; starting it again", running.pid());
                boolean steady = System.nanoTime() - upSinceNanos > STEADY_AFTER.toNanos();
                pause = steady ? LOOK_EVERY : pause;
                PostmasterFile next = null;
                while (next == null) {
                    if (closing.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                        return;
                    }
                    pause = longer(pause);
                    next = bringUpAgain();
                }
                log.warn("PostgreSQL runs again (process {})", next.pid());
                running = next;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            log.error("Nobody watches over PostgreSQL any more: the watch was interrupted", e);
        }
    }

    /** Waits for the end of the server ({@code false}) or for close ({@code true}). */
    private boolean closedBeforeEndOf(PostmasterFile running) throws InterruptedException {
        Optional<ProcessHandle> process = running.process();
        if (process.isEmpty()) {
            return closing.getCount() == 0;
        }
        // The future alone notices the end of a process that is not our child up to 5 s late; a look alone takes a
        // child
        // that ended for alive.
        CompletableFuture<ProcessHandle> ended = process.get().onExit();
        while (!ended.isDone() && process.get().isAlive()) {
            if (closing.await(LOOK_EVERY.toNanos(), TimeUnit.NANOSECONDS)) {
                return true;
            }
        }
        return closing.getCount() == 0;
    }

    private @Nullable PostmasterFile bringUpAgain() throws InterruptedException {
        bringingUp.lock();
        try {
            return closing.getCount() == 0 ? null : server.bringUpAgain(port);
        } catch (IOException | RuntimeException e) {
            log.error("PostgreSQL does not start again; the next try follows: {}", e.getMessage(), e);
            return null;
        } finally {
            bringingUp.unlock();
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(RESTART_PAUSE_MAX) > 0 ? RESTART_PAUSE_MAX : twice;
    }

    /**
     * Stops the server (transactions that run are rolled back) and gives the folder free. A second call does nothing.
     *
     * @throws DatabaseStartException when the server does not stop; the next start takes it over
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        closing.countDown();
        try (homeLock) {
            // A restart in progress is let come to its end, so that no server comes up behind our back.
            boolean locked = bringingUp.tryLock(RESTART_ENDS_MAX.toNanos(), TimeUnit.NANOSECONDS);
            try {
                server.stop();
            } finally {
                if (locked) {
                    bringingUp.unlock();
                }
            }
        } catch (IOException e) {
            throw new DatabaseStartException("PostgreSQL cannot be stopped: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseStartException("The stop of PostgreSQL was interrupted; the next start takes it over", e);
        }
    }
}
