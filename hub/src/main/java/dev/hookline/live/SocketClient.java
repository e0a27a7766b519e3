package dev.hookline.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of {@code /ws}. First it must say who it is, if its request did not; then it may say what it wants to hear of, and
 * is served by a {@link Cursor} once it wants to hear of anything. Lives on one event loop, but for what is asked for the
 * statistics.
 */
final class SocketClient implements Outlet, SocketLine.Talker {
    private static final Logger LOG = LoggerFactory.getLogger(SocketClient.class);
    private static final Duration AUTHENTICATE_WITHIN = Duration.ofSeconds(10);

    private final SocketLoop loop;
    private final SocketLine line;
    private final Predicate<Principal> mayEnter;
    private final @Nullable Long namedUser;
    private volatile Interests interests;
    private volatile @Nullable Principal principal;
    private Set<String> models = Set.of();
    private @Nullable Cursor cursor;
    private @Nullable Long since;
    private boolean starting;

    /** What was said of an event that may have more pushes than the line takes at once. */
    private final Set<Push> told = new HashSet<>();

    private long toldPosition;
    private boolean stranger;
    private long timer = -1;

    /** The record numbers that were asked for last, by position; 0 where there is none. */
    private final Map<Long, Long> answered = new HashMap<>();

    private boolean asking;
    private final List<Runnable> waiting = new ArrayList<>(1);

    /**
     * On a line that was just opened.
     *
     * @param namedUser the user whom the path names
     * @param mayEnter whether a principal may be that user
     */
    SocketClient(
            SocketLoop loop,
            SocketLine line,
            Interests interests,
            @Nullable Long since,
            @Nullable Long namedUser,
            Predicate<Principal> mayEnter) {
        this.loop = loop;
        this.line = line;
        this.interests = interests;
        this.since = since;
        this.namedUser = namedUser;
        this.mayEnter = mayEnter;
    }

    /** Begins, with the principal that the request named, or as a stranger whom the connections have admitted. */
    void open(Optional<Principal> caller) {
        stranger = caller.isEmpty();
        line.open(this);
        if (caller.isPresent()) {
            enter(caller.get());
        } else {
            timer = line.after(AUTHENTICATE_WITHIN, () -> refuse("Not authenticated in time"));
        }
    }

    String tenant() {
        Principal who = principal;
        return who == null ? "" : who.tenant();
    }

    /** The user whom the path names, else the caller. */
    long userId() {
        Principal who = principal;
        return namedUser != null ? namedUser : who == null ? 0 : who.userId();
    }

    Set<String> channels() {
        return interests.channels();
    }

    private void enter(Principal who) {
        if (!line.isOpen()) {
            return;
        }
        line.cancel(timer);
        principal = who;
        if (stranger) {
            stranger = false;
            loop.connections().strangerLeft();
        }
        loop.connections().add(this);
        timer = line.after(Duration.between(loop.time().now(), who.expiresAt()), () -> refuse("The token has expired"));
    }

    @Override
    public void beat() {
        Principal who = principal;
        if (who != null && !loop.stillCounts(who)) {
            refuse("The token was revoked");
        }
    }

    @Override
    public void left() {
        Cursor mine = cursor;
        if (mine != null) {
            mine.close();
        }
        if (stranger) {
            stranger = false;
            loop.connections().strangerLeft();
        }
        loop.connections().remove(this);
    }

    @Override
    public void receive(String text) {
        switch (loop.messages().handle(interests, text)) {
            case SocketMessages.Outcome.Authenticate said -> authenticate(said.token());
            case SocketMessages.Outcome outcome
            when principal == null -> refuse("Not authenticated. Send {\"type\":\"auth\",\"token\":\"…\"} first");
            case SocketMessages.Outcome.Said said -> say(said.answer());
            case SocketMessages.Outcome.Changed changed -> {
                say(changed.answer());
                want(changed.interests());
            }
            case SocketMessages.Outcome.Resume resume -> resume(resume.since());
        }
    }

    /** What it says meanwhile waits. */
    private void authenticate(String token) {
        line.hold();
        loop.identify(
                token,
                found -> {
                    try {
                        authenticated(found);
                    } finally {
                        line.goOn();
                    }
                },
                problem -> {
                    line.close(SocketLine.TRY_LATER, problem.text());
                    line.goOn();
                });
    }

