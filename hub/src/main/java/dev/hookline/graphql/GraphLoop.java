package dev.hookline.graphql;

import dev.hookline.access.Principal;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.live.CursorLoop;
import dev.hookline.live.Start;
import graphql.ExecutionResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the GraphQL sockets of one event loop share.
 *
 * @param home runs what it is given on the loop
 * @param api knows whose tokens and keys are shown
 * @param strangers one for each client whose user is not known yet
 */
record GraphLoop(
        CursorLoop cursors,
        Executor home,
        EventLog log,
        Tail tail,
        Time time,
        Engine engine,
        Api api,
        Semaphore strangers) {
    private static final int PAGE_CHARS_MAX = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(GraphLoop.class);

    /** What an operation came to, and the {@code next} message that says so. */
    record Executed(ExecutionResult result, String message) {}

    /** Executes off the loop, and goes on on it. */
    void execute(String id, GraphRequest request, Run run, Consumer<Executed> then, Consumer<GraphProblem> failed) {
        away(
                () -> {
                    ExecutionResult result = engine.execute(request, run);
                    return new Executed(result, next(id, result));
                },
                then,
                failed);
    }

    /** The {@code next} messages of an operation for the first of these events, until they are so large, made off the loop. */
    void render(
            String id,
            GraphRequest request,
            Principal caller,
            List<Event> events,
            Consumer<List<String>> then,
            Consumer<GraphProblem> failed) {
        away(
                () -> {
                    List<String> messages = new ArrayList<>();
                    int chars = 0;
                    for (Event event : events) {
                        String message = next(id, engine.execute(request, Run.of(caller, event)));
                        messages.add(message);
                        chars += message.length();
                        if (chars >= PAGE_CHARS_MAX) {
                            break;
                        }
                    }
                    return messages;
                },
                then,
                failed);
    }

    /** Finds out from where a client is served that has seen a position. */
    void start(String tenant, long after, Consumer<Start> then, Consumer<RuntimeException> failed) {
        cursors.readTable(() -> Start.after(log, tail, tenant, after), then, failed);
    }

    private static String next(String id, ExecutionResult result) {
        return Json.object()
                .put("id", id)
                .put("type", "next")
                .putPOJO("payload", result.toSpecification())
                .toString();
    }

    private interface Work<T> {
        T done();
    }

    private <T> void away(Work<T> work, Consumer<T> then, Consumer<GraphProblem> failed) {
        Thread.ofVirtual().name("graphql").start(() -> {
            try {
                T result = work.done();
                home.execute(() -> then.accept(result));
            } catch (GraphProblem e) {
                home.execute(() -> failed.accept(e));
            } catch (RuntimeException e) {
                LOG.error("A GraphQL operation failed", e);
                GraphProblem problem = new GraphProblem(500, null, "An unexpected error occurred on the server");
                home.execute(() -> failed.accept(problem));
            }
        });
    }
}
