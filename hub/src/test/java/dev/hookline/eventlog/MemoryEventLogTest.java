package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

class MemoryEventLogTest extends EventLogContract {
    private @Nullable MemoryEventLog store;

    @Override
    EventLog open(List<AppendParticipant> participants, Duration keysKept) {
        if (store == null) {
            store = new MemoryEventLog(Time.system(), participants, keysKept);
        }
        return store;
    }
}
