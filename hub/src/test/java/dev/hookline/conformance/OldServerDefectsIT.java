package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.ids;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What A11 says that seed 001's server got wrong in the smart sync. */
@DisplayName("Seed 001, the old server's defects")
class OldServerDefectsIT extends BridgeCoreSetting {
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
}
