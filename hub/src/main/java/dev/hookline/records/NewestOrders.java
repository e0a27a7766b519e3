package dev.hookline.records;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which order the newest positions belong to, so that whoever sent an order can be told its id after the commit without
 * another query. An append that fails leaves entries behind; its positions are given out again, and the entries replaced
 * before anyone asks for them. Safe for threads.
 */
final class NewestOrders {
    private static final int ENTRIES = 1 << 14;

    private record Entry(long position, OrderRef order) {}

    private final AtomicReferenceArray<Entry> entries = new AtomicReferenceArray<>(ENTRIES);

    void put(long position, OrderRef order) {
        entries.set(slot(position), new Entry(position, order));
    }

    /** The order; empty when the position is too old, or not an order's. */
    Optional<OrderRef> at(long position) {
        Entry entry = entries.get(slot(position));
        return entry == null || entry.position != position ? Optional.empty() : Optional.of(entry.order);
    }

    private static int slot(long position) {
        return (int) (position & (ENTRIES - 1));
    }
}
