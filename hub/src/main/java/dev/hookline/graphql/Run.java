package dev.hookline.graphql;

import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import org.jspecify.annotations.Nullable;

/** One execution of a request, as its fields see it. */
final class Run {
    /** Of the {@code JSON} in one answer: a document may ask for the same payload again and again. */
    private static final int ANSWER_CHARS_MAX = 16 << 20;

    /** Of the {@code JSON} in one message of a subscription. */
    private static final int MESSAGE_CHARS_MAX = 4 << 20;

    private final Principal caller;
    private final boolean mayChange;
    private final boolean mayFollow;
    private final @Nullable Event event;
    private @Nullable Feed feed;
    private long charsLeft;

    private Run(Principal caller, boolean mayChange, boolean mayFollow, @Nullable Event event) {
        this.caller = caller;
        this.mayChange = mayChange;
        this.mayFollow = mayFollow;
        this.event = event;
        this.charsLeft = event == null ? ANSWER_CHARS_MAX : MESSAGE_CHARS_MAX;
    }

    /** By a request that must change nothing. */
    static Run reading(Principal caller) {
        return new Run(caller, false, false, null);
    }

    /** By a request. */
    static Run once(Principal caller) {
        return new Run(caller, true, false, null);
    }

    /** Over a socket: a subscription leaves its {@link #feed}. */
    static Run first(Principal caller) {
        return new Run(caller, true, true, null);
    }

    /** Of a subscription, for one event. */
    static Run of(Principal caller, Event event) {
        return new Run(caller, false, true, event);
    }

    Principal caller() {
        return caller;
    }

    boolean mayChange() {
        return mayChange;
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

    /** Whether the answer may have so much more of what has no bound of its own. */
    boolean takes(int chars) {
        charsLeft -= chars;
        return charsLeft >= 0;
    }
}
