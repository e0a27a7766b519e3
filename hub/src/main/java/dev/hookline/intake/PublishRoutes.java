package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.catalogue.Catalogue;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.http.Answer;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /api/v1/tenant/webhooks/events} (decision 7): one event {@code {event, resource_type, resource_id, data,
 * occurred_at?, priority?}}, or up to 1,000 as {@code {"events":[…]}}; all are stored or none. With an {@code
 * Idempotency-Key} the same request is stored once. 202 with the ids, after the commit; with {@code warnings} where data is
 * not as the catalogue says, unless the tenant has such requests refused with 422.
 */
public final class PublishRoutes implements Routes {
    private static final Rule PUBLISH = Rule.of(Role.MEMBER, Scope.EVENTS_WRITE);
    private static final Logger LOG = LoggerFactory.getLogger(PublishRoutes.class);
    private static final int LOG_LINES_PER_SECOND = 2;

    private final Committer committer;
    private final Catalogue catalogue;
    private final PublishMetrics metrics;
    private final Time time;
    private final LogSampler warned;

    /** Bytes of the bodies that are parsed at the same time: what comes of them may take twenty times as much memory. */
    private final Semaphore parsing = new Semaphore(Limits.PUBLISH_BYTES_MAX, true);

    public PublishRoutes(Committer committer, Catalogue catalogue, PublishMetrics metrics, Time time) {
        this.committer = committer;
        this.catalogue = catalogue;
        this.metrics = metrics;
        this.time = time;
        this.warned = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    @Override
    public void mount(Api api) {
        api.securedDeferred(
                HttpMethod.POST, "/api/v1/tenant/webhooks/events", PUBLISH, Limits.PUBLISH_BYTES_MAX, this::publish);
    }

    private void publish(Call call, Answer answer) throws Problem {
        String tenant = call.principal().tenant();
        String key = IdempotencyKey.of(call.header("Idempotency-Key"));
        PublishRequest request = new PublishRequest(tenant, catalogue.of(tenant), metrics, time.now());
        parse(request, call.body().getBytes());
        if (!request.warnings().isEmpty()) {
            log(tenant, request.warnings());
        }
        committer.submit(new AppendRequest(request.events(), key), answer.home(), result -> {
            switch (result) {
                case AppendResult.Appended(long first, int count) ->
                    answer.send(Reply.of(202, stored(first, count, false, request)));
                case AppendResult.Duplicate(long first, int count) ->
                    answer.send(Reply.of(202, stored(first, count, true, request)));
                case AppendResult.Refused(String reason) ->
                    answer.refuse(Problem.of(422, "This cannot be stored: " + reason));
                case AppendResult.Unavailable(String reason) -> answer.refuse(Problem.of(503, reason));
            }
        });
    }

    private void parse(PublishRequest request, byte[] body) throws Problem {
        parsing.acquireUninterruptibly(body.length);
        try {
            request.read(body);
        } finally {
            parsing.release(body.length);
        }
    }

    private void log(String tenant, ArrayNode warnings) {
        int skipped = warned.skippedOrSilent();
        if (skipped >= 0) {
            LOG.warn(
                    "Tenant {} published what the catalogue does not expect, at {}: {} ({} more since the last such line)",
                    tenant,
                    warnings.path(0).path("field").asText(),
                    warnings.path(0).path("message").asText(),
                    skipped);
        }
    }

    private static ObjectNode stored(long first, int count, boolean duplicate, PublishRequest request) {
        ObjectNode answer = Json.object().put("success", true).put("count", count);
        ArrayNode ids = answer.putArray("ids");
        for (long id = first; id < first + count; id++) {
            ids.add(id);
        }
        if (duplicate) {
            answer.put("duplicate", true);
        }
        if (!request.warnings().isEmpty()) {
            answer.set("warnings", request.warnings());
        }
        if (request.warningsOmitted() > 0) {
            answer.put("warnings_omitted", request.warningsOmitted());
        }
        return answer;
    }
}
