package dev.hookline.delivery;

import dev.hookline.eventlog.EventData;

/**
 * The lane of a record: deliveries of one lane go to an ordered subscription one at a time. Two records that fall into one
 * lane wait for each other, which is rare and does no harm.
 */
public final class RecordLane {
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private RecordLane() {}

    /** The same on every node and in every version: it is stored. FNV-1a over the model, a zero, and the key. */
    static long of(EventData event) {
        return of(event.model(), event.recordKey());
    }

    /** As {@link #of(EventData)}. */
    public static long of(String model, String recordKey) {
        return hash(hash(OFFSET, model) * PRIME, recordKey);
    }

    private static long hash(long from, String text) {
        long hash = from;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * PRIME;
        }
        return hash;
    }
}
