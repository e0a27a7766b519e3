package dev.hookline.delivery;

import static dev.hookline.simulation.Violation.require;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** What a node may send to a subscription after what it was answered, counted apart from {@link Pace}. */
final class PaceInvariants {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private record Sender(long node, long subscription) {}

    private static final class Told {
        int underWay;
        int failuresInARow;
        long notBefore = Long.MIN_VALUE;
        long probeNotBefore = Long.MIN_VALUE;
        long openNanos = SimulatedDelivery.NARROW.breaker().first().toNanos();
        int goneAtRevision = -1;
        final ArrayDeque<Long> starts = new ArrayDeque<>();
    }

    private final Time time;
    private final Map<Sender, Told> all = new HashMap<>();

    PaceInvariants(Time time) {
        this.time = time;
    }

    private Told told(long node, Subscription subscription) {
        return all.computeIfAbsent(new Sender(node, subscription.id()), _ -> new Told());
    }

    void sending(long node, Subscription subscription) {
        Told told = told(node, subscription);
        long now = time.nanos();
        String sends = node + " sends to " + subscription.id();
        require(told.goneAtRevision != subscription.revision(), DeliveryInvariants.PACE, sends + ", which is gone");
        require(now >= told.notBefore, DeliveryInvariants.PACE, sends + " before the time it asked for");
        require(now >= told.probeNotBefore, DeliveryInvariants.PACE, sends + " through an open breaker");
        boolean broken =
                told.failuresInARow >= SimulatedDelivery.NARROW.breaker().failures();
        require(!broken || told.underWay == 0, DeliveryInvariants.PACE, sends + " more than one probe");
        DeliverySettings settings = subscription.settings().delivery();
        int atOnce = settings.concurrency() == null ? SimulatedDelivery.NARROW.atOnceMax() : settings.concurrency();
        require(told.underWay < atOnce, DeliveryInvariants.PACE, sends + " too many at once");
        told.underWay++;
        Integer perSecond = settings.throttlePerSecond();
        if (perSecond != null) {
            told.starts.removeIf(start -> start <= now - SECOND);
            require(told.starts.size() < perSecond, DeliveryInvariants.PACE, sends + " too many in a second");
            told.starts.add(now);
        }
    }

    void answered(long node, Subscription subscription, Exchange exchange) {
        Told told = told(node, subscription);
        told.underWay--;
        if (exchange.result().delivered()) {
            told.failuresInARow = 0;
            told.probeNotBefore = Long.MIN_VALUE;
            told.openNanos = SimulatedDelivery.NARROW.breaker().first().toNanos();
            return;
        }
        long now = time.nanos();
        Pace.Breaker breaker = SimulatedDelivery.NARROW.breaker();
        told.failuresInARow++;
        if (told.failuresInARow >= breaker.failures() && now >= told.probeNotBefore) {
            told.probeNotBefore = now + told.openNanos;
            told.openNanos = Math.min(2 * told.openNanos, breaker.most().toNanos());
        }
        Exchange.Answer answer = exchange.answer();
        if (answer != null && answer.retryAfter() != null) {
            told.notBefore = Math.max(told.notBefore, now + answer.retryAfter().toNanos());
        }
        if (Dispatcher.isGone(exchange.result())) {
            told.goneAtRevision = subscription.revision();
        }
    }
}
