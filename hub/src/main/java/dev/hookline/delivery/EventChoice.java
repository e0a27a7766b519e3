package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import java.time.Instant;
import java.util.List;

/** The events that a subscription is for, from any time: what it names, and its filter. For one thread. */
public final class EventChoice {
    private final Matcher matcher;

    EventChoice(Subscription subscription) {
        Subscription fromTheStart = new Subscription(
                subscription.id(),
                subscription.tenant(),
                subscription.source(),
                subscription.settings(),
                true,
                null,
                0,
                List.of(),
                subscription.revision(),
                Instant.EPOCH,
                Instant.EPOCH);
        this.matcher = new Matcher(List.of(fromTheStart), null);
    }

    /** Whether it is for this event; false also where its filter cannot judge it. */
    public boolean takes(Event event) {
        boolean[] taken = new boolean[1];
        matcher.match(event, _ -> taken[0] = true);
        return taken[0];
    }
}
