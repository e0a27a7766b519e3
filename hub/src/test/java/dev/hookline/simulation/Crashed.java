package dev.hookline.simulation;

/** The process ended in the middle of a step; what it had in memory is gone. */
final class Crashed extends Error {
    private static final long serialVersionUID = 1L;

    Crashed() {
        super("crashed", null, false, false);
    }
}
