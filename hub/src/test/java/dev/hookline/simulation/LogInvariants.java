package dev.hookline.simulation;

import static dev.hookline.simulation.Violation.require;

import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the log promises, checked against a list of its own. */
final class LogInvariants {
    static final String NOTHING_LOST = "1 nothing acknowledged is lost";
    static final String ORDER = "2 positions are dense and in order";
    static final String TAIL = "2 the tail is contiguous";

    /** Where one reader of a node's tail is. */
    static final class Reader {
        private long position;

        Reader(long position) {
            this.position = position;
        }
    }

    private final EventLog log;
    private final List<Event> events = new ArrayList<>();
    private final Map<String, List<Event>> bySubmission = new HashMap<>();
    private final Set<String> denied = new HashSet<>();

    LogInvariants(EventLog log) {
        this.log = log;
    }

    List<Event> events() {
        return events;
    }

    /** After a commit: what is new follows what was there. */
    void appended() {
        for (Event event : log.read(events.size(), Integer.MAX_VALUE)) {
            Instant last =
                    events.isEmpty() ? event.receivedAt() : events.getLast().receivedAt();
            require(event.position() == events.size() + 1, ORDER, event.position() + " follows " + events.size());
            require(!event.receivedAt().isBefore(last), ORDER, "received_at falls at " + event.position());
            events.add(event);
            String submission = event.data().payload();
            require(
                    !denied.contains(submission),
                    NOTHING_LOST,
                    submission + " was stored after the answer that it is not");
            bySubmission.computeIfAbsent(submission, _ -> new ArrayList<>()).add(event);
        }
    }

    /** What one submission put in the log. */
    List<Event> of(String submission) {
        return bySubmission.getOrDefault(submission, List.of());
    }

    /** A caller was told that its events are at these positions. */
    void acknowledged(String request, long first, int count, int asked) {
        require(count == asked, NOTHING_LOST, request + " got " + count + " positions for " + asked + " events");
        for (long position = first; position < first + count; position++) {
            require(position <= events.size(), NOTHING_LOST, request + " at " + position + " is not in the log");
            Event event = events.get((int) position - 1);
            require(
                    event.data().source().equals(request + "-" + (position - first)),
                    NOTHING_LOST,
                    request + " is not at " + position);
        }
    }

    /** A caller was told that nothing of this submission is stored. */
    void denied(String submission, AppendResult answer) {
        require(of(submission).isEmpty(), NOTHING_LOST, submission + " is stored, and was answered " + answer);
        denied.add(submission);
    }

    /** Reads on in a tail, and compares with the log. */
    void read(Tail tail, Reader reader) {
        require(tail.head() <= events.size(), TAIL, () -> "it shows " + tail.head() + " of " + events.size());
        while (reader.position < tail.head()) {
            Tail.Page page = tail.peek(null, reader.position, 10);
            if (page == null) {
                reader.position++;
                continue;
            }
            for (Event event : page.events()) {
                require(
                        event.position() == reader.position + 1,
                        TAIL,
                        () -> event.position() + " after " + reader.position);
                require(
                        event.equals(events.get((int) reader.position)),
                        TAIL,
                        () -> "another event at " + event.position());
                reader.position++;
            }
            require(page.upTo() == reader.position, TAIL, "a page ends at " + page.upTo() + ", not " + reader.position);
        }
    }
}
