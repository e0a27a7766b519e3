package dev.hookline.bench;

import dev.hookline.postgres.Database;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** The limit of publishing: rows made beforehand, copied in over one connection, and committed every so many. */
final class CopyStream implements Rounds.Side {
    /** As many as the hub commits at once at most. */
    private static final int EVENTS_PER_COMMIT = 1_000;

    private final Database database;
    private final byte[] batch;

    CopyStream(Database database) {
        this.database = database;
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < EVENTS_PER_COMMIT; i++) {
            rows.append("default\tpublish\tbooking\t\\N\t")
                    .append(BookingRequests.reference(i))
                    .append(
                            "\tmanual\tbench.publish\tmedium\tbusiness\t2026-11-24 12:00:00Z\t2026-11-24 12:00:00Z\t\\N\t{")
                    .append(BookingRequests.fields(i))
                    .append("}\n");
        }
        this.batch = rows.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public double measure(Duration duration) throws SQLException, IOException {
        long events = 0;
        long from = System.nanoTime();
        try (Connection db = database.connection()) {
            while (System.nanoTime() - from < duration.toNanos()) {
                CopyIn copy = db.unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY limit_event (" + LimitTable.COLUMNS + ") FROM STDIN");
                copy.writeToCopy(batch, 0, batch.length);
                events += copy.endCopy();
            }
        }
        return events / ((System.nanoTime() - from) / 1e9);
    }
}
