package dev.hookline.delivery;

import org.jspecify.annotations.Nullable;

/** One subscription's part of a {@link Dispatcher}: what waits to be sent, what is under way, and how fast it may go. */
final class Line {
    private static final int THROTTLED_SECONDS = 10;

    final ReadyQueue ready = new ReadyQueue();
    final Pace pace;
    private final Throttle throttle = new Throttle();
    Subscription subscription;
    int held;
    int inFlight;
    boolean gone;

    /** Some were left due in the store for want of room. */
    boolean behind;

    long timesBehind;
    long timesBehindAtClaim;
    long dueNanos = Long.MAX_VALUE;

    /** The receiver said that it is gone (410), to an attempt under this revision of the subscription. */
    private @Nullable Integer goneAtRevision;

    Line(Subscription subscription, Pace.Breaker breaker) {
        this.subscription = subscription;
        this.pace = new Pace(breaker);
    }

    void leftBehind() {
        behind = true;
        timesBehind++;
    }

    void receiverGone(int revision) {
        goneAtRevision = revision;
    }

    /**
     * Whether it is sent to at all, by this node.
     *
     * @param owner whether this node owns what only one may send
     */
    boolean isOpen(boolean owner) {
        boolean refused = goneAtRevision != null && goneAtRevision == subscription.revision();
        return !gone
                && subscription.active()
                && !refused
                && (owner || !delivery().byOneNode());
    }

    private DeliverySettings delivery() {
        return subscription.settings().delivery();
    }

    /** How many its owner allows at once. */
    int atOnceMax(Dispatcher.Settings settings) {
        Integer own = delivery().concurrency();
        return own == null ? settings.atOnceMax() : own;
    }

    /** How many it may hold while it is sent to. */
    int lineMax(Dispatcher.Settings settings) {
        if (pace.isBroken()) {
            return 1;
        }
        // One that fails is sent one by one and needs few.
        Integer perSecond = delivery().throttlePerSecond();
        int most = perSecond == null
                ? settings.lineMax()
                : Math.clamp((long) perSecond * THROTTLED_SECONDS, settings.atOnceMax(), settings.lineMax());
        return pace.isFailing() ? Math.min(most, settings.atOnceMax()) : most;
    }

    /** Whether one may start now; it then counts against the throttle. */
    boolean start(Dispatcher.Settings settings, boolean owner, long nowNanos) {
        if (ready.isEmpty() || !isOpen(owner) || inFlight >= pace.atOnce(atOnceMax(settings), nowNanos)) {
            return false;
        }
        Integer perSecond = delivery().throttlePerSecond();
        return perSecond == null || throttle.start(perSecond, nowNanos);
    }
}
