package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Events;
import dev.hookline.eventlog.MemoryEventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.kernel.Time;
import io.vertx.core.Vertx;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CursorTest {
    private final MemoryEventLog log = new MemoryEventLog(Time.system(), List.of());
    private final AtomicInteger tableReads = new AtomicInteger();
    private final Semaphore mayRead = new Semaphore(1_000);
    private final ExecutorService home = Executors.newSingleThreadExecutor();
    private Vertx vertx;

    /** Takes so many events at once, and is full then until it is told to go on. */
    private static final class Mouth implements Outlet {
        private final int atOnce;
        private final List<Long> taken = new ArrayList<>();
        private @Nullable Runnable drained;
        private @Nullable RuntimeException failure;
        private boolean full;

        Mouth(int atOnce) {
            this.atOnce = atOnce;
        }

        @Override
        public boolean isOpen() {
            return failure == null;
        }

        @Override
        public boolean isFull() {
            return full;
        }

        @Override
        public void whenDrained(Runnable then) {
            drained = then;
        }

        @Override
        public int write(List<Event> events) {
            if (atOnce == 0) {
                throw new IllegalStateException("A fault of the test");
            }
            List<Event> some = events.subList(0, Math.min(atOnce, events.size()));
            some.forEach(event -> taken.add(event.position()));
            full = some.size() < events.size();
            return some.size();
        }

        void drain() {
            Runnable then = drained;
            drained = null;
            full = false;
            if (then != null) {
                then.run();
            }
        }

        @Override
        public void fail(RuntimeException why) {
            failure = why;
        }
    }

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void stop() {
        home.shutdownNow();
        vertx.close().await();
    }

    /** The log, with its reads of the table counted, each of which waits for a permit. */
    private EventLog counted() {
        return (EventLog) Proxy.newProxyInstance(
                EventLog.class.getClassLoader(), new Class<?>[] {EventLog.class}, (_, method, arguments) -> {
                    if (method.getName().equals("read") && arguments[0] instanceof String) {
                        tableReads.incrementAndGet();
                        mayRead.acquire();
                    }
                    try {
                        return method.invoke(log, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void append(int events) {
        log.append(Events.requests("default", events));
    }

    private <T> T atHome(Callable<T> task) throws ExecutionException, InterruptedException {
        return home.submit(task).get();
    }

    @Test
    void whatAnOutletDoesNotTakeItGetsAgain() throws Exception {
        Tail tail = new Tail(counted(), 1 << 20);
        CursorLoop loop = new CursorLoop(vertx, home, tail);
        append(5);
        tail.catchUp();
        Mouth mouth = new Mouth(2);

        Cursor cursor = atHome(() -> {
            Cursor opened = loop.open("default", 0, mouth);
            opened.pump();
            return opened;
        });

        assertThat(atHome(() -> List.copyOf(mouth.taken))).containsExactly(1L, 2L);
        assertThat(atHome(cursor::position)).isEqualTo(2);
        atHome(() -> {
            mouth.drain();
            mouth.drain();
            return null;
        });
        assertThat(atHome(() -> List.copyOf(mouth.taken))).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(atHome(cursor::position)).isEqualTo(5);
    }

    @Test
    void aCursorThatStartsAgainAndAgainReadsTheTableOnceAtATime() throws Exception {
        append(5);
        Tail tail = new Tail(counted(), 1 << 20);
        CursorLoop loop = new CursorLoop(vertx, home, tail);
        Mouth mouth = new Mouth(10);
        mayRead.drainPermits();

        atHome(() -> {
            Cursor cursor = loop.open("default", 0, mouth);
            cursor.pump();
            for (int i = 0; i < 100; i++) {
                cursor.seek(i % 5);
            }
            cursor.seek(3);
            return cursor;
        });
        await().until(() -> tableReads.get() == 1);
        mayRead.release(1_000);

        await().until(() -> atHome(() -> mouth.taken.size()) == 2);
        assertThat(atHome(() -> List.copyOf(mouth.taken))).containsExactly(4L, 5L);
        assertThat(tableReads).hasValue(2);
    }

    @Test
    void aFaultOfOneCursorEndsThatOneOnly() throws Exception {
        Tail tail = new Tail(counted(), 1 << 20);
        CursorLoop loop = new CursorLoop(vertx, home, tail);
        Mouth before = new Mouth(10);
        Mouth broken = new Mouth(0);
        Mouth after = new Mouth(10);
        Cursor bad = atHome(() -> {
            loop.open("default", 0, before);
            Cursor opened = loop.open("default", 0, broken);
            loop.open("default", 0, after);
            return opened;
        });

        append(1);
        tail.catchUp();
        await().until(() -> atHome(bad::isClosed));
        append(1);
        tail.catchUp();

        await().until(() -> atHome(() -> after.taken.size()) == 2);
        assertThat(atHome(() -> List.copyOf(before.taken))).containsExactly(1L, 2L);
        assertThat(broken.failure).hasMessage("A fault of the test");
    }
}
