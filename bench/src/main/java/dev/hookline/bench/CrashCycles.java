package dev.hookline.bench;

import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Kills the hub, and every third time its PostgreSQL, at a moment that the seed chooses, while many post and a subscriber is
 * sent everything; then accounts for every event.
 */
final class CrashCycles {
    private static final int POSTGRES_EVERY = 3;
    private static final int LOAD_MILLIS_MIN = 300;
    private static final int LOAD_MILLIS_MAX = 1_500;
    private static final int DRAWN = 200;
    private static final int LINES_KEPT = 200;
    private static final Duration RECOVERY_MAX = Duration.ofMinutes(2);
    private static final Duration STALL_MAX = Duration.ofMinutes(1);
    private static final Duration LOOK_EVERY = Duration.ofMillis(2);

    /**
     * What came of it.
     *
     * @param missing deliveries that never came
     * @param repeated deliveries that came more than once: they were in flight at a crash
     * @param hub for each kill of the hub, the longest time without an acknowledgement
     * @param postgres for each kill of PostgreSQL, the same
     */
    record Result(
            long seed,
            int cycles,
            long acknowledged,
            long unanswered,
            long refused,
            long inTheLog,
            long lost,
            long doubled,
            long disordered,
            long wrongRecords,
            long wrongKeys,
            long keysChecked,
            long wrongAnswers,
            long delivered,
            long missing,
            long repeated,
            List<Duration> hub,
            List<Duration> postgres) {
        boolean intact() {
            return lost + doubled + disordered + wrongRecords + wrongKeys + wrongAnswers + missing == 0;
        }
    }

    private final int cycles;
    private final long seed;
    private final Random moments;
    private final Random samples;
    private final Consumer<String> progress;
    private final Time time = Time.system();
    private final BitSet delivered = new BitSet();
    private final Queue<String> printed = new ConcurrentLinkedQueue<>();
    private final List<Duration> hubPauses = new ArrayList<>();
    private final List<Duration> postgresPauses = new ArrayList<>();
    private long repeated;
    private long keysChecked;

    /**
     * A run.
     *
     * @param progress gets a line for each cycle
     */
    CrashCycles(int cycles, long seed, Consumer<String> progress) {
        this.cycles = cycles;
        this.seed = seed;
        this.moments = new Random(seed);
        this.samples = new Random(seed);
        this.progress = progress;
    }

