package dev.hookline.simulation;

import java.util.function.Supplier;

/** The line between a process and what it calls: here a call fails, is slow, or is the last thing a process does. */
public interface Calls {
    /**
     * Makes a call.
     *
     * @param effect what the call does; it is done once, or not at all
     * @throws Lost when no answer comes, whether or not the call took effect
     */
    <T> T call(String name, Supplier<T> effect);
}
