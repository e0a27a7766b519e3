package dev.hookline.eventlog;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of records, for views that promise one (decision 9): the record's own, else its key where that is a number, else the
 * one that the hub keeps it under.
 */
public interface RecordNumbers {
    Pattern NUMBER = Pattern.compile("[1-9]\\d{0,17}");

    /** What identifies a record within its tenant. */
    record Name(String model, String key) {}

    /** The numbers that the hub keeps these records under; those that it does not keep are absent. Blocks. */
    Map<Name, Long> kept(String tenant, Collection<Name> names);

    /** The number of each event's record, by position; 0 where there is no record. Asks for those only that have none. */
    default Map<Long, Long> of(String tenant, List<Event> events) {
        Map<Long, Long> numbers = new HashMap<>();
        Set<Name> wanted = new HashSet<>();
        for (Event event : events) {
            Long own = own(event.data());
            if (own == null) {
                wanted.add(name(event.data()));
            } else {
                numbers.put(event.position(), own);
            }
        }
        if (!wanted.isEmpty()) {
            Map<Name, Long> kept = kept(tenant, wanted);
            events.forEach(event ->
                    numbers.computeIfAbsent(event.position(), _ -> kept.getOrDefault(name(event.data()), 0L)));
        }
        return numbers;
    }

    private static Name name(EventData data) {
        return new Name(data.model(), data.recordKey());
    }

    /** The number that an event's record has by itself; null where the hub has to be asked for its own. */
    static @Nullable Long own(EventData data) {
        if (data.recordId() != null) {
            return data.recordId();
        }
        return NUMBER.matcher(data.recordKey()).matches() ? Long.valueOf(data.recordKey()) : null;
    }
}
