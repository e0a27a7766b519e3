package dev.hookline.eventlog;

import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** The durable cursors of the hub itself: the table {@code log_cursor}. */
public final class PostgresCursors implements LogReaders {
    private static final String BEHIND = """
            SELECT name, position FROM log_cursor WHERE position < :upTo ORDER BY position
            """;

    private static final String MOVE_UP = """
            UPDATE log_cursor SET position = :upTo WHERE position < :upTo
            """;

    private final Jdbi jdbi;

    public PostgresCursors(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public List<Need> needs(long upTo) {
        return jdbi.withHandle(db -> db.createQuery(BEHIND)
                .bind("upTo", upTo)
                .map((row, _) -> new Need("cursor " + row.getString("name"), row.getLong("position") + 1))
                .list());
    }

    /** An owner finds its cursor elsewhere than it left it, and takes it anew. */
    @Override
    public void giveUp(long upTo) {
        jdbi.useHandle(db -> db.createUpdate(MOVE_UP).bind("upTo", upTo).execute());
    }
}
