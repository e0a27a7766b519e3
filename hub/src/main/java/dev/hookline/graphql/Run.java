package dev.hookline.graphql;

import dev.hookline.access.Actor;
import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One execution of a request, as its fields see it. */
final class Run {
    private final Principal caller;
    private final @Nullable Actor actor;
    private final boolean mayFollow;
    private final @Nullable Event event;
    private @Nullable Feed feed;
    private volatile @Nullable Allowance allowance;
    private boolean ended;

    private Run(Principal caller, @Nullable Actor actor, boolean mayFollow, @Nullable Event event) {
        this.caller = caller;
        this.actor = actor;
        this.mayFollow = mayFollow;
        this.event = event;
    }

    /** By a request that must change nothing. */
    static Run reading(Principal caller) {
        return new Run(caller, null, false, null);
    }

    /** By a request. */
    static Run once(Principal caller, Actor actor) {
        return new Run(caller, actor, false, null);
    }

    /** Over a socket: a subscription leaves its {@link #feed}. */
    static Run first(Principal caller, Actor actor) {
        return new Run(caller, actor, true, null);
    }

    /** Of a subscription, for one event. */
    static Run of(Principal caller, Event event) {
        return new Run(caller, null, true, event);
    }

    /** It is its turn, with what it may use. */
    synchronized void begin(Allowance given) {
        allowance = given;
        if (ended) {
            given.end();
        }
    }

    /** Its answer is sent, or nobody waits for it: what is under way stops, and what it holds is given back. */
    synchronized void end() {
        ended = true;
        Allowance given = allowance;
        if (given != null) {
            given.end();
        }
    }

    Allowance allowance() {
        return Objects.requireNonNull(allowance);
    }

    Principal caller() {
        return caller;
    }

    /** For what is changed; null where nothing may be. */
    @Nullable
    Actor actor() {
        return actor;
    }

    boolean mayFollow() {
        return mayFollow;
    }

    @Nullable
    Event event() {
        return event;
    }

    void follow(Feed wanted) {
        feed = wanted;
    }

    /** What a subscription asked for; null for any other operation. */
    @Nullable
    Feed feed() {
        return feed;
    }
}
