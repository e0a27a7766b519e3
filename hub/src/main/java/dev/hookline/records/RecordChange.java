package dev.hookline.records;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.kernel.Json;
import java.util.ArrayList;
import java.util.List;

/** The changes of one record in one batch: folded into one patch, and each as it came. */
final class RecordChange {
    /** What names a record. */
    record Key(String tenant, String model, String key) {
        static Key of(EventData event) {
            return new Key(event.tenant(), event.model(), event.recordKey());
        }
    }

    /**
     * What one event does to the record.
     *
     * @param place of the event in the batch, from 0
     */
    record Step(int place, String patch, boolean deletes) {}

    final Key key;
    private final List<Step> steps = new ArrayList<>(1);
    private String patch = "{}";

    RecordChange(Key key) {
        this.key = key;
    }

    void add(int place, EventData event, String eventPatch) {
        steps.add(new Step(place, eventPatch, event.operation() == Operation.UNLINK));
        if (steps.size() == 1) {
            patch = eventPatch;
        } else {
            ObjectNode merged = (ObjectNode) Json.read(patch);
            merged.setAll((ObjectNode) Json.read(eventPatch));
            patch = Json.write(merged);
        }
    }

    /** In the order of the batch. */
    List<Step> steps() {
        return steps;
    }

    String patch() {
        return patch;
    }

    /** Of the last event in the batch that changes it. */
    int place() {
        return steps.getLast().place();
    }

    boolean deleted() {
        return steps.getLast().deletes();
    }
}
