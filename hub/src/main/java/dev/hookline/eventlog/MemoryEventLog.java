package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The log in memory, for the simulator: the same promises, no disk. Safe for threads. */
public final class MemoryEventLog implements EventLog {
    private record Key(String tenant, String source, String key) {}

    private final Time time;
    private final List<AppendParticipant> participants;
    private final List<Event> events = new ArrayList<>();
    private final Map<Key, AppendResult.Duplicate> keys = new HashMap<>();

    public MemoryEventLog(Time time, List<AppendParticipant> participants) {
        this.time = time;
        this.participants = List.copyOf(participants);
    }

    @Override
    public synchronized CommitOutcome append(List<AppendRequest> batch) {
        Instant receivedAt = receivedAt();
        List<AppendResult> results = new ArrayList<>();
        List<Event> appended = new ArrayList<>();
        Map<Key, AppendResult.Duplicate> newKeys = new HashMap<>();
        for (AppendRequest request : batch) {
            String given = request.deduplicationKey();
            Key key = given == null ? null : new Key(request.tenant(), request.source(), given);
            AppendResult.Duplicate earlier = key == null ? null : newKeys.getOrDefault(key, keys.get(key));
            if (earlier != null) {
                results.add(earlier);
                continue;
            }
            long first = head() + appended.size() + 1;
            for (EventData data : request.events()) {
                appended.add(new Event(head() + appended.size() + 1, receivedAt, data));
            }
            if (key != null) {
                newKeys.put(
                        key, new AppendResult.Duplicate(first, request.events().size()));
            }
            results.add(new AppendResult.Appended(first, request.events().size()));
        }
        MemoryTx tx = new MemoryTx();
        try {
            participants.forEach(participant -> participant.appended(tx, appended));
        } catch (TxException e) {
            return new CommitOutcome.Failed(String.valueOf(e.getMessage()));
        }
        events.addAll(appended);
        keys.putAll(newKeys);
        return new CommitOutcome.Committed(results, appended);
    }

    private Instant receivedAt() {
        Instant now = time.now().truncatedTo(ChronoUnit.MICROS);
        Instant last = events.isEmpty() ? now : events.getLast().receivedAt();
        return now.isBefore(last) ? last : now;
    }

    @Override
    public CommitOutcome settle(CommitOutcome.Unknown unknown) {
        throw new IllegalStateException("A commit in memory is never in doubt");
    }

    @Override
    public synchronized long head() {
        return events.size();
    }

    @Override
    public long oldest() {
        return 1;
    }

    @Override
    public List<Event> find(Set<Long> positions) {
        return read(event -> positions.contains(event.position()), 0, Integer.MAX_VALUE);
    }

    @Override
    public List<Event> read(long after, int limit) {
        return read(event -> true, after, limit);
    }

    @Override
    public List<Event> read(String tenant, long after, int limit) {
        return read(event -> event.tenant().equals(tenant), after, limit);
    }

    private synchronized List<Event> read(Predicate<Event> wanted, long after, int limit) {
        if (after >= events.size()) {
            return List.of();
        }
        return events.subList((int) after, events.size()).stream()
                .filter(wanted)
                .limit(limit)
                .toList();
    }
}
