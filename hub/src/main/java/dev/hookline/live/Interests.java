package dev.hookline.live;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Priority;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one WebSocket client wants to hear of. Immutable.
 *
 * @param channels by name; any name may be subscribed to, those of {@link Push} are heard on
 * @param records for each ERP system as the client names it, the records it wants to hear of
 * @param appModels the models of the client's app type, for {@code sync_events}; empty for all of them
 */
record Interests(
        Set<String> channels,
        Map<RecordGroup, Set<String>> records,
        @Nullable String appType,
        Set<String> appModels) {
    static final int CHANNELS_MAX = 200;
    static final int RECORDS_MAX = 2_000;

    /** An event is told once for each that follows its record. */
    static final int SYSTEMS_MAX = 10;

    /** The models that the channel {@code live_tracking} is about. */
    static final List<String> TRACKED = List.of("shuttle.vehicle.position", "shuttle.gps.position", "shuttle.trip");

    static final String MODEL_CHANNEL = "model:";

    /** Records of one model in one ERP system. */
    record RecordGroup(String system, String model) {}

    static Interests none(@Nullable String appType, Set<String> appModels) {
        return new Interests(Set.of(), Map.of(), appType, Set.copyOf(appModels));
    }

    /** Whether no event is ever about it. */
    boolean isEmpty() {
        return records.isEmpty() && channels.stream().noneMatch(Interests::isHeardOn);
    }

    private static boolean isHeardOn(String channel) {
        return channel.startsWith(MODEL_CHANNEL) || Push.CHANNELS.contains(channel);
    }

    /** Whether it is more than one client may want. */
    boolean isTooMuch() {
        return channels.size() > CHANNELS_MAX
                || records.values().stream().mapToInt(Set::size).sum() > RECORDS_MAX
                || records.keySet().stream().map(RecordGroup::system).distinct().count() > SYSTEMS_MAX;
    }

    Interests with(String channel) {
        Set<String> more = new LinkedHashSet<>(channels);
        more.add(channel);
        return new Interests(more, records, appType, appModels);
    }

    Interests without(String channel) {
        Set<String> fewer = new LinkedHashSet<>(channels);
        fewer.remove(channel);
        return new Interests(fewer, records, appType, appModels);
    }

    /** With another app type. */
    Interests as(String type, Set<String> models) {
        return new Interests(channels, records, type, Set.copyOf(models));
    }

    Interests with(RecordGroup group, Set<String> keys) {
        Map<RecordGroup, Set<String>> more = new LinkedHashMap<>(records);
        Set<String> all = new HashSet<>(records.getOrDefault(group, Set.of()));
        all.addAll(keys);
        more.put(group, all);
        return new Interests(channels, more, appType, appModels);
    }

    Interests without(RecordGroup group, Set<String> keys) {
        Map<RecordGroup, Set<String>> fewer = new LinkedHashMap<>(records);
        Set<String> left = new HashSet<>(records.getOrDefault(group, Set.of()));
        left.removeAll(keys);
        if (left.isEmpty()) {
            fewer.remove(group);
        } else {
            fewer.put(group, left);
        }
        return new Interests(channels, fewer, appType, appModels);
    }

    /** The only models that it can be about; empty when it may be about any. */
    Set<String> models() {
        Set<String> models = new HashSet<>();
        for (String channel : channels) {
            if (channel.startsWith(MODEL_CHANNEL)) {
                models.add(channel.substring(MODEL_CHANNEL.length()));
            } else if (channel.equals(Push.LIVE_TRACKING)) {
                models.addAll(TRACKED);
            } else if (channel.equals(Push.SYNC_EVENTS) && !appModels.isEmpty()) {
                models.addAll(appModels);
            } else if (Push.CHANNELS.contains(channel)) {
                return Set.of();
            }
        }
        records.keySet().forEach(group -> models.add(group.model()));
        return models;
    }

    /** Whether anything may have to be sent of an event, so that its record's number is needed. */
    boolean mayConcern(Event event) {
        return records.keySet().stream()
                        .anyMatch(group -> group.model().equals(event.data().model()))
                || !pushes(event, 0).isEmpty();
    }

    /**
     * What to send of an event, in the order of the channels.
     *
     * @param recordNumber of the event's record, 0 where there is none
     */
    List<Push> pushes(Event event, long recordNumber) {
        EventData data = event.data();
        boolean high = data.priority() == Priority.HIGH;
        List<Push> pushes = new ArrayList<>();
        if (channels.contains(MODEL_CHANNEL + data.model())) {
            pushes.add(new Push.OfModel(MODEL_CHANNEL + data.model()));
        }
        if (channels.contains(Push.LIVE_TRACKING) && TRACKED.contains(data.model())) {
            pushes.add(new Push.OfModel(Push.LIVE_TRACKING));
        }
        if (high && channels.contains(Push.CRITICAL_EVENTS)) {
            pushes.add(new Push.Critical());
        }
        if (high && channels.contains(Push.URGENT_UPDATES)) {
            pushes.add(new Push.Urgent());
        }
        if (channels.contains(Push.SYNC_EVENTS) && (appModels.isEmpty() || appModels.contains(data.model()))) {
            pushes.add(new Push.Sync(appType));
        }
        String notified = Push.Notification.channelOf(data.category());
        if (notified != null && channels.contains(notified)) {
            pushes.add(new Push.Notification(notified));
        }
        records.forEach((group, keys) -> {
            if (group.model().equals(data.model())
                    && (keys.contains(data.recordKey())
                            || (recordNumber != 0 && keys.contains(Long.toString(recordNumber))))) {
                pushes.add(new Push.OfRecord(group.system()));
            }
        });
        return pushes;
    }
}