    /** Runs all cycles. Where the hub does not recover, an exception holds what it printed last. */
    Result run() throws Exception {
        Folder folder = Folder.make();
        Vertx vertx = Vertx.vertx();
        HubUnderTest hub = start(folder);
        try {
            CrashLoad load = new CrashLoad(vertx, time);
            CrashAccounts accounts = new CrashAccounts(load);
            load.to(hub.url());
            hub.subscribe("http://127.0.0.1:" + sink(vertx) + "/", "booking.modified");
            for (int cycle = 1; cycle <= cycles; cycle++) {
                hub = crash(cycle, hub, folder, load);
                accounts.readOn(hub.database());
                postAgain(load, accounts);
                progress.accept("%4d %-8s pause %5d ms, acknowledged %,9d, unanswered %,6d, in the log %,9d%s"
                        .formatted(
                                cycle,
                                isPostgres(cycle) ? "postgres" : "hub",
                                (isPostgres(cycle) ? postgresPauses : hubPauses)
                                        .getLast()
                                        .toMillis(),
                                load.acknowledged.size(),
                                load.unanswered.size(),
                                accounts.stored(),
                                accounts.intact() ? "" : "  NOT INTACT"));
            }
            accounts.readAll(hub.database());
            awaitDelivered(accounts.stored());
            return result(load, accounts);
        } catch (IOException | RuntimeException e) {
            throw new IOException(e.getMessage() + "\nThe hub printed last:\n" + String.join("\n", printed), e);
        } finally {
            hub.close();
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    private HubUnderTest start(Folder folder) throws IOException, InterruptedException {
        return HubUnderTest.start(folder, line -> {
            printed.add(line);
            if (printed.size() > LINES_KEPT) {
                printed.poll();
            }
        });
    }

    private static boolean isPostgres(int cycle) {
        return cycle % POSTGRES_EVERY == 0;
    }

    /** Load, a kill, the way back, and load again until something new is acknowledged. */
    private HubUnderTest crash(int cycle, HubUnderTest hub, Folder folder, CrashLoad load)
            throws IOException, InterruptedException {
        Path data = folder.path();
        long before = load.numbers();
        load.go();
        await("the hub", () -> acknowledgedFrom(load, before));
        time.sleep(Duration.ofMillis(moments.nextLong(LOAD_MILLIS_MIN, LOAD_MILLIS_MAX)));
        load.resetPause();
        HubUnderTest next = hub;
        if (isPostgres(cycle)) {
            ProcessHandle postmaster = postmaster(data);
            postmaster.destroyForcibly();
            await("PostgreSQL", () -> !postmaster.isAlive() && isReady(data, postmaster.pid()));
        } else {
            hub.kill();
            next = start(folder);
            load.to(next.url());
        }
        long numbers = load.numbers();
        await("the hub", () -> acknowledgedFrom(load, numbers));
        load.pause();
        (isPostgres(cycle) ? postgresPauses : hubPauses).add(load.longestPause());
        return next;
    }

    /** A number that was given out since then. */
    private static boolean acknowledgedFrom(CrashLoad load, long first) {
        for (long number = first; number < load.numbers(); number++) {
            if (load.acknowledged.containsKey(number)) {
                return true;
            }
        }
        return false;
    }

    private void await(String what, BooleanSupplier condition) throws IOException, InterruptedException {
        long until = time.nanos() + RECOVERY_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (time.nanos() > until) {
                throw new IOException(what + " did not recover within " + RECOVERY_MAX.toSeconds() + " s");
            }
            time.sleep(LOOK_EVERY);
        }
    }

    private static ProcessHandle postmaster(Path data) throws IOException {
        return ProcessHandle.of(Long.parseLong(postmasterFile(data).getFirst().strip()))
                .orElseThrow();
    }

    private static List<String> postmasterFile(Path data) throws IOException {
        return Files.readAllLines(data.resolve("postgres").resolve("data").resolve("postmaster.pid"));
    }

    /** Whether another postmaster than the killed one says that it is ready. */
    private static boolean isReady(Path data, long killed) {
        try {
            List<String> lines = postmasterFile(data);
            return lines.size() >= 8
                    && !lines.getFirst().strip().equals(Long.toString(killed))
                    && lines.get(7).strip().equals("ready");
        } catch (IOException missing) {
            return false;
        }
    }

    /** Every number with a key that was not answered, and some that were. */
    private void postAgain(CrashLoad load, CrashAccounts accounts) throws IOException, InterruptedException {
        List<Long> numbers = new ArrayList<>(load.unanswered.stream()
                .filter(CrashLoad::isKeyed)
                .filter(number -> !load.acknowledged.containsKey(number))
                .sorted()
                .toList());
        for (int i = 0; i < DRAWN; i++) {
            long number = samples.nextLong(load.numbers());
            if (CrashLoad.isKeyed(number) && load.acknowledged.containsKey(number)) {
                numbers.add(number);
            }
        }
        List<Long> once = numbers.stream().distinct().toList();
        List<CrashLoad.Answer> answers = load.postAgain(once);
        for (int i = 0; i < once.size(); i++) {
            accounts.postedAgain(once.get(i), answers.get(i));
        }
        keysChecked += once.size();
    }

    /** Takes everything, and remembers it by position. */
    private int sink(Vertx vertx) throws Exception {
        HttpServer server = vertx.createHttpServer().requestHandler(request -> {
            int position = Integer.parseInt(
                    String.valueOf(request.getHeader("webhook-id")).substring("evt_".length()));
            synchronized (delivered) {
                repeated += delivered.get(position) ? 1 : 0;
                delivered.set(position);
            }
            request.response().end();
        });
        return server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS).actualPort();
    }

    private long delivered() {
        synchronized (delivered) {
            return delivered.cardinality();
        }
    }

    private void awaitDelivered(long events) throws InterruptedException {
        long seen = -1;
        long movedAt = time.nanos();
        while (delivered() < events && time.nanos() - movedAt < STALL_MAX.toNanos()) {
            if (delivered() != seen) {
                seen = delivered();
                movedAt = time.nanos();
            }
            time.sleep(Duration.ofMillis(20));
        }
    }

    private Result result(CrashLoad load, CrashAccounts accounts) {
        long missing = accounts.stored() - delivered();
        synchronized (delivered) {
            return new Result(
                    seed,
                    cycles,
                    load.acknowledged.size(),
                    load.unanswered.size(),
                    load.refused.get(),
                    accounts.stored(),
                    accounts.lost(),
                    accounts.doubled(),
                    accounts.disordered(),
                    accounts.wrongRecords(),
                    accounts.wrongKeys(),
                    keysChecked,
                    load.wrongAnswers.get(),
                    delivered.cardinality(),
                    missing,
                    repeated,
                    List.copyOf(hubPauses),
                    List.copyOf(postgresPauses));
        }
    }
}
