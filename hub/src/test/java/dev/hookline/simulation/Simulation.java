package dev.hookline.simulation;

import static dev.hookline.simulation.Violation.require;

import dev.hookline.delivery.SimulatedDelivery;
import dev.hookline.delivery.SimulatedDelivery.Wishes;
import dev.hookline.eventlog.MemoryEventLog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: a few hubs over one log and one store in memory, clients, receivers, and everything that can go wrong between
 * them, in an order that one seed decides. The same seed runs the same way, to the last step.
 */
final class Simulation {
    private static final Duration ENOUGH = Duration.ofMinutes(5);
    private static final Duration HEALTHY_DELAY_MAX = Duration.ofSeconds(4);
    private static final String LIVENESS = "8 everything moves on";
    private static final String[] TYPES = {"booking.created", "booking.modified", "booking.cancelled"};
    private static final int TRACE_MAX = 120;

    /** What one run came to. */
    record Report(
            long steps, int requests, long events, long deliveries, long sends, long repeats, Duration longestDelay) {}

    final Scheduler scheduler;
    final Faults faults;
    final MemoryEventLog log;
    final LogInvariants logInvariants;
    final SimulatedDelivery delivery;
    final Receivers receivers;
    private final Clients clients;
    private final List<SimulatedHub> hubs = new ArrayList<>();
    private final List<Long> subscriptions = new ArrayList<>();
    private final List<Long> committedAt = new ArrayList<>();
    private final ArrayDeque<String> trace = new ArrayDeque<>();
    private final boolean tracing;
    private final boolean calm;
    private final int hubsWanted;
    private int hubsMade;

    Simulation(long seed, boolean tracing) {
        this.tracing = tracing;
        this.calm = seed % 8 == 7;
        this.scheduler = new Scheduler(seed, this::check);
        this.faults = new Faults(scheduler, calm);
        this.log = new MemoryEventLog(scheduler, List.of());
        this.logInvariants = new LogInvariants(log);
        this.delivery = new SimulatedDelivery(scheduler, log, logInvariants.events());
        this.receivers = new Receivers(scheduler, this);
        this.clients = new Clients(this);
        this.hubsWanted = 1 + scheduler.random.nextInt(3);
    }

    /** Runs it to its end. */
    Report run() {
        for (int i = 0; i < hubsWanted; i++) {
            startHub();
        }
        Duration chaos = Duration.ofSeconds(10 + scheduler.random.nextInt(30));
        if (calm) {
            isolate();
        } else {
            for (int i = 0; i < 2; i++) {
                subscribe();
            }
            planOperations(chaos.toNanos());
        }
        planRequests(chaos.toNanos());
        scheduler.runUntil(chaos.toNanos());
        settleDown();
        return new Report(
                scheduler.steps(),
                clients.count(),
                log.head(),
                delivery.deliveries(),
                delivery.sends(),
                delivery.repeats(),
                Duration.ofNanos(receivers.longestDelay()));
    }

    /** One healthy receiver beside others that hang, refuse and come late; nothing else goes wrong. */
    private void isolate() {
        addReceiver(Receivers.Kind.GOOD);
        receivers.holdTo(subscriptions.getFirst(), HEALTHY_DELAY_MAX);
        for (int i = 0; i < 3; i++) {
            addReceiver(Receivers.Kind.BAD);
            addReceiver(Receivers.Kind.HANGING);
            addReceiver(Receivers.Kind.SLOW);
        }
    }

    private void addReceiver(Receivers.Kind kind) {
        long id = delivery.subscribe("default", TYPES[0], Wishes.NONE);
        receivers.put(id, kind);
        subscriptions.add(id);
    }

    private void planRequests(long until) {
        int requests = 15 + scheduler.random.nextInt(40);
        for (int i = 0; i < requests; i++) {
            String tenant = calm || scheduler.chance(0.8) ? "default" : "other";
            String type = calm ? TYPES[0] : TYPES[scheduler.random.nextInt(TYPES.length)];
            long start = calm ? Duration.ofSeconds(3).toNanos() : 0;
            scheduler.in(start + scheduler.random.nextLong(until - start), () -> clients.send(tenant, type));
        }
    }

    private void planOperations(long until) {
        int operations = scheduler.random.nextInt(40);
        for (int i = 0; i < operations; i++) {
            scheduler.in(scheduler.random.nextLong(until), this::operate);
        }
    }

    private void operate() {
        if (faults.ended()) {
            return;
        }
        switch (scheduler.random.nextInt(17)) {
            case 0, 1, 2 -> subscribe();
            case 3, 4, 5 -> change("pauses", delivery::pause);
            case 6, 7, 8 -> change("resumes", delivery::resume);
            case 9 -> {
                if (scheduler.chance(0.3)) {
                    change("deletes", delivery::delete);
                }
            }
            case 10 -> scheduler.setBack(Duration.ofMillis(scheduler.random.nextInt(2_000)));
            case 11, 12 -> crashOne();
            case 13 -> stallOne();
            case 14 -> closeOne();
            case 15 -> delivery.skipDead();
            default -> {}
        }
    }

