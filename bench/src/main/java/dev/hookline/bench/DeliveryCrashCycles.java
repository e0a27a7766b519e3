package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.bench.DeliveryCrashReceiver.Arrival;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.EmbeddedPostgres;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Kills one or the other of two nodes on one database, as the seed chooses, while events go to several subscriptions, some of
 * them ordered, whose receiver refuses some of the first attempts; then accounts for every delivery.
 */
final class DeliveryCrashCycles {
    private static final int SUBSCRIPTIONS = 5;
    private static final int ORDERED_FROM = 2;
    private static final int LIMITED = 4;
    private static final int NODES = 2;
    private static final int TAKEN_MIN = 50;
    private static final int TAKEN_MAX = 400;
    private static final int MOMENT_MILLIS_MAX = 10;
    private static final int LINES_KEPT = 200;
    private static final Duration RECOVERY_MAX = Duration.ofMinutes(2);
    private static final Duration STALL_MAX = Duration.ofMinutes(1);
    private static final Duration HELD_WAIT_MAX = Duration.ofSeconds(1);
    private static final Duration LOOK_EVERY = Duration.ofMillis(10);
    private static final List<Integer> DELAYS_SECONDS = List.of(1, 1, 1, 2, 2, 2, 2, 2, 2, 2);
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    /** What a node that was killed had in its hands. */
    private static final String HELD = """
            SELECT subscription, position FROM delivery WHERE holder = :node
            UNION
            SELECT subscription, position FROM delivery_due WHERE holder = :node
            """;

    /**
     * A kill.
     *
     * @param held deliveries that the killed node had, not settled
     * @param retries deliveries of the subscriptions without order that were refused and not taken since
     * @param orderedRetries the same of the ordered ones
     */
    record Kill(int node, long held, long retries, long orderedRetries) {}

    /**
     * What came of it.
     *
     * @param wrongLog events in the log beyond those acknowledged, or fewer
     * @param missing deliveries that no attempt at was taken
     * @param unsettled deliveries that are not recorded as delivered
     * @param disordered see {@link DeliveryCrashReceiver#disordered}
     * @param repeated arrivals beyond the attempts that were recorded
     * @param unexplained those of them that no killed node held
     */
    record Result(
            long seed,
            long events,
            long wrongLog,
            long deliveries,
            long missing,
            long unsettled,
            long disordered,
            long repeated,
            long unexplained,
            List<Kill> kills) {
        boolean intact() {
            return wrongLog + missing + unsettled + disordered + unexplained == 0;
        }
    }

    private final int cycles;
    private final long seed;
    private final Random moments;
    private final Consumer<String> progress;
    private final Time time = Time.system();
    private final Queue<String> printed = new ConcurrentLinkedQueue<>();
    private final List<Kill> kills = new ArrayList<>();

    /** How often each delivery was held by a node that was killed. */
    private final Map<Arrival, Integer> heldAtKills = new HashMap<>();

    /** The number in the receiver's paths of each subscription. */
    private final Map<Long, Integer> numbers = new HashMap<>();

    private final List<Folder> folders = new ArrayList<>();
    private final HubUnderTest[] hubs = new HubUnderTest[NODES];
    private final long[] nodeIds = new long[NODES];

    /**
     * A run.
     *
     * @param progress gets a line for each cycle
     */
    DeliveryCrashCycles(int cycles, long seed, Consumer<String> progress) {
        this.cycles = cycles;
        this.seed = seed;
        this.moments = new Random(seed);
        this.progress = progress;
    }

    private static boolean isOrdered(int subscription) {
        return subscription >= ORDERED_FROM;
    }

