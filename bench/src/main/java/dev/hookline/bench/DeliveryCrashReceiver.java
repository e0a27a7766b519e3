package dev.hookline.bench;

import dev.hookline.kernel.Json;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/**
 * Receives for several subscriptions, told apart by the number in the path. Some deliveries are refused once or twice before
 * they are taken; which, the seed says. Counts what came, and watches the order where it was promised.
 */
final class DeliveryCrashReceiver {
    private static final int REFUSED_ONCE_PERCENT = 10;
    private static final int REFUSED_TWICE_PERCENT = 3;
    private static final int ANSWER_MILLIS_MIN = 3;
    private static final int ANSWER_MILLIS_MAX = 30;

    /**
     * An event for a subscription.
     *
     * @param subscription the number in the path
     */
    record Arrival(int subscription, long position) {}

    private record Lane(int subscription, String recordKey) {}

    /** What came of one delivery. */
    private static final class Came {
        private int arrivals;
        private boolean refused;
        private boolean taken;
    }

    private final Vertx vertx;
    private final long seed;
    private final IntPredicate ordered;
    private final int port;
    private final Map<Arrival, Came> deliveries = new HashMap<>();

    /** The latest event of each record that came to an ordered subscription. */
    private final Map<Lane, Long> latest = new HashMap<>();

    private long taken;
    private long disordered;

    /**
     * Listens on a free port.
     *
     * @param ordered which subscriptions were promised the order of each record
     */
    DeliveryCrashReceiver(Vertx vertx, long seed, IntPredicate ordered) throws Exception {
        this.vertx = vertx;
        this.seed = seed;
        this.ordered = ordered;
        this.port = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    String recordKey =
                            Json.read(body.toString()).path("resource_id").asText();
                    arrived(request, recordKey);
                }))
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS)
                .actualPort();
    }

    String url(int subscription) {
        return "http://127.0.0.1:" + port + "/" + subscription;
    }

    private void arrived(HttpServerRequest request, String recordKey) {
        Arrival key = new Arrival(
                Integer.parseInt(String.valueOf(request.path()).substring(1)),
                Long.parseLong(String.valueOf(request.getHeader("webhook-id")).substring("evt_".length())));
        Random chance = new Random(seed ^ key.hashCode() * 0x9E3779B97F4A7C15L);
        int drawn = chance.nextInt(100);
        int delay = chance.nextInt(ANSWER_MILLIS_MIN, ANSWER_MILLIS_MAX);
        boolean refuse = arrives(key, recordKey, refusals(drawn));
        vertx.setTimer(delay, _ -> {
            answers(key, refuse);
            request.response().setStatusCode(refuse ? 500 : 200).end();
        });
    }

    private static int refusals(int drawn) {
        if (drawn < REFUSED_TWICE_PERCENT) {
            return 2;
        }
        return drawn < REFUSED_TWICE_PERCENT + REFUSED_ONCE_PERCENT ? 1 : 0;
    }

    /** Answers whether it is to be refused. */
    private synchronized boolean arrives(Arrival key, String recordKey, int refusals) {
        Came came = came(key);
        came.arrivals++;
        if (ordered.test(key.subscription)) {
            Lane lane = new Lane(key.subscription, recordKey);
            Long before = latest.put(lane, key.position);
            if (before != null && before != key.position && !(before < key.position && isTaken(key, before))) {
                disordered++;
            }
        }
        return came.arrivals <= refusals;
    }

    private Came came(Arrival key) {
        return deliveries.computeIfAbsent(key, _ -> new Came());
    }

    private boolean isTaken(Arrival key, long position) {
        return came(new Arrival(key.subscription, position)).taken;
    }

    /** Before the answer goes out: what it sets off comes after it. */
    private synchronized void answers(Arrival key, boolean refuse) {
        Came came = came(key);
        if (refuse) {
            came.refused = true;
        } else if (!came.taken) {
            came.taken = true;
            taken++;
        }
    }

    /** Deliveries that were taken at least once. */
    synchronized long taken() {
        return taken;
    }

    /** Times that an event came before an earlier one of its record was taken, or after a later one had come. */
    synchronized long disordered() {
        return disordered;
    }

    /** Deliveries that were refused and have not been taken since: of ordered subscriptions, or of the others. */
    synchronized long retriesPending(boolean ofOrdered) {
        return deliveries.entrySet().stream()
                .filter(one -> ordered.test(one.getKey().subscription) == ofOrdered)
                .filter(one -> one.getValue().refused && !one.getValue().taken)
                .count();
    }

    /** How often each delivery came. */
    synchronized Map<Arrival, Integer> arrivals() {
        Map<Arrival, Integer> arrivals = new HashMap<>();
        deliveries.forEach((key, came) -> arrivals.put(key, came.arrivals));
        return arrivals;
    }
}
