package dev.hookline.live;

import dev.hookline.eventlog.Event;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What was rendered last, so that an event is rendered once for all clients of an event loop. */
final class FrameCache<T> {
    private static final int FRAMES_KEPT = 512;
    private static final int KEPT_FRAME_BYTES_MAX = 8 << 10;

    private record Key(long position, String kind) {}

    private final Map<Key, T> frames = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, T> eldest) {
            return size() > FRAMES_KEPT;
        }
    };

    /**
     * The event, rendered.
     *
     * @param kind tells one way to render it from another; there must be few
     */
    T of(Event event, String kind, Function<Event, T> render) {
        return event.data().bytes() > KEPT_FRAME_BYTES_MAX
                ? render.apply(event)
                : frames.computeIfAbsent(new Key(event.position(), kind), _ -> render.apply(event));
    }
}