    private void subscribe() {
        if (subscriptions.size() < 6) {
            String type = TYPES[scheduler.random.nextInt(TYPES.length)];
            long id = delivery.subscribe(scheduler.chance(0.8) ? "default" : "other", type, wishes());
            Receivers.Kind[] kinds = Receivers.Kind.values();
            receivers.put(id, kinds[scheduler.random.nextInt(kinds.length)]);
            subscriptions.add(id);
            trace("operator", "subscribes " + id + " to " + type, null);
            subscriptionsChanged();
        }
    }

    private Wishes wishes() {
        return new Wishes(
                scheduler.chance(0.5),
                scheduler.chance(0.3),
                scheduler.chance(0.2) ? 1 + scheduler.random.nextInt(4) : null,
                scheduler.chance(0.2) ? 1 + scheduler.random.nextInt(5) : null);
    }

    private void change(String what, LongConsumer change) {
        long id = subscriptions.get(scheduler.random.nextInt(subscriptions.size()));
        trace("operator", what + " " + id, null);
        change.accept(id);
        if (what.equals("deletes")) {
            subscriptions.remove(id);
            if (subscriptions.isEmpty()) {
                subscribe();
            }
        }
        subscriptionsChanged();
    }

    private void subscriptionsChanged() {
        SimulatedHub hub = anyHub();
        if (hub != null) {
            hub.subscriptionsChanged();
        }
    }

    private void crashOne() {
        SimulatedHub hub = anyHub();
        if (hub != null) {
            hub.crash();
        }
    }

    private void stallOne() {
        SimulatedHub hub = anyHub();
        if (hub != null) {
            hub.stall(scheduler.nanos() + scheduler.upTo(Duration.ofSeconds(40)));
        }
    }

    private void closeOne() {
        SimulatedHub hub = anyHub();
        if (hub != null) {
            hub.close();
        }
    }

    private void startHub() {
        hubs.add(new SimulatedHub("hub" + ++hubsMade, this));
    }

    /** A process has ended; another is started in its place. */
    void ended() {
        scheduler.in(scheduler.upTo(Duration.ofSeconds(20)), this::startOthers);
    }

    private void startOthers() {
        hubs.removeIf(hub -> !hub.alive());
        while (hubs.size() < hubsWanted) {
            startHub();
        }
    }

    @Nullable
    SimulatedHub anyHub() {
        List<SimulatedHub> serving = hubs.stream().filter(SimulatedHub::serves).toList();
        return serving.isEmpty() ? null : serving.get(scheduler.random.nextInt(serving.size()));
    }

    /** Nothing goes wrong any more: everything has to come to its end, within a bounded time. */
    private void settleDown() {
        trace("all", "faults end", null);
        faults.end();
        receivers.mend();
        if (scheduler.chance(0.5)) {
            delivery.skipDead();
        }
        startOthers();
        for (long id : subscriptions) {
            if (scheduler.chance(0.7)) {
                delivery.resume(id);
            }
        }
        long until = scheduler.nanos() + ENOUGH.toNanos();
        while (!isDone() && scheduler.nanos() < until) {
            scheduler.runUntil(scheduler.nanos() + Duration.ofSeconds(1).toNanos());
        }
        String unfinished = delivery.unfinished();
        require(unfinished.isEmpty(), LIVENESS, unfinished);
        require(hubs.stream().allMatch(SimulatedHub::isIdle), LIVENESS, "a hub still holds something");
        clients.check();
    }

    private boolean isDone() {
        return clients.allAnswered() && hubs.stream().allMatch(SimulatedHub::isIdle) && delivery.isFinished();
    }

    long committedAt(long position) {
        return committedAt.get((int) position - 1);
    }

    private void check() {
        while (committedAt.size() < log.head()) {
            committedAt.add(scheduler.nanos());
        }
        for (int i = 0; i < hubs.size(); i++) {
            hubs.get(i).check();
        }
    }

    void trace(String who, String what, @Nullable Object result) {
        if (tracing) {
            if (trace.size() == TRACE_MAX) {
                trace.remove();
            }
            trace.add("%10.4f %-8s %s%s"
                    .formatted(scheduler.nanos() / 1e9, who, what, result == null ? "" : " → " + result));
        }
    }

    /** The last things that happened. */
    List<String> trace() {
        return List.copyOf(trace);
    }

    long steps() {
        return scheduler.steps();
    }
}
