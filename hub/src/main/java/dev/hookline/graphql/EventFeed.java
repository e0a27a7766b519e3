package dev.hookline.graphql;

import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import dev.hookline.live.Cursor;
import dev.hookline.live.Outlet;
import dev.hookline.live.SocketLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of one client: takes a page of events, executes it away from the event loop, then takes the next. What
 * does not fit on the line waits as events, not as messages.
 */
final class EventFeed implements Outlet {
    private final GraphLoop loop;
    private final SocketLine line;
    private final String id;
    private final GraphRequest request;
    private final Principal caller;
    private final Set<String> models;
    private final Consumer<GraphProblem> failed;
    private final List<Runnable> waiting = new ArrayList<>(1);
    private @Nullable Cursor cursor;
    private boolean executing;
    private boolean ended;

    EventFeed(
            GraphLoop loop,
            SocketLine line,
            String id,
            GraphRequest request,
            Principal caller,
            Set<String> models,
            Consumer<GraphProblem> failed) {
        this.loop = loop;
        this.line = line;
        this.id = id;
        this.request = request;
        this.caller = caller;
        this.models = models;
        this.failed = failed;
    }

    void startAt(long position) {
        if (isOpen()) {
            Cursor mine = loop.cursors().open(caller.tenant(), position, this);
            cursor = mine;
            mine.pump();
        }
    }

    void end() {
        ended = true;
        Cursor mine = cursor;
        if (mine != null) {
            mine.close();
        }
    }

    @Override
    public boolean isOpen() {
        return !ended && line.isOpen();
    }

    @Override
    public boolean isFull() {
        return executing || line.isFull();
    }

    @Override
    public void whenDrained(Runnable drained) {
        if (executing) {
            waiting.add(drained);
        } else {
            line.whenDrained(drained);
        }
    }

    @Override
    public Set<String> models() {
        return models;
    }

    @Override
    public int write(List<Event> events) {
        executing = true;
        render(events);
        return events.size();
    }

    private void render(List<Event> events) {
        if (isOpen()) {
            loop.render(id, request, caller, events, messages -> rendered(events, messages), this::fail);
        }
    }

    private void rendered(List<Event> events, List<String> messages) {
        if (!isOpen()) {
            return;
        }
        messages.forEach(line::say);
        List<Event> left = events.subList(messages.size(), events.size());
        if (!left.isEmpty()) {
            whenLineDrained(() -> render(left));
            return;
        }
        executing = false;
        List<Runnable> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(this::whenLineDrained);
    }

    private void whenLineDrained(Runnable then) {
        if (line.isFull()) {
            line.whenDrained(then);
        } else {
            then.run();
        }
    }

    @Override
    public void fail(RuntimeException failure) {
        fail(new GraphProblem(503, null, "The log cannot be read; try again shortly"));
    }

    private void fail(GraphProblem problem) {
        executing = false;
        if (isOpen()) {
            failed.accept(problem);
        }
    }
}
