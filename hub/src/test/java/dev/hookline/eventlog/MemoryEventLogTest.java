package dev.hookline.eventlog;

import dev.hookline.kernel.Time;
import java.util.List;
import org.jspecify.annotations.Nullable;

class MemoryEventLogTest extends EventLogContract {
    private @Nullable MemoryEventLog store;

    @Override
    EventLog open(List<AppendParticipant> participants) {
        if (store == null) {
            store = new MemoryEventLog(Time.system(), participants);
        }
        return store;
    }
}
