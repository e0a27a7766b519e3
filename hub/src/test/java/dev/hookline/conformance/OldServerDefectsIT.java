package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.EVENTS;
import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What A11 says that seed 001's server got wrong: in the smart sync, and in the webhook API. */
@DisplayName("Seed 001, the old server's defects")
class OldServerDefectsIT extends BridgeCoreSetting {
    // ---- the smart sync ---------------------------------------------------------------------------------------------

    @Test
    void a11_1_theFirstPullOfANewDeviceSucceedsAndLosesNothing() {
        List<Long> pushed = push(1);

        JsonNode first = ann.pull(pullOfModel());

        assertThat(ids(first.path("events"))).isEqualTo(pushed);
        assertThat(first.path("last_sync_time").isTextual()).isTrue();
    }

    @Test
    void a11_2_aPullWithEventsIsAnsweredAndItsTimeKept() {
        push(1);
        ann.pull(pullOfModel());

        assertThat(ann.pull(pullOfModel()).path("status").textValue()).isEqualTo("success");
        assertThat(state().path("sync_count").intValue()).isEqualTo(2);
    }

    @Test
    void a11_3_aDeviceWithATokenGetsALostBatchAgain() {
        List<Long> pushed = push(2);

        ann.pull(pullOfModel().put("sync_token", "0"));
        JsonNode again = ann.pull(pullOfModel().put("sync_token", "0"));

        assertThat(ids(again.path("events"))).isEqualTo(pushed);
    }

    @Test
    void a11_5_aFilterDoesNotSkipWhatAnotherWants() {
        long first = ann.push(model, 1, "write");
        long other = ann.push(model + "_other", 2, "write");
        ObjectNode pullOther = ann.pullOf(device, "test_app");
        pullOther.putArray("models_filter").add(model + "_other");

        assertThat(ids(ann.pull(pullOfModel()).path("events"))).containsExactly(first);
        assertThat(ids(ann.pull(pullOther).path("events"))).containsExactly(other);
        ObjectNode both = ann.pullOf(device, "test_app");
        both.putArray("models_filter").add(model + "_other").add(model);
        assertThat(ids(ann.pull(both).path("events"))).containsExactly(first, other);
        ObjectNode otherOrder = ann.pullOf(device, "test_app");
        otherOrder.putArray("models_filter").add(model).add(model + "_other");
        assertThat(ids(ann.pull(otherOrder).path("events"))).isEmpty();
    }

    @Test
    void a11_6_parallelPullsOfADeviceGiveEachEventOnceAndCountEachPull() {
        List<Long> pushed = push(40);

        List<Long> got = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<List<Long>>> pulls = IntStream.range(0, 10)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(
                            () -> ids(ann.pull(pullOfModel().put("limit", 5)).path("events")), threads))
                    .toList();
            pulls.forEach(pull -> got.addAll(pull.join()));
        }

        assertThat(got).containsExactlyInAnyOrderElementsOf(pushed);
        assertThat(state().path("sync_count").intValue()).isEqualTo(10);
        assertThat(state().path("last_event_id").longValue()).isEqualTo(pushed.getLast());
    }

    // ---- the webhook API --------------------------------------------------------------------------------------------

    @Test
    void a11_9_aFieldThatOdooSaysFalseForBreaksNoList() {
        ann.push(
                (ObjectNode)
                        event(1).set(
                                        "data",
                                        Json.read(
                                                "{\"next_retry_at\":false,\"partner_id\":[3,\"Ann\"],\"error_code\":false,\"name\":false}")));

        for (String path : List.of(EVENTS, EVENTS + "/enhanced")) {
            JsonNode event = ok(ann.get(path + "?model=" + model)).path("data").get(0);
            assertThat(event.path("next_retry_at").isNull()).isTrue();
            assertThat(event.path("payload").path("partner_id").toString()).isEqualTo("[3,\"Ann\"]");
        }
    }

    @Test
    void a11_10_aListIsNeverStale() {
        assertThat(list("")).isEmpty();
        List<Long> pushed = push(1);

        assertThat(list("")).isEqualTo(pushed);
    }

    @Test
    void a11_12_allViewsSeeOneLog() {
        int events = 30;
        push(events);

        assertThat(list("&limit=1000")).hasSize(events);
        assertThat(ok(ann.get("/api/v1/webhooks/statistics?model=" + model))
                        .path("total_events")
                        .intValue())
                .isEqualTo(events);
        ObjectNode pull = ann.pullOf("all-views", "any");
        pull.putArray("models_filter").add(model);
        assertThat(ann.pull(pull).path("new_events_count").intValue()).isEqualTo(events);
    }

    @Test
    void aUpdateAfterACreateIsReportedUnlikeByTheOldModule() {
        long create = ann.push(model, 1, "create");
        long write = ann.push(model, 1, "write");
        long again = ann.push(model, 1, "write");

        assertThat(list("")).containsExactly(again, write, create);
    }
}
