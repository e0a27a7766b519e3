package dev.hookline.delivery.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.catalogue.OperationalTypes;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.LogReaders;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of failures by events in the log, which can be subscribed to as any other: {@link OperationalTypes#DEAD} of each
 * delivery that is given up, {@link OperationalTypes#DISABLED} of each subscription that the hub paused itself. What is to be told is in the tables, in the
 * transaction that made it so; each event carries a key of its own, so that it is in the log once, whoever dies.
 *
 * <p>Retention waits for what is not told yet, or has it told. The delivery of such an event that is given up makes none: so no
 * failure ever feeds itself.
 */
public final class OperationalEvents implements LogReaders {
    /** How often {@link #step} is to be called. */
    public static final Duration STEP_EVERY = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(OperationalEvents.class);
    private static final String SOURCE = "hookline";
    private static final String CATEGORY = "system";
    private static final int AT_ONCE = 200;
    private static final long WAIT_SECONDS_MAX = 60;

    private final PostgresNotices store;
    private final EventLog log;
    private final Committer committer;
    private final Time time;

    public OperationalEvents(PostgresNotices store, EventLog log, Committer committer, Time time) {
        this.store = store;
        this.log = log;
        this.committer = committer;
        this.time = time;
    }

    private record Appending(CompletableFuture<AppendResult> result, Runnable told) {}

    /** Tells what is to be told, some hundreds at most. What the log does not take now comes with the next step. */
    public void step() {
        tell();
    }

    /** A dead letter needs its event until it is told of. */
    @Override
    public List<Need> needs(long upTo) {
        return store.firstUntold(upTo).stream()
                .map(delivery -> new Need("notice of dead delivery " + delivery.text(), delivery.position()))
                .toList();
    }

    /** Tells of all that the log takes now. */
    @Override
    public void giveUp(long upTo) {
        boolean more;
        do {
            more = tell();
        } while (more);
    }

    /** Whether all of it is told, and there may be more. */
    private boolean tell() {
        List<Appending> appending = new ArrayList<>();
        store.disabled(AT_ONCE)
                .forEach(disabled -> appending.add(
                        new Appending(append(event(disabled), disabled.key()), () -> store.told(disabled))));
        List<PostgresNotices.DeadLetter> dead = store.deadLetters(AT_ONCE);
        Map<Long, Event> events = events(dead);
        for (PostgresNotices.DeadLetter letter : dead) {
            Event event = events.get(letter.delivery().position());
            if (event == null || isOwn(event.data())) {
                store.told(letter);
            } else {
                appending.add(new Appending(append(event(letter, event), letter.key()), () -> store.told(letter)));
            }
        }
        boolean all = true;
        for (Appending one : appending) {
            all &= finish(one);
        }
        return all && dead.size() == AT_ONCE;
    }

    private static boolean isOwn(EventData event) {
        return event.source().equals(SOURCE) && OperationalTypes.contains(event.eventType());
    }

    private Map<Long, Event> events(List<PostgresNotices.DeadLetter> dead) {
        TreeSet<Long> open = new TreeSet<>();
        dead.forEach(letter -> open.add(letter.delivery().position()));
        Map<Long, Event> found = new HashMap<>();
        while (!open.isEmpty()) {
            List<Event> some = log.find(open);
            some.forEach(event -> found.put(event.position(), event));
            if (some.isEmpty()) {
                return found;
            }
            open.headSet(some.getLast().position(), true).clear();
        }
        return found;
    }

    private CompletableFuture<AppendResult> append(EventData event, String key) {
        CompletableFuture<AppendResult> result = new CompletableFuture<>();
        committer.submit(new AppendRequest(List.of(event), key), Runnable::run, result::complete);
        return result;
    }

    /** Whether it is in the log, or never will be. */
    private static boolean finish(Appending appending) {
        try {
            switch (appending.result().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)) {
                case AppendResult.Appended _, AppendResult.Duplicate _ -> {}
                case AppendResult.Refused(String reason) ->
                    LOG.error("An operational event cannot be stored: {}", reason);
                case AppendResult.Unavailable(String reason) -> {
                    LOG.warn("An operational event is not stored yet: {}", reason);
                    return false;
                }
            }
            appending.told().run();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            LOG.warn("It is not known yet whether an operational event was stored");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return false;
    }

    private EventData event(PostgresNotices.DeadLetter letter, Event event) {
        ObjectNode payload = Json.object()
                .put("delivery_id", letter.delivery().text())
                .put("subscription_id", letter.delivery().subscription())
                .put("subscription_name", letter.name())
                .put("event_id", event.position())
                .put("event", event.data().eventType())
                .put("resource_id", event.data().recordKey())
                .put("attempts", letter.attempts())
                .put("response_code", letter.code())
                .put("error", letter.error())
                .put("died_at", letter.diedAt().toString());
        return event(letter.tenant(), OperationalTypes.DEAD, letter.delivery().text(), payload);
    }

    private EventData event(PostgresNotices.Disabled disabled) {
        ObjectNode payload = Json.object()
                .put("subscription_id", disabled.subscription())
                .put("subscription_name", disabled.name())
                .put("reason", disabled.reason());
        return event(disabled.tenant(), OperationalTypes.DISABLED, Long.toString(disabled.subscription()), payload);
    }

    private EventData event(String tenant, String type, String recordKey, ObjectNode payload) {
        return new EventData(
                tenant,
                SOURCE,
                type.substring(0, type.lastIndexOf('.')),
                null,
                recordKey,
                Operation.MANUAL,
                type,
                Priority.HIGH,
                CATEGORY,
                time.now(),
                null,
                Json.write(payload),
                null);
    }
}
