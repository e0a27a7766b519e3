package dev.hookline.eventlog;

import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes deduplication keys whose time is over, a thousand in a transaction, off the append's way: it never takes the log's
 * head, and an append waits for it only where it repeats one of those very keys.
 */
public final class PostgresKeyExpiry {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresKeyExpiry.class);
    private static final int KEYS_AT_ONCE = 1_000;

    private final EventLog log;
    private final PostgresTurn turn;

    /**
     * Of one log.
     *
     * @param direct opens connections outside the pool
     */
    public PostgresKeyExpiry(EventLog log, DataSource direct) {
        this.log = log;
        this.turn = new PostgresTurn(direct, "hookline.key-expiry");
    }

    /** Removes what there is to remove, unless another node is at it. */
    public void step() {
        turn.take(_ -> {
            long all = 0;
            int removed;
            do {
                removed = log.forgetKeys(KEYS_AT_ONCE);
                all += removed;
            } while (removed == KEYS_AT_ONCE && !Thread.currentThread().isInterrupted());
            if (all > 0) {
                LOG.debug("Removed {} deduplication keys", all);
            }
        });
    }
}
