package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/v1/records/{model}} lists by key ({@code after}, {@code limit} 1 to 1,000, {@code deleted}); {@code GET
 * /api/v1/records/{model}/{key}} shows one.
 */
public final class RecordRoutes implements Routes {
    private static final Rule READ = Rule.of(Role.VIEWER, Scope.RECORDS_READ);
    private static final int PAGE_RECORDS_MAX = 1_000;

    private final PostgresRecords records;

    public RecordRoutes(PostgresRecords records) {
        this.records = records;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, "/api/v1/records/:model", READ, 0, this::list);
        api.secured(HttpMethod.GET, "/api/v1/records/:model/:key", READ, 0, this::show);
    }

    private Reply list(Call call) throws Problem {
        int limit = call.query("limit", 100, 1, PAGE_RECORDS_MAX);
        @Nullable String after = call.query("after");
        List<RecordState> page = records.list(
                call.principal().tenant(),
                call.path("model"),
                after == null ? "" : after,
                limit,
                call.query("deleted", false));
        ObjectNode answer = Json.object().put("count", page.size());
        var data = answer.putArray("data");
        page.forEach(record -> data.add(json(record)));
        answer.put("next", page.size() == limit ? page.getLast().key() : null);
        return Reply.ok(answer);
    }

    private Reply show(Call call) throws Problem {
        String model = call.path("model");
        String key = call.path("key");
        return records.find(call.principal().tenant(), model, key, call.query("deleted", false))
                .map(record -> Reply.ok(json(record)))
                .orElseThrow(() -> Problem.of(404, "There is no " + model + " with the key '" + key + "'"));
    }

    private static ObjectNode json(RecordState record) {
        ObjectNode json = Json.object()
                .put("model", record.model())
                .put("key", record.key())
                .put("id", record.id())
                .put("version", record.version())
                .put("last_position", record.lastPosition())
                .put("deleted", record.deleted())
                .put("created_at", record.createdAt().toString())
                .put("updated_at", record.updatedAt().toString());
        json.set("state", record.state());
        return json;
    }
}