    private void authenticated(Optional<Principal> found) {
        Principal before = principal;
        if (found.isEmpty()) {
            refuse("The token is not valid, or has expired");
        } else if (before != null && !isSame(before, found.get())) {
            say(SocketMessages.error("The token is another user's"));
        } else if (!mayEnter.test(found.get())) {
            refuse("Another user's connection");
        } else {
            enter(found.get());
            say(SocketMessages.status("Authenticated"));
        }
    }

    private static boolean isSame(Principal one, Principal other) {
        return one.tenant().equals(other.tenant()) && one.userId() == other.userId();
    }

    /** A cursor that is there stands still while nothing is wanted: so its reads stay one after the other. */
    private void want(Interests wanted) {
        boolean wantedNothing = interests.isEmpty();
        interests = wanted;
        models = wanted.models();
        Cursor mine = cursor;
        if (wanted.isEmpty()) {
            return;
        }
        if (mine != null && !wantedNothing) {
            mine.restart();
        } else if (since != null) {
            if (mine != null) {
                mine.seek(loop.head());
            }
            resume(since);
        } else if (mine != null) {
            mine.seek(loop.head());
        } else {
            cursor = loop.followHead(tenant(), this);
        }
    }

    /** Goes on after a position; now, or with the first channel. */
    private void resume(long position) {
        since = position;
        if (interests.isEmpty()) {
            say(SocketMessages.status("Resuming after position " + position + " with the first subscription")
                    .put("position", position));
            return;
        }
        if (!starting) {
            starting = true;
            loop.start(tenant(), position, start -> resumed(position, start), this::fail);
        }
    }

    private void resumed(long asked, Start start) {
        starting = false;
        Long wanted = since;
        if (!isOpen() || wanted == null) {
            return;
        }
        if (wanted != asked) {
            resume(wanted);
            return;
        }
        since = null;
        say(SocketMessages.status(start.comment()).put("position", start.position()));
        Cursor mine = cursor;
        if (mine == null) {
            mine = loop.follow(tenant(), start.position(), this);
            cursor = mine;
            mine.pump();
        } else {
            toldPosition = 0;
            mine.seek(start.position());
        }
    }

    private void say(ObjectNode message) {
        line.say(message.toString());
    }

    private void refuse(String reason) {
        say(SocketMessages.error(reason));
        line.close(SocketLine.REFUSED, reason);
    }

    @Override
    public boolean isOpen() {
        return line.isOpen() && !interests.isEmpty();
    }

    @Override
    public boolean isFull() {
        return asking || line.isFull();
    }

    @Override
    public void whenDrained(Runnable drained) {
        if (asking) {
            waiting.add(drained);
        } else {
            line.whenDrained(drained);
        }
    }

    /** Tells those who wait for more room, once numbers are not what is waited for. */
    private void drained() {
        List<Runnable> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(line.isFull() ? line::whenDrained : Runnable::run);
    }

    @Override
    public Set<String> models() {
        return models;
    }

    @Override
    public int write(List<Event> events) {
        int taken = 0;
        while (taken < events.size() && hasNumber(events.get(taken)) && tell(events.get(taken))) {
            taken++;
        }
        if (taken < events.size() && !line.isFull()) {
            ask(events.subList(taken, events.size()));
        }
        return taken;
    }

    private boolean hasNumber(Event event) {
        return loop.numbers().known(event) != null
                || answered.containsKey(event.position())
                || !interests.mayConcern(event);
    }

    /** Takes nothing until the numbers are there; then the events come again. */
    private void ask(List<Event> events) {
        List<Event> unknown = events.stream().filter(event -> !hasNumber(event)).toList();
        asking = true;
        loop.numbers()
                .ask(
                        tenant(),
                        unknown,
                        found -> {
                            asking = false;
                            answered.clear();
                            unknown.forEach(
                                    event -> answered.put(event.position(), found.getOrDefault(event.position(), 0L)));
                            drained();
                        },
                        this::fail);
    }

    /** Says what is left to say of an event; false when the line is full before that. */
    private boolean tell(Event event) {
        if (toldPosition != event.position()) {
            toldPosition = event.position();
            told.clear();
        }
        Long known = loop.numbers().known(event);
        long number = known == null ? answered.getOrDefault(event.position(), 0L) : known;
        for (Push push : interests.pushes(event, number)) {
            if (!told.contains(push)) {
                if (line.isFull()) {
                    return false;
                }
                line.say(loop.frame(event, number, push));
                told.add(push);
            }
        }
        return true;
    }

    @Override
    public void fail(RuntimeException failure) {
        LOG.warn("A WebSocket ends, for the log cannot be read: {}", failure.getMessage());
        line.close(SocketLine.TRY_LATER, "The log cannot be read; try again shortly");
    }
}
