package dev.hookline.devicesync;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what pulls acknowledge, behind their answers: what has gathered while the last batch was written is the next one. As
 * many may wait as pulls are being answered. Where a batch cannot be written, its cursors stay where they are, and those
 * devices get their events again.
 */
final class Acknowledgements implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Acknowledgements.class);
    private static final int BATCH_MAX = 500;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

    private record Waiting(Acknowledgement acknowledgement, Runnable written) {}

    /** Of one cursor in one epoch. */
    private record Place(long cursor, long epoch) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byCursor = Long.compare(cursor, other.cursor);
            return byCursor == 0 ? Long.compare(epoch, other.epoch) : byCursor;
        }
    }

    private final Consumer<List<Acknowledgement>> store;
    private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closing;

    Acknowledgements(Consumer<List<Acknowledgement>> store) {
        this.store = store;
        this.thread = Thread.ofVirtual().name("acknowledgements").start(this::run);
    }

    /**
     * Never blocks.
     *
     * @param written called back when it is on disk, or has failed for good
     */
    void submit(Acknowledgement acknowledgement, Runnable written) {
        queue.add(new Waiting(acknowledgement, written));
    }

    private void run() {
        List<Waiting> batch = new ArrayList<>();
        while (!closing || !queue.isEmpty()) {
            try {
                Waiting first = queue.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, BATCH_MAX - 1);
                    write(batch);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } finally {
                batch.forEach(one -> one.written().run());
                batch.clear();
            }
        }
    }

    private void write(List<Waiting> batch) {
        TreeMap<Place, Acknowledgement> folded = new TreeMap<>();
        for (Waiting one : batch) {
            Acknowledgement said = one.acknowledgement();
            folded.merge(new Place(said.cursor(), said.epoch()), said, Acknowledgement::and);
        }
        try {
            store.accept(List.copyOf(folded.values()));
        } catch (RuntimeException e) {
            LOG.warn("The cursors of {} pulls stay where they are: {}", batch.size(), e.getMessage());
        }
    }

    /** Writes what waits. */
    @Override
    public void close() throws InterruptedException {
        closing = true;
        thread.join(CLOSE_MAX);
    }
}
