package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node does in its time: keeps its lease, buries the dead, and takes up subscriptions that changed and what is due. */
final class Upkeep {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final Duration RENEW_EVERY = Duration.ofSeconds(3);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final DeliveryNode node;
    private final EventLog log;
    private final DeliveryStore store;
    private final Time time;
    private final DeliveryMetrics metrics;
    private long renewAt;
    private long lookAt;
    private long knownVersion = -1;

    /** Something may wait for a subscription that was deleted. */
    private boolean mayCancel;

    /** The last claim's answer was lost, or what it took is not all in memory yet. */
    private boolean claimUnsure;

    /**
     * Claimed while the outcome of the hold before was on its way: whether the store means that hold or a new one is known
     * once the outcome is through.
     */
    private final Set<DeliveryKey> doubtful = new HashSet<>();

    Upkeep(DeliveryNode node, EventLog log, DeliveryStore store, Time time, DeliveryMetrics metrics) {
        this.node = node;
        this.log = log;
        this.store = store;
        this.time = time;
        this.metrics = metrics;
        this.renewAt = time.nanos();
        this.lookAt = renewAt;
    }

    void turn(boolean changed) {
        long now = time.nanos();
        if (now >= renewAt) {
            renewAt = now + RENEW_EVERY.toNanos();
            renew();
        }
        boolean look = changed || now >= lookAt;
        if (look) {
            lookAt = now + LOOK_EVERY.toNanos();
            refresh();
        }
        if (mayCancel) {
            mayCancel = store.cancelDeleted();
        }
        node.disableGone();
        node.sendDue();
        claim(now, look);
    }

    private void renew() {
        if (!node.renew()) {
            LOG.warn("This node's lease ended and others have its deliveries; starting anew");
            claimUnsure = false;
            doubtful.clear();
            node.startAnew();
        }
        int buried = store.buryDead();
        if (buried > 0) {
            LOG.warn("{} nodes ended without a word; their deliveries are due again", buried);
        }
    }

    private void refresh() {
        if (store.subscriptionsVersion() != knownVersion) {
            DeliveryStore.Subscriptions loaded = store.subscriptions();
            node.apply(loaded);
            store.unblock(loaded.all().stream()
                    .filter(subscription -> !subscription.settings().delivery().blocks())
                    .map(Subscription::id)
                    .toList());
            knownVersion = loaded.version();
            mayCancel = true;
        }
    }

    private void claim(long now, boolean all) {
        long holder = node.id();
        if (holder == DeliveryNode.NONE) {
            return;
        }
        if (claimUnsure || node.known(doubtful).size() < doubtful.size()) {
            takeUnknown(holder);
        }
        Map<Long, Integer> room = node.roomForDue(now, all);
        if (room.isEmpty()) {
            return;
        }
        claimUnsure = true;
        long from = time.nanos();
        DeliveryStore.Claim claim = store.claim(holder, room);
        List<DeliveryStore.Claimed> claimed = claim.taken();
        metrics.claimed(time.nanos() - from);
        node.claimed(room, claim.seen());
        Set<DeliveryKey> known =
                node.known(claimed.stream().map(DeliveryStore.Claimed::key).toList());
        doubtful.addAll(known);
        load(holder, unknown(claimed, known::contains));
        claimUnsure = false;
    }

    /**
     * Takes what an earlier claim took in the store and is not in memory. What is settled in between was known before the
     * question, so it is not taken again.
     */
    private void takeUnknown(long holder) {
        Dispatcher.Known known = node.known();
        List<DeliveryStore.Claimed> claimed = store.claimed(holder);
        if (claimUnsure) {
            claimed.forEach(one -> doubtful.add(one.key()));
        }
        doubtful.retainAll(known.settling());
        claimUnsure = true;
        load(holder, unknown(claimed, known::has));
        claimUnsure = false;
    }

    private static List<DeliveryStore.Claimed> unknown(
            List<DeliveryStore.Claimed> claimed, Predicate<DeliveryKey> known) {
        return claimed.stream().filter(one -> !known.test(one.key())).toList();
    }

    private void load(long holder, List<DeliveryStore.Claimed> claimed) {
        TreeMap<Long, List<DeliveryStore.Claimed>> open = new TreeMap<>();
        claimed.forEach(one -> open.computeIfAbsent(one.key().position(), _ -> new ArrayList<>())
                .add(one));
        while (!open.isEmpty()) {
            if (node.isFull()) {
                open.values()
                        .forEach(all -> all.forEach(
                                one -> node.settleLater(holder, new Outcome.Released(one.key(), one.attempts()))));
                return;
            }
            List<Event> events = log.find(open.keySet());
            List<Held> items = new ArrayList<>();
            for (Event event : events) {
                open.getOrDefault(event.position(), List.of())
                        .forEach(one -> items.add(new Held(one.key(), event, one.attempts(), false)));
                open.remove(event.position());
            }
            var gone = events.isEmpty() ? open : open.headMap(events.getLast().position());
            gone.values().forEach(all -> all.forEach(one -> node.giveUp(holder, one)));
            gone.clear();
            node.take(holder, items);
        }
    }
}
