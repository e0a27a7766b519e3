package dev.hookline.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** The answer to one call, given once, from any thread. */
public final class Answer {
    private final RoutingContext context;
    private final Context loop;
    private final Executor home;

    Answer(RoutingContext context, Context loop, Executor home) {
        this.context = context;
        this.loop = loop;
        this.home = home;
    }

    /** Runs tasks on the event loop of the call. One object for all calls of an event loop. */
    public Executor home() {
        return home;
    }

    public void send(Reply reply) {
        send(reply, _ -> {});
    }

    /** As {@link #send(Reply)}; tells, on the event loop, whether the answer was handed to the connection, to its last byte. */
    public void send(Reply reply, Consumer<Boolean> handed) {
        try {
            Outgoing outgoing = Outgoing.of(reply);
            onLoop(() -> outgoing.send(context).onComplete(written -> handed.accept(written.succeeded())));
        } catch (Problem tooMuch) {
            onLoop(() -> {
                Errors.send(context, tooMuch);
                handed.accept(false);
            });
        }
    }

    public void refuse(Problem problem) {
        onLoop(() -> Errors.send(context, problem));
    }

    private void onLoop(Runnable task) {
        if (loop.equals(Vertx.currentContext())) {
            task.run();
        } else {
            home.execute(task);
        }
    }
}
