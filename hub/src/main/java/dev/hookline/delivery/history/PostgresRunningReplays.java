package dev.hookline.delivery.history;

import dev.hookline.eventlog.LogReaders;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replays that run, as readers of the log: each needs what it has not queued yet, or it would end with less. */
public final class PostgresRunningReplays implements LogReaders {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresRunningReplays.class);

    /** One of all subscriptions begins anew with each of them. */
    private static final String AT = "CASE WHEN subscription IS NULL THEN after_position ELSE at_position END";

    private static final String BEHIND = "WHERE state = 'running' AND " + AT + " < least(up_to, :upTo)";

    private static final String NEEDS = """
            SELECT id, %s + 1 AS position FROM replay %s ORDER BY id
            """.formatted(AT, BEHIND);

    private static final String GIVE_UP = """
            UPDATE replay
            SET state = 'failed', error = :error, finished_at = clock_timestamp(), updated_at = clock_timestamp()
            %s
            """.formatted(BEHIND);

    private final Jdbi jdbi;

    public PostgresRunningReplays(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public List<Need> needs(long upTo) {
        return jdbi.withHandle(db -> db.createQuery(NEEDS)
                .bind("upTo", upTo)
                .map((row, _) -> new Need("replay " + row.getLong("id"), row.getLong("position")))
                .list());
    }

    /** They fail, and say why: none is to end as done that has sent a part. */
    @Override
    public void giveUp(long upTo) {
        int failed = jdbi.withHandle(db -> db.createUpdate(GIVE_UP)
                .bind("upTo", upTo)
                .bind("error", "What it was to send is no longer kept: the time of events up to " + upTo + " was over")
                .execute());
        if (failed > 0) {
            LOG.warn("{} replays of events up to position {} failed: these are no longer kept", failed, upTo);
        }
    }
}
