package dev.hookline.simulation;

import dev.hookline.delivery.SimulatedDelivery;
import dev.hookline.delivery.SimulatedDelivery.Answer;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.CommitterSteps;
import dev.hookline.eventlog.Tail;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One process: the production parts of a hub over faulty calls, and the turns of its threads. Its memory ends with it. */
final class SimulatedHub {
    private static final Duration HOP = Duration.ofMillis(2);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long SETTLE_PAUSE = Duration.ofMillis(100).toNanos();
    private static final long NEVER = Duration.ofDays(1).toNanos();
    private static final long TAIL_BYTES_MAX = 4_000;
    private static final Committer.Settings COMMITS = new Committer.Settings(30, 1 << 20, 4, 1 << 20);

    private final String name;
    private final Simulation world;
    private final Scheduler scheduler;
    private final Tail tail;
    private final Committer committer;
    private final SimulatedDelivery.Node delivery;
    private final LogInvariants.Reader reader;
    private final Actor commits;
    private final Actor tails;
    private final Actor fanOut;
    private final Actor upkeep;
    private final Actor outcomes;
    private boolean joined;
    private boolean changed;
    private boolean alive = true;
    private long stalledUntil;

    SimulatedHub(String name, Simulation world) {
        this.name = name;
        this.world = world;
        this.scheduler = world.scheduler;
        SimulatedLog log = new SimulatedLog(world.log, this::called, scheduler, world.logInvariants);
        this.tail = new Tail(log, TAIL_BYTES_MAX);
        this.reader = new LogInvariants.Reader(tail.head());
        this.committer = new Committer(log, tail, scheduler, COMMITS);
        this.delivery = world.delivery.node(log, tail, new StoreCalls(), this::attempt, scheduler, scheduler.random);
        this.commits = new Actor(scheduler, this, this::commit);
        this.tails = new Actor(scheduler, this, this::catchUp);
        this.fanOut = new Actor(scheduler, this, this::fanOut);
        this.upkeep = new Actor(scheduler, this, this::upkeep);
        this.outcomes = new Actor(scheduler, this, this::settle);
        tail.onAppend(fanOut::wake);
        new Actor(scheduler, this, this::join).wake();
    }

    /** What the store is asked may be done after its caller has given up. */
    private final class StoreCalls implements Calls {
        @Override
        public <T> T call(String call, Supplier<T> effect) {
            boolean mayBeLate = call.startsWith("fan-out") || call.startsWith("own") || call.startsWith("renew");
            return world.faults.call(SimulatedHub.this, call, mayBeLate, effect);
        }
    }

    private <T> T called(String call, Supplier<T> effect) {
        return world.faults.call(this, call, false, effect);
    }

    private long join() {
        delivery.join();
        trace("joined as " + delivery.id());
        joined = true;
        commits.wake();
        tails.wake();
        fanOut.wake();
        upkeep.wake();
        outcomes.wake();
        return NEVER;
    }

    private long commit() {
        CommitterSteps.Next next = CommitterSteps.step(committer);
        tails.wake();
        return switch (next) {
            case AT_ONCE -> scheduler.upTo(HOP);
            case A_REQUEST -> NEVER;
            case THE_DATABASE -> SETTLE_PAUSE;
        };
    }

    private long catchUp() {
        tail.catchUp();
        return scheduler.random.nextLong(SECOND);
    }

    private long fanOut() {
        return switch (delivery.fanOut()) {
            case AT_ONCE -> scheduler.upTo(HOP);
            case SOON -> SECOND / 50;
            case EVENTS, A_WHILE -> SECOND;
        };
    }

    private long upkeep() {
        boolean now = changed;
        changed = false;
        delivery.upkeep(now);
        return SECOND / 20 + scheduler.random.nextLong(SECOND / 5);
    }

    private long settle() {
        return switch (delivery.settle(scheduler.random)) {
            case AT_ONCE -> scheduler.upTo(HOP);
            case SOON, EVENTS -> SECOND / 50;
            case A_WHILE -> SECOND;
        };
    }

    /** An attempt, whose answer comes to a process that may be gone or stalled by then. */
    private void attempt(long subscription, long position, Consumer<Answer> done) {
        trace("sends " + subscription + "-" + position);
        world.receivers.receive(
                subscription,
                position,
                answer -> later(() -> {
                    trace(subscription + "-" + position + " is " + answer);
                    done.accept(answer);
                }));
    }

    /** Runs on an event loop of this process, if it is there then. */
    private void later(Runnable run) {
        scheduler.in(Math.max(stalledFor(), scheduler.upTo(HOP)), () -> {
            if (stalledFor() > 0) {
                later(run);
            } else if (alive) {
                run.run();
            }
        });
    }

    void submit(AppendRequest request, Consumer<AppendResult> done) {
        later(() -> {
            committer.submit(request, this::later, done);
            commits.wake();
        });
    }

    void subscriptionsChanged() {
        changed = true;
        upkeep.wake();
    }

    /** Stands still, as a process does that is swapped out or debugged. */
    void stall(long until) {
        trace("stalls for " + Duration.ofNanos(until - scheduler.nanos()));
        stalledUntil = Math.max(stalledUntil, until);
    }

    long stalledFor() {
        return alive ? Math.max(0, stalledUntil - scheduler.nanos()) : 0;
    }

    /** Ends without a word. */
    void crash() {
        if (alive) {
            trace("crashes");
            alive = false;
            world.ended();
        }
    }

    /** Ends in good order. */
    void close() {
        trace("closes");
        delivery.stop();
        new Actor(scheduler, this, () -> {
                    if (joined) {
                        delivery.leave();
                    }
                    alive = false;
                    world.ended();
                    return NEVER;
                })
                .wake();
    }

    boolean alive() {
        return alive;
    }

    boolean serves() {
        return alive && joined;
    }

    void requireAlive() {
        if (!alive) {
            throw new Crashed();
        }
    }

    /** A step may fail because a call did; anything else is a bug. */
    void requireExpected(RuntimeException failure) {
        if (!(failure instanceof Lost) && !SimulatedDelivery.expected(failure)) {
            throw new IllegalStateException("A step failed in itself", failure);
        }
    }

    void check() {
        if (alive) {
            world.logInvariants.read(tail, reader);
        }
    }

    /** Whether everything is shown, and nothing is under way. */
    boolean isIdle() {
        return tail.head() == world.log.head() && delivery.isEmpty() && committer.queuedEvents() == 0;
    }

    void trace(String what) {
        world.trace(name, what, null);
    }

    void trace(String what, Object result) {
        world.trace(name, what, result);
    }

    @Override
    public String toString() {
        return name;
    }
}
