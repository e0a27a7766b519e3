package dev.hookline.live;

/** How many messages one socket may send: {@link #BURST} at once, and {@link #PER_SECOND} a second on the whole. */
final class MessageRate {
    static final int BURST = 200;
    static final int PER_SECOND = 50;
    private static final long NANOS_EACH = 1_000_000_000L / PER_SECOND;

    /** The time at which nothing would be left of what was taken. */
    private long paidUntil;

    MessageRate(long nanos) {
        paidUntil = nanos;
    }

    /** Counts a message; false when it is one too many. */
    boolean take(long nanos) {
        long from = Math.max(paidUntil - nanos, 0);
        if (from > (BURST - 1) * NANOS_EACH) {
            return false;
        }
        paidUntil = nanos + from + NANOS_EACH;
        return true;
    }
}
