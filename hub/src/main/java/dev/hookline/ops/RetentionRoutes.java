package dev.hookline.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Rule;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.LogReaders;
import dev.hookline.eventlog.PostgresRetention;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * {@code GET /api/v1/admin/retention}, for the owners of the tenant that runs the hub: what is past its time and still there,
 * and who keeps it, as this node saw it when it last looked.
 */
public final class RetentionRoutes implements Routes {
    private static final int READERS_MAX = 1_000;

    private final EventLog log;
    private final PostgresRetention retention;

    public RetentionRoutes(EventLog log, PostgresRetention retention) {
        this.log = log;
        this.retention = retention;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, "/api/v1/admin/retention", Rule.platformOwner(), 0, this::show);
    }

    private Reply show(Call call) {
        PostgresRetention.Standing last = retention.standing().orElse(null);
        Duration keep = retention.settings().keep();
        ObjectNode answer = Json.object()
                .put("retention_days", keep == null ? null : keep.toDays())
                .put("unread", retention.settings().unread().name().toLowerCase(Locale.ROOT))
                .put("oldest_event_id", log.oldest())
                .put("looked_at", last == null ? null : last.at().toString());
        List<LogReaders.Need> needs = last == null ? List.of() : last.needs();
        ArrayNode kept = answer.putArray("kept_partitions");
        if (last != null) {
            last.kept().forEach(kept::add);
        }
        answer.put("needed_by_count", needs.size());
        ArrayNode neededBy = answer.putArray("needed_by");
        needs.stream()
                .limit(READERS_MAX)
                .forEach(need -> neededBy.addObject().put("reader", need.who()).put("event_id", need.position()));
        return Reply.ok(answer);
    }
}
