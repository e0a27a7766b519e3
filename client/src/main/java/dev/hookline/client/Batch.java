package dev.hookline.client;

import java.util.ArrayList;
import java.util.List;

/**
 * Events that are published together or not at all, 1,000 at most. To send the same again, after {@link
 * HooklineException.Unavailable}, is safe: they are stored once. For one thread.
 */
public final class Batch extends Triggers<Batch> {
    private final Hookline hookline;
    private final List<Event> events = new ArrayList<>();
    private String key;

    Batch(Hookline hookline) {
        this.hookline = hookline;
        this.key = hookline.newKey();
    }

    /** Adds an event of any type. */
    public Batch add(Event event) {
        events.add(event);
        key = hookline.newKey();
        return this;
    }

    @Override
    Batch put(Event event) {
        return add(event);
    }

    public int size() {
        return events.size();
    }

    /**
     * Publishes what was added.
     *
     * @throws HooklineException as {@link Hookline#publish(List)}
     */
    public Published send() {
        return hookline.publish(events, key);
    }
}
