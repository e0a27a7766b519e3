package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.access.Rule;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Publishing as the product does it, but that each event also changes the record that it names. */
final class RecordPublishRoutes implements Routes {
    private final Committer committer;
    private final Time time;

    RecordPublishRoutes(Committer committer, Time time) {
        this.committer = committer;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, PublishRequests.PATH, Rule.SIGNED_IN, Limits.PUBLISH_BYTES_MAX, this::publish);
    }

    private Reply publish(Call call) throws Problem {
        List<EventData> events = new ArrayList<>();
        for (JsonNode event : call.jsonObject().path("events")) {
            String data = Json.write(event.path("data"));
            String type = event.path("event").asText();
            String key = event.path("resource_id").asText();
            events.add(new EventData(
                    call.principal().tenant(),
                    "publish",
                    event.path("resource_type").asText(),
                    null,
                    key,
                    Operation.MANUAL,
                    type,
                    Priority.MEDIUM,
                    EventData.BUSINESS,
                    time.now(),
                    null,
                    data,
                    data));
        }
        CompletableFuture<AppendResult> result = new CompletableFuture<>();
        committer.submit(new AppendRequest(events, call.header("Idempotency-Key")), Runnable::run, result::complete);
        if (result.join() instanceof AppendResult.Appended(long first, int count)) {
            return Reply.of(202, Json.object().put("first", first).put("count", count));
        }
        throw Problem.of(503, "It was not stored");
    }
}
