package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The log in memory, for the simulator: the same promises, no disk. Safe for threads. */
public final class MemoryEventLog implements EventLog {
    private record Key(String tenant, String source, String key) {}

    private record Kept(AppendResult.Duplicate answer, Instant expiresAt) {}

    private final Time time;
    private final List<AppendParticipant> participants;
    private final Duration keysKept;
    private final List<Event> events = new ArrayList<>();
    private final Map<Key, Kept> keys = new HashMap<>();
    private final Map<String, Long> hidden = new ConcurrentHashMap<>();

    public MemoryEventLog(Time time, List<AppendParticipant> participants) {
        this(time, participants, Duration.ofDays(7));
    }

    /**
     * An empty log.
     *
     * @param keysKept how long a deduplication key is remembered at least
     */
    public MemoryEventLog(Time time, List<AppendParticipant> participants, Duration keysKept) {
        this.time = time;
        this.participants = List.copyOf(participants);
        this.keysKept = keysKept;
    }

    @Override
    public synchronized CommitOutcome append(List<AppendRequest> batch) {
        Instant receivedAt = receivedAt();
        List<AppendResult> results = new ArrayList<>();
        List<Event> appended = new ArrayList<>();
        Map<Key, Kept> newKeys = new HashMap<>();
        for (AppendRequest request : batch) {
            String given = request.deduplicationKey();
            Key key = given == null ? null : new Key(request.tenant(), request.source(), given);
            Kept earlier = key == null ? null : newKeys.getOrDefault(key, keys.get(key));
            if (earlier != null) {
                results.add(earlier.answer());
                continue;
            }
            long first = head() + appended.size() + 1;
            for (EventData data : request.events()) {
                appended.add(new Event(head() + appended.size() + 1, receivedAt, data));
            }
            if (key != null) {
                newKeys.put(
                        key,
                        new Kept(
                                new AppendResult.Duplicate(
                                        first, request.events().size()),
                                receivedAt.plus(keysKept)));
            }
            results.add(new AppendResult.Appended(first, request.events().size()));
        }
        MemoryTx tx = new MemoryTx();
        try {
            List<EventData> data = appended.stream().map(Event::data).toList();
            participants.forEach(participant -> participant.appended(tx, data));
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
        return read(event -> positions.contains(event.position()), 0, Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    @Override
    public List<Event> read(long after, int limit, long bytesMax) {
        return read(event -> true, after, limit, bytesMax);
    }

    @Override
    public List<Event> read(String tenant, Set<String> models, long after, int limit, long bytesMax) {
        return read(of(tenant, models), Math.max(after, hiddenUpTo(tenant)), limit, bytesMax);
    }

    @Override
    public List<Event> readBackwards(String tenant, Set<String> models, long after, long before, int limit) {
        return read(of(tenant, models), Math.max(after, hiddenUpTo(tenant)), Integer.MAX_VALUE, Long.MAX_VALUE)
                .reversed()
                .stream()
                .filter(event -> event.position() < before)
                .limit(limit)
                .toList();
    }

    private static Predicate<Event> of(String tenant, Set<String> models) {
        return event -> event.tenant().equals(tenant)
                && (models.isEmpty() || models.contains(event.data().model()));
    }

    private synchronized List<Event> read(Predicate<Event> wanted, long after, int limit, long bytesMax) {
        List<Event> page = new ArrayList<>();
        long bytes = 0;
        for (int i = (int) Math.min(after, events.size());
                i < events.size() && page.size() < limit && bytes < bytesMax;
                i++) {
            Event event = events.get(i);
            if (wanted.test(event)) {
                page.add(event);
                bytes += event.data().bytes();
            }
        }
        return page;
    }

    @Override
    public synchronized long firstSince(Instant instant) {
        return events.stream()
                .filter(event -> !event.receivedAt().isBefore(instant))
                .findFirst()
                .map(Event::position)
                .orElse(head() + 1);
    }

    @Override
    public long hiddenUpTo(String tenant) {
        return hidden.getOrDefault(tenant, 0L);
    }

    @Override
    public synchronized long hide(String tenant, long upTo) {
        long target = Math.min(upTo, head());
        long count = readBackwards(tenant, Set.of(), 0, target + 1, Integer.MAX_VALUE)
                .size();
        hidden.merge(tenant, target, Math::max);
        return count;
    }

    @Override
    public synchronized int forgetKeys(int atMost) {
        Instant now = time.now();
        List<Key> over = keys.entrySet().stream()
                .filter(entry -> !entry.getValue().expiresAt().isAfter(now))
                .sorted(Comparator.comparing(entry -> entry.getValue().expiresAt()))
                .limit(atMost)
                .map(Map.Entry::getKey)
                .toList();
        over.forEach(keys::remove);
        return over.size();
    }
}
