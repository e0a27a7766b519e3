package dev.hookline;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What runs: closed in the opposite order of its start, each part whatever became of the others. */
final class Parts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Parts.class);
    private static final Duration STEP_ENDS_MAX = Duration.ofSeconds(5);

    /** Stops a part. */
    interface Closing {
        void close() throws Exception;
    }

    private final Deque<Closing> parts = new ArrayDeque<>();
    private final Time time;

    Parts(Time time) {
        this.time = time;
    }

    void add(Closing closing) {
        parts.push(closing);
    }

    /** Does something again and again, on a thread of its own. What fails is logged, and tried again after the pause. */
    void repeat(String name, Duration pause, Runnable step) {
        Thread thread = Thread.ofVirtual().name(name).start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    step.run();
                } catch (RuntimeException e) {
                    LOG.warn("{} failed and is tried again: {}", name, e.getMessage());
                }
                try {
                    time.sleep(pause);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        add(() -> {
            thread.interrupt();
            thread.join(STEP_ENDS_MAX);
        });
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.error("A part of the hub did not stop cleanly", e);
            }
        }
    }
}
