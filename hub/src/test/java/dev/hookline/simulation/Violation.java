package dev.hookline.simulation;

import java.util.function.Supplier;

/** An invariant does not hold. An error, so that no step of the hub takes it for a failure of its own. */
public final class Violation extends AssertionError {
    private static final long serialVersionUID = 1L;

    /** Its number and name, as in {@code docs/simulation.md}. */
    final String invariant;

    public Violation(String invariant, String what) {
        super(invariant + ": " + what);
        this.invariant = invariant;
    }

    /** As the other, for what is asked so often that its text is made only where it is needed. */
    public static void require(boolean holds, String invariant, Supplier<String> what) {
        if (!holds) {
            throw new Violation(invariant, what.get());
        }
    }

    public static void require(boolean holds, String invariant, String what) {
        if (!holds) {
            throw new Violation(invariant, what);
        }
    }
}
