package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.PostgresAudit;
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

/** {@code GET /api/v1/audit}: what administrators did, the newest first. */
public final class AuditRoutes implements Routes {
    private final PostgresAudit audit;

    public AuditRoutes(PostgresAudit audit) {
        this.audit = audit;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.GET, "/api/v1/audit", Rule.of(Role.ADMIN, Scope.ADMIN), 0, this::list);
    }

    private Reply list(Call call) throws Problem {
        int limit = Paths.limit(call);
        PostgresAudit.Filter filter = new PostgresAudit.Filter(
                call.query("action"),
                call.query("subject"),
                Paths.position(call, "user_id").orElse(null),
                call.time("since"),
                call.time("until"));
        List<PostgresAudit.Entry> page = audit.page(
                call.principal().tenant(),
                filter,
                Paths.position(call, "before").orElse(Long.MAX_VALUE),
                limit);
        return Paths.page(page, limit, AuditRoutes::json, PostgresAudit.Entry::id);
    }

    private static ObjectNode json(PostgresAudit.Entry entry) {
        ObjectNode json = Json.object()
                .put("id", entry.id())
                .put("at", entry.at().toString())
                .put("user_id", entry.userId())
                .put("username", entry.username())
                .put("credential", entry.credential())
                .put("key_name", entry.keyName())
                .put("key_made_by", entry.keyMadeBy())
                .put("address", entry.address())
                .put("request_id", entry.requestId())
                .put("action", entry.action())
                .put("subject", entry.subject());
        json.set("before", entry.before().orElse(NullNode.getInstance()));
        json.set("after", entry.after().orElse(NullNode.getInstance()));
        return json;
    }
}
