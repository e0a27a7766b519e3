package dev.hookline.simulation;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.CommitOutcome;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The log as one process sees it: over calls that fail, and commits whose answer is lost. */
final class SimulatedLog implements EventLog {
    /** A record key that no database can hold. */
    static final String BAD_KEY = "bad";

    private final EventLog shared;
    private final Calls calls;
    private final Scheduler scheduler;
    private final LogInvariants invariants;
    private final Map<String, CommitOutcome> fates = new HashMap<>();
    private long transactions;

    SimulatedLog(EventLog shared, Calls calls, Scheduler scheduler, LogInvariants invariants) {
        this.shared = shared;
        this.calls = calls;
        this.scheduler = scheduler;
        this.invariants = invariants;
    }

    @Override
    public CommitOutcome append(List<AppendRequest> batch) {
        if (batch.stream()
                .anyMatch(request -> request.events().getFirst().source().equals(BAD_KEY))) {
            return new CommitOutcome.BadData("no database can hold this");
        }
        List<CommitOutcome> done = new ArrayList<>();
        try {
            return calls.call("append", () -> {
                CommitOutcome outcome = shared.append(batch);
                invariants.appended();
                done.add(outcome);
                return outcome;
            });
        } catch (Lost e) {
            if (done.isEmpty() && scheduler.chance(0.5)) {
                return new CommitOutcome.Failed("The database does not answer");
            }
            String id = "t" + ++transactions;
            fates.put(id, done.isEmpty() ? new CommitOutcome.Failed("It was rolled back") : done.getFirst());
            return new CommitOutcome.Unknown(id);
        }
    }

    @Override
    public CommitOutcome settle(CommitOutcome.Unknown unknown) {
        try {
            return calls.call("settle commit", () -> fates.getOrDefault(unknown.batch(), unknown));
        } catch (Lost e) {
            return unknown;
        }
    }

    @Override
    public long head() {
        return shared.head();
    }

    @Override
    public long oldest() {
        return shared.oldest();
    }

    @Override
    public List<Event> find(Set<Long> positions) {
        return calls.call("find", () -> shared.find(positions));
    }

    @Override
    public List<Event> read(long after, int limit, long bytesMax) {
        return calls.call("read", () -> shared.read(after, limit, bytesMax));
    }

    @Override
    public List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
        return calls.call("read", () -> shared.read(tenant, models, after, limit, bytesMax));
    }

    @Override
    public List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit) {
        return calls.call("read", () -> shared.readBackwards(tenant, models, after, before, limit));
    }

    @Override
    public long firstSince(Instant instant) {
        return shared.firstSince(instant);
    }

    @Override
    public long hiddenUpTo(String tenant) {
        return shared.hiddenUpTo(tenant);
    }

    @Override
    public long hide(String tenant, long upTo) {
        return shared.hide(tenant, upTo);
    }

    @Override
    public int forgetKeys(int atMost) {
        return shared.forgetKeys(atMost);
    }
}
