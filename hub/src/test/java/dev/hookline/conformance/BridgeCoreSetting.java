package dev.hookline.conformance;

import static dev.hookline.conformance.BridgeCore.EVENTS;
import static dev.hookline.conformance.BridgeCore.STATE;
import static dev.hookline.conformance.BridgeCore.ids;
import static dev.hookline.conformance.BridgeCore.ok;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A hub with two users of seed 001's API, and short words for what one of them does. */
abstract class BridgeCoreSetting {
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path data;

    static HubProcess hub;
    static BridgeCore admin;
    static BridgeCore ann;

    /** Each test has a device and a model of its own: {@code m_1}, which every app type that is not known takes. */
    final String device = "device_" + NEXT.incrementAndGet();

    final String model = "m_" + NEXT.get();

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
        admin = BridgeCore.admin(hub);
        ann = BridgeCore.user(hub, "default", "ann");
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    /** Stores events of the test's model; answers their ids. */
    List<Long> push(int events) {
        return IntStream.range(0, events)
                .mapToObj(i -> ann.push(model, i + 1, "write"))
                .toList();
    }

    ObjectNode event(long record) {
        return Json.object().put("model", model).put("record_id", record).put("event", "write");
    }

    /** The ids of the model's events, the newest first. */
    List<Long> list(String query) {
        return ids(ok(ann.get(EVENTS + "?model_name=" + model + query)).path("data"));
    }

    ObjectNode pullOfModel() {
        ObjectNode pull = ann.pullOf(device, "test_app");
        pull.putArray("models_filter").add(model);
        return pull;
    }

    JsonNode state() {
        return ok(ann.get(STATE + "?user_id=" + ann.userId + "&device_id=" + device));
    }
}