    /** Runs all cycles. Where the hubs do not recover, an exception holds what they printed last. */
    Result run() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Folder home = Folder.make();
                EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(home.path(), home.path().resolve("postgres-binaries"));
                Database database = new Database(postgres.address(), 2)) {
            return run(vertx, postgres.address(), database);
        } catch (IOException | RuntimeException e) {
            throw new IOException(e.getMessage() + "\nThe hubs printed last:\n" + String.join("\n", printed), e);
        } finally {
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    private Result run(Vertx vertx, DatabaseAddress address, Database database) throws Exception {
        try {
            for (int node = 0; node < NODES; node++) {
                folders.add(Folder.make());
                start(node, address, database);
            }
            DeliveryCrashReceiver receiver = new DeliveryCrashReceiver(vertx, seed, DeliveryCrashCycles::isOrdered);
            for (int i = 0; i < SUBSCRIPTIONS; i++) {
                subscribe(i, receiver.url(i));
            }
            DeliveryCrashLoad load = new DeliveryCrashLoad(
                    hubs[0].authorization(), () -> receiver.taken() / SUBSCRIPTIONS, hubs[0].url(), hubs[1].url());
            load.go();
            for (int cycle = 1; cycle <= cycles; cycle++) {
                crash(cycle, receiver, load, address, database);
            }
            load.stop();
            awaitTaken(receiver, load.published() * SUBSCRIPTIONS);
            awaitSettled(database);
            return result(receiver, load, database);
        } finally {
            for (HubUnderTest hub : hubs) {
                if (hub != null) {
                    hub.close();
                }
            }
        }
    }

    /** Returns when the node is ready and has joined the others. */
    private void start(int node, DatabaseAddress address, Database database) throws IOException, InterruptedException {
        long last = Arrays.stream(nodeIds).max().orElseThrow();
        String url = address.jdbcUrl()
                .replace(
                        "jdbc:postgresql://",
                        "postgresql://" + address.user() + ":"
                                + URLEncoder.encode(address.password(), StandardCharsets.UTF_8) + "@");
        hubs[node] = HubUnderTest.start(
                folders.get(node), this::keep, Map.of("DATABASE_URL", url, "HOOKLINE_MASTER_KEY", MASTER_KEY));
        await("Node " + node + " did not join", () -> latestNode(database) > last);
        nodeIds[node] = latestNode(database);
    }

    private void keep(String line) {
        printed.add(line);
        if (printed.size() > LINES_KEPT) {
            printed.poll();
        }
    }

    private static long latestNode(Database database) {
        return number(database, "SELECT coalesce(max(id), 0) FROM node");
    }

    private static long number(Database database, String sql) {
        return database.jdbi()
                .withHandle(db -> db.createQuery(sql).mapTo(Long.class).one());
    }

    private void subscribe(int number, String url) throws IOException, InterruptedException {
        ObjectNode body = Json.object()
                .put("url", url)
                .put("event", DeliveryCrashLoad.TYPE)
                .put("ordered", isOrdered(number));
        DELAYS_SECONDS.forEach(body.withArray("retry_policy")::add);
        if (number == LIMITED) {
            body.put("concurrency", 4);
        }
        numbers.put(
                hubs[number % NODES]
                        .post(HubUnderTest.SUBSCRIPTIONS, body)
                        .path("id")
                        .asLong(),
                number);
    }

    /** Waits until much has been taken and retries are pending, kills one of the two, and starts it again. */
    private void crash(
            int cycle,
            DeliveryCrashReceiver receiver,
            DeliveryCrashLoad load,
            DatabaseAddress address,
            Database database)
            throws IOException, InterruptedException {
        int node = moments.nextInt(NODES);
        long enough = receiver.taken() + moments.nextLong(TAKEN_MIN, TAKEN_MAX);
        await(
                "Deliveries did not go on",
                () -> receiver.taken() >= enough
                        && receiver.retriesPending(false) > 0
                        && receiver.retriesPending(true) > 0);
        awaitHeld(database, nodeIds[node]);
        time.sleep(Duration.ofMillis(moments.nextLong(MOMENT_MILLIS_MAX)));
        long retries = receiver.retriesPending(false);
        long orderedRetries = receiver.retriesPending(true);
        hubs[node].kill();
        List<Arrival> held = held(database, nodeIds[node]);
        held.forEach(key -> heldAtKills.merge(key, 1, Integer::sum));
        kills.add(new Kill(node, held.size(), retries, orderedRetries));
        start(node, address, database);
        load.to(node, hubs[node].url());
        progress.accept("%4d node %d, held %,6d, retries pending %,4d and %,4d ordered, published %,8d, taken %,9d%s"
                .formatted(
                        cycle,
                        node,
                        held.size(),
                        retries,
                        orderedRetries,
                        load.published(),
                        receiver.taken(),
                        receiver.disordered() == 0 ? "" : "  OUT OF ORDER"));
    }

    private Arrival key(long subscription, long position) {
        return new Arrival(Objects.requireNonNull(numbers.get(subscription)), position);
    }

    private List<Arrival> held(Database database, long node) {
        return database.jdbi()
                .withHandle(db -> db.createQuery(HELD)
                        .bind("node", node)
                        .map((row, _) -> key(row.getLong(1), row.getLong(2)))
                        .list());
    }

    /** A node that does not own the fan-out has something now and then; it may die with nothing as well. */
    private void awaitHeld(Database database, long node) throws InterruptedException {
        long until = time.nanos() + HELD_WAIT_MAX.toNanos();
        while (held(database, node).isEmpty() && time.nanos() < until) {
            time.sleep(LOOK_EVERY);
        }
    }

    private void await(String otherwise, BooleanSupplier condition) throws IOException, InterruptedException {
        long until = time.nanos() + RECOVERY_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (time.nanos() > until) {
                throw new IOException(otherwise + " within " + RECOVERY_MAX.toSeconds() + " s");
            }
            time.sleep(LOOK_EVERY);
        }
    }

    /** Gives up when nothing has been taken for a while: what is missing is counted then. */
    private void awaitTaken(DeliveryCrashReceiver receiver, long deliveries) throws InterruptedException {
        long seen = -1;
        long movedAt = time.nanos();
        while (receiver.taken() < deliveries && time.nanos() - movedAt < STALL_MAX.toNanos()) {
            if (receiver.taken() != seen) {
                seen = receiver.taken();
                movedAt = time.nanos();
            }
            time.sleep(LOOK_EVERY);
        }
    }

    /** The same: what is left is counted then. */
    private void awaitSettled(Database database) throws InterruptedException {
        long until = time.nanos() + STALL_MAX.toNanos();
        while (unsettled(database) > 0 && time.nanos() < until) {
            time.sleep(Duration.ofMillis(100));
        }
    }

    private static long unsettled(Database database) {
        return number(database, "SELECT count(*) FROM delivery WHERE status <> 'delivered'");
    }

    private Result result(DeliveryCrashReceiver receiver, DeliveryCrashLoad load, Database database) {
        Map<Arrival, Integer> attempts = new HashMap<>();
        database.jdbi()
                .useHandle(db -> db.createQuery("SELECT subscription, position, attempts FROM delivery")
                        .map((row, _) -> Map.entry(key(row.getLong(1), row.getLong(2)), row.getInt(3)))
                        .forEach(one -> attempts.put(one.getKey(), one.getValue())));
        long repeated = 0;
        long unexplained = 0;
        for (Map.Entry<Arrival, Integer> one : receiver.arrivals().entrySet()) {
            int more = one.getValue() - attempts.getOrDefault(one.getKey(), 0);
            repeated += Math.max(0, more);
            unexplained += Math.max(0, more - heldAtKills.getOrDefault(one.getKey(), 0));
        }
        long logged = number(
                database, "SELECT count(*) FROM event WHERE event_type = '%s'".formatted(DeliveryCrashLoad.TYPE));
        long wanted = load.published() * SUBSCRIPTIONS;
        return new Result(
                seed,
                load.published(),
                Math.abs(logged - load.published()),
                attempts.size(),
                wanted - receiver.taken(),
                unsettled(database) + Math.abs(wanted - attempts.size()),
                receiver.disordered(),
                repeated,
                unexplained,
                List.copyOf(kills));
    }
}
