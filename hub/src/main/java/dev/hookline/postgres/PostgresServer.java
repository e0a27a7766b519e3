package dev.hookline.postgres;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts, adopts and stops the server of one cluster. The caller holds the home's lock. */
final class PostgresServer {
    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);

    /** How long a server may take to come up: after a crash it replays up to max_wal_size of its log first. */
    private static final Duration START_MAX = Duration.ofMinutes(10);

    private static final Duration PREDECESSOR_GONE_MAX = Duration.ofSeconds(60);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(100);
    private static final Duration FAST_STOP_MAX = Duration.ofSeconds(30);
    private static final Duration IMMEDIATE_STOP_MAX = Duration.ofSeconds(10);
    private static final int PORTS_TRIED_MAX = 5;

    private final PostgresCluster cluster;
    private final PostgresBinaries binaries;
    private final Unprivileged unprivileged;
    private final ServerLog serverLog;

    PostgresServer(PostgresCluster cluster, PostgresBinaries binaries, Unprivileged unprivileged) {
        this.cluster = cluster;
        this.binaries = binaries;
        this.unprivileged = unprivileged;
        this.serverLog = cluster.serverLog();
    }

    private sealed interface Outcome {
        record Up(PostmasterFile server) implements Outcome {}

        record PortTaken() implements Outcome {}

        /** What is left of a server that died is still there, for a moment. */
        record PredecessorThere(String log) implements Outcome {}

        record Failed(String log) implements Outcome {}
    }

    /** Adopts the server that a killed hub left behind, or starts one: on its last port, or if that is taken on another. */
    PostmasterFile bringUp() throws IOException, InterruptedException {
        Optional<PostmasterFile> adopted = adopt();
        if (adopted.isPresent()) {
            log.info(
                    "Taking over the PostgreSQL that runs already (process {})",
                    adopted.get().pid());
            return adopted.get();
        }
        OptionalInt last = cluster.lastPort();
        int port = last.isPresent() && LoopbackPort.isFree(last.getAsInt()) ? last.getAsInt() : LoopbackPort.anyFree();
        for (int tried = 1; tried < PORTS_TRIED_MAX; tried++) {
            Optional<PostmasterFile> started = startOn(port);
            if (started.isPresent()) {
                return started.get();
            }
            port = LoopbackPort.anyFree();
        }
        throw failed("Five ports on 127.0.0.1 were taken one after the other.", serverLog.tail());
    }

    /** Brings up a server that died on the port it had, which the pools know: only there are they of use. */
    PostmasterFile bringUpAgain(int port) throws IOException, InterruptedException {
        Optional<PostmasterFile> adopted = adopt().filter(server -> server.port() == port);
        if (adopted.isPresent()) {
            return adopted.get();
        }
        return startOn(port)
                .orElseThrow(() -> new DatabaseStartException("Port " + port + " on 127.0.0.1, which PostgreSQL had,"
                        + " is taken by another program. Stop that program, or start the hub again."));
    }

    private Optional<PostmasterFile> adopt() throws IOException, InterruptedException {
        Deadline deadline = Deadline.after(START_MAX);
        while (!deadline.passed()) {
            Optional<PostmasterFile> server =
                    PostmasterFile.read(cluster.data()).filter(PostmasterFile::running);
            if (server.isEmpty()) {
                return Optional.empty();
            }
            if (server.get().ready()) {
                if (cluster.settingsAre(server.get().port())) {
                    return server;
                }
                log.info("Restarting the PostgreSQL that runs already: its settings are not those of this hub");
                stop();
            } else {
                deadline.pause(BETWEEN_TRIES);
            }
        }
        throw failed("A PostgreSQL that runs already is still starting or stopping.", serverLog.tail());
    }

    /** Empty when another program has the port. */
    private Optional<PostmasterFile> startOn(int port) throws IOException, InterruptedException {
        Deadline predecessorGone = Deadline.after(PREDECESSOR_GONE_MAX);
        while (true) {
            switch (tryStart(port)) {
                case Outcome.Up(PostmasterFile server) -> {
                    return Optional.of(server);
                }
                case Outcome.PortTaken() -> {
                    return Optional.empty();
                }
                case Outcome.Failed(String said) -> throw failed("PostgreSQL did not start.", said);
                case Outcome.PredecessorThere(String said) -> {
                    refuseForeignProcess(said);
                    if (predecessorGone.passed()) {
                        throw failed("What is left of an earlier PostgreSQL does not go away.", said);
                    }
                    predecessorGone.pause(BETWEEN_TRIES);
                }
            }
        }
    }

    private Outcome tryStart(int port) throws IOException, InterruptedException {
        cluster.writeSettings(port);
        serverLog.rotateWhenLarge();
        long logged = serverLog.bytes();
        Command.Result result = pgCtl(
                START_MAX.plus(BETWEEN_TRIES),
                "start",
                "--timeout=" + START_MAX.toSeconds(),
                "--log=" + serverLog.file());
        if (result.ok()) {
            Optional<PostmasterFile> server =
                    PostmasterFile.read(cluster.data()).filter(PostmasterFile::running);
            if (server.isPresent()) {
                return new Outcome.Up(server.get());
            }
        }
        String said = (serverLog.after(logged) + "\n" + result.output()).strip();
        if (said.contains("could not bind") || said.contains("could not create any TCP/IP sockets")) {
            return new Outcome.PortTaken();
        }
        if (said.contains("pre-existing shared memory block") || said.contains("postmaster.pid\" already exists")) {
            return new Outcome.PredecessorThere(said);
        }
        return new Outcome.Failed(said);
    }

    /** After a reboot another program may have been given the process id that postmaster.pid names. */
    private void refuseForeignProcess(String said) throws IOException {
        Optional<PostmasterFile> file = PostmasterFile.read(cluster.data());
        if (file.isPresent() && file.get().process().isPresent() && !file.get().running()) {
            throw failed(
                    "PostgreSQL takes process " + file.get().pid() + " for a server that still works on its data,"
                            + " but that is another program. When no PostgreSQL works on this folder, delete "
                            + cluster.data().resolve("postmaster.pid") + " and start again.",
                    said);
        }
    }

    /** Ends the server, letting running transactions go; returns when it has ended. Does nothing when none runs. */
    void stop() throws IOException, InterruptedException {
        if (!serverRuns()) {
            return;
        }
        Command.Result fast = stop("fast", FAST_STOP_MAX);
        if (fast.ok() || !serverRuns()) {
            return;
        }
        log.warn("PostgreSQL does not stop, now the hard way (its next start replays its log): {}", fast.output());
        Command.Result immediate = stop("immediate", IMMEDIATE_STOP_MAX);
        if (!immediate.ok() && serverRuns()) {
            throw failed("PostgreSQL does not stop. The next start of the hub takes it over.", immediate.output());
        }
    }

    private boolean serverRuns() throws IOException {
        return PostmasterFile.read(cluster.data()).map(PostmasterFile::running).orElse(false);
    }

    private Command.Result stop(String mode, Duration max) throws IOException, InterruptedException {
        return pgCtl(max.plusSeconds(5), "stop", "--mode=" + mode, "--timeout=" + max.toSeconds());
    }

    private Command.Result pgCtl(Duration max, String verb, String... options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(binaries.program("pg_ctl"), verb, "--silent", "--wait", "--pgdata=" + cluster.data()));
        command.addAll(List.of(options));
        return Command.run(max, unprivileged.wrap(command));
    }

    private DatabaseStartException failed(String what, String said) {
        return new DatabaseStartException(what + " Look into " + serverLog.file() + "; mend what it names and start"
                + " again." + unprivileged.hint() + "\nPostgreSQL said last:\n" + said);
    }
}
