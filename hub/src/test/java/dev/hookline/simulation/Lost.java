package dev.hookline.simulation;

/** A call failed, before it did anything or after. */
public final class Lost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Lost(String call) {
        super(call + " got no answer", null, false, false);
    }
}
