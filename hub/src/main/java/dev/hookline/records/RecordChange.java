package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.List;

/** The changes of one record in one batch: folded into one patch, and each as it came. */
final class RecordChange {
    /** What names a record. */
    record Key(String tenant, String model, String key) {}

    /** What one event does to the record. */
    record Step(long position, String patch, boolean deletes) {}

    final Key key;
    private final List<Step> steps = new ArrayList<>(1);
    private String patch = "{}";

    RecordChange(Key key) {
        this.key = key;
    }

    void add(Event event, String eventPatch) {
        steps.add(new Step(event.position(), eventPatch, event.data().operation() == Operation.UNLINK));
        if (steps.size() == 1) {
            patch = eventPatch;
        } else {
            ObjectNode merged = (ObjectNode) Json.read(patch);
            merged.setAll((ObjectNode) Json.read(eventPatch));
            patch = Json.write(merged);
        }
    }

    /** In the order of their positions. */
    List<Step> steps() {
        return steps;
    }

    String patch() {
        return patch;
    }

    long position() {
        return steps.getLast().position();
    }

    boolean deleted() {
        return steps.getLast().deletes();
    }
}
