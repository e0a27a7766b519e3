package dev.hookline.devicesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A device's question what is new.
 *
 * @param token the last event that the device has, as it says itself; null where it leaves that to the hub
 * @param latestOnly of each record the last event only
 * @param acknowledging whether handing over the batch moves the cursor; with a token it never does
 */
record PullRequest(CursorKey cursor, int limit, @Nullable Long token, boolean latestOnly, boolean acknowledging) {

    /** Where to read on from. */
    long after(Cursor stored) {
        return token == null ? stored.position() : token;
    }

    /** The token that the device gets back when there is nothing new. */
    long unchanged(Cursor stored) {
        return token == null ? stored.lastEventId() : token;
    }

    /** Whether the next pull without a token has to know what became of this one. */
    boolean takesTurns() {
        return token == null && acknowledging;
    }

    /**
     * What a pull says of its cursor. A batch moves it only where handing it over does so; that nothing was found is true
     * whatever became of the answer, and a token is true in any case. What was only shown is not counted: the device says
     * itself what it took.
     *
     * @param handed whether the connection took the answer whole
     */
    Acknowledgement acknowledgement(Cursor stored, Batch batch, boolean handed, Instant at) {
        long known = unchanged(stored);
        long position = token == null ? stored.position() : token;
        if (batch.events().isEmpty()) {
            position = Math.max(position, batch.upTo());
        } else if (takesTurns() && handed) {
            position = batch.upTo();
            known = batch.lastEventId(known);
        }
        long given = handed && acknowledging ? batch.events().size() : 0;
        return new Acknowledgement(stored.id(), stored.epoch(), position, known, acknowledging ? 1 : 0, given, at);
    }
}
