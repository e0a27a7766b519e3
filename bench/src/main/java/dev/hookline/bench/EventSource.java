package dev.hookline.bench;

import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Gives {@link Followers} one event at a time. */
interface EventSource {
    /** Returns when the server has taken it. */
    void emit() throws IOException, InterruptedException;

    /** Publishes at a hub, which commits it. */
    static EventSource of(HubUnderTest hub) {
        return () -> hub.post(
                PublishRequests.PATH,
                Json.object()
                        .put("event", "bench.follow")
                        .put("resource_type", Followers.MODEL)
                        .put("resource_id", "1")
                        .set("data", Json.object().put("mark", Followers.MARK)));
    }

    /** Posts to a {@link LimitStream} a frame as large as the hub's. */
    static EventSource of(HttpClient http, int port) {
        String frame = "id: 1234567\ndata: {\"position\":1234567,\"tenant\":\"default\",\"source\":\"publish\","
                + "\"model\":\"bench\",\"record_key\":\"1\",\"operation\":\"manual\",\"event_type\":\"bench.follow\","
                + "\"priority\":\"medium\",\"category\":\"business\",\"occurred_at\":\"2026-11-24T12:00:00.000000Z\","
                + "\"received_at\":\"2026-11-24T12:00:00.000000Z\",\"changed_fields\":null,\"payload\":{\"mark\":\""
                + Followers.MARK + "\"}}\n\n";
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port))
                .POST(HttpRequest.BodyPublishers.ofString(frame))
                .build();
        return () -> http.send(request, HttpResponse.BodyHandlers.discarding());
    }
}
