package dev.hookline.graphql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Actor;
import dev.hookline.access.Principal;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.live.SocketLine;
import dev.hookline.live.Start;
import graphql.ExecutionResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One client that speaks graphql-transport-ws. The token, or the API key, comes with the request, or in the payload of {@code
 * connection_init} as {@code token} or {@code Authorization}. Lives on one event loop.
 */
final class GraphSocket implements SocketLine.Talker {
    static final String PROTOCOL = "graphql-transport-ws";
    static final int NOT_ACCEPTABLE = 4406;

    private static final String REVOKED = "The token was revoked";
    private static final int OPERATIONS_MAX = 20;
    private static final Duration INIT_WITHIN = Duration.ofSeconds(10);

    /** Close codes of the protocol. */
    private static final int BAD_MESSAGE = 4400;

    private static final int UNAUTHORIZED = 4401;
    private static final int FORBIDDEN = 4403;
    private static final int TOO_LATE = 4408;
    private static final int ID_TAKEN = 4409;
    private static final int TOO_MANY = 4429;

    private final GraphLoop loop;
    private final SocketLine line;
    private final Function<Principal, Actor> actors;
    private final Map<String, Operation> operations = new HashMap<>();
    private @Nullable Principal principal;
    private boolean stranger;
    private boolean initialised;
    private boolean acknowledged;
    private long timer = -1;

    /** An operation under way; of a subscription, with its feed once that is known. */
    private static final class Operation {
        private final Run run;
        private @Nullable EventFeed feed;

        private Operation(Run run) {
            this.run = run;
        }
    }

    /**
     * Of a connection.
     *
     * @param actors the caller, as the audit trail names it
     */
    GraphSocket(GraphLoop loop, SocketLine line, Function<Principal, Actor> actors) {
        this.loop = loop;
        this.line = line;
        this.actors = actors;
    }

    /** Begins, with whom the request named, or as a stranger for whom a place was taken. */
    void open(Optional<Principal> caller) {
        stranger = caller.isEmpty();
        principal = caller.orElse(null);
        line.open(this);
        timer = line.after(INIT_WITHIN, () -> line.close(TOO_LATE, "Connection initialisation timeout"));
    }

    @Override
    public void beat() {
        Principal who = principal;
        if (who != null && !loop.api().stillCounts(who)) {
            line.close(UNAUTHORIZED, REVOKED);
        }
    }

    @Override
    public void left() {
        strangerLeft();
        operations.values().forEach(GraphSocket::end);
        operations.clear();
    }

    private void strangerLeft() {
        if (stranger) {
            stranger = false;
            loop.strangers().release();
        }
    }

    private static void end(Operation operation) {
        operation.run.end();
        EventFeed feed = operation.feed;
        if (feed != null) {
            feed.end();
        }
    }

    @Override
    public void receive(String text) {
        ObjectNode message;
        try {
            message = Json.parseObject(text.getBytes(StandardCharsets.UTF_8));
        } catch (Json.Invalid e) {
            line.close(BAD_MESSAGE, "Invalid JSON");
            return;
        }
        switch (message.path("type").asText()) {
            case "connection_init" -> init(message.path("payload"));
            case "ping" -> line.say(Json.object().put("type", "pong").toString());
            case "pong" -> {}
            case "subscribe" -> subscribe(message);
            case "complete" -> complete(message.path("id").asText());
            default -> line.close(BAD_MESSAGE, "Unknown message type");
        }
    }

    private void init(JsonNode payload) {
        if (initialised) {
            line.close(TOO_MANY, "Too many initialisation requests");
            return;
        }
        initialised = true;
        String token = token(payload);
        if (token == null) {
            initialised(Optional.ofNullable(principal));
            return;
        }
        principal = null;
        line.hold();
        loop.api()
                .identify(
                        token,
                        found -> {
                            try {
                                initialised(found);
                            } finally {
                                line.goOn();
                            }
                        },
                        problem -> {
                            line.close(SocketLine.TRY_LATER, problem.text());
                            line.goOn();
                        });
    }

    private void initialised(Optional<Principal> caller) {
        if (!line.isOpen()) {
            return;
        }
        principal = caller.orElse(null);
        if (caller.isEmpty()) {
            line.close(FORBIDDEN, "Forbidden: no token, or one that is not valid");
            return;
        }
        acknowledged = true;
        strangerLeft();
        line.cancel(timer);
        line.after(
                Duration.between(loop.time().now(), caller.get().expiresAt()),
                () -> line.close(UNAUTHORIZED, "The token has expired"));
        line.say(Json.object().put("type", "connection_ack").toString());
    }

    private static @Nullable String token(JsonNode payload) {
        for (String name : new String[] {"token", "Authorization", "authorization"}) {
            if (payload.path(name).isTextual()) {
                return payload.path(name)
                        .asText()
                        .replaceFirst("(?i)^Bearer +", "")
                        .strip();
            }
        }
        return null;
    }

    private void subscribe(ObjectNode message) {
        Principal who = principal;
        String id = message.path("id").asText();
        if (!acknowledged || who == null) {
            line.close(UNAUTHORIZED, "Unauthorized");
        } else if (!loop.api().stillCounts(who)) {
            line.close(UNAUTHORIZED, REVOKED);
        } else if (!message.path("id").isTextual() || id.isEmpty() || id.length() > Limits.NAME_CHARS_MAX) {
            line.close(BAD_MESSAGE, "'id' is required");
        } else if (operations.containsKey(id)) {
            line.close(ID_TAKEN, "Subscriber for " + cut(id) + " already exists");
        } else if (operations.size() >= OPERATIONS_MAX) {
            fail(id, new GraphProblem(422, null, "A connection may have " + OPERATIONS_MAX + " operations at once"));
        } else {
            begin(id, who, message.path("payload"));
        }
    }

    private void begin(String id, Principal who, JsonNode payload) {
        GraphRequest request;
        try {
            request = GraphRequest.of(payload);
        } catch (Problem e) {
            fail(id, new GraphProblem(e.status(), e.field(), e.text()));
            return;
        }
        Run run = Run.first(who, actors.apply(who));
        Operation operation = new Operation(run);
        operations.put(id, operation);
        loop.execute(
                id,
                request,
                run,
                executed -> {
                    if (operations.get(id) == operation) {
                        first(id, operation, request, run, executed);
                    }
                },
                problem -> {
                    run.end();
                    if (operations.remove(id, operation)) {
                        fail(id, problem);
                    }
                });
    }

    private void first(String id, Operation operation, GraphRequest request, Run run, GraphLoop.Executed executed) {
        ExecutionResult result = executed.result();
        Feed wanted = run.feed();
        if (result.getErrors().isEmpty() && wanted != null) {
            run.end();
            follow(id, operation, request, run.caller(), wanted);
            return;
        }
        operations.remove(id);
        if (!result.isDataPresent()) {
            run.end();
            line.say(message(id, "error")
                    .putPOJO("payload", result.toSpecification().get("errors"))
                    .toString());
        } else {
            line.say(executed.message()).onComplete(_ -> run.end());
            line.say(message(id, "complete").toString());
        }
    }

    private void follow(String id, Operation operation, GraphRequest request, Principal caller, Feed wanted) {
        EventFeed feed = new EventFeed(loop, line, id, request, caller, wanted.models(), problem -> {
            if (operations.remove(id, operation)) {
                end(operation);
                fail(id, problem);
            }
        });
        operation.feed = feed;
        Long after = wanted.after();
        if (after == null) {
            feed.startAt(Start.atHead(loop.tail()).position());
        } else {
            loop.start(caller.tenant(), after, start -> feed.startAt(start.position()), feed::fail);
        }
    }

    private void complete(String id) {
        Operation operation = operations.remove(id);
        if (operation != null) {
            end(operation);
        }
    }

    private void fail(String id, GraphProblem problem) {
        ObjectNode error = message(id, "error");
        ArrayNode errors = error.putArray("payload");
        ObjectNode one = errors.addObject().put("message", problem.getMessage());
        ObjectNode extensions = one.putObject("extensions").put("code", problem.code());
        if (problem.argument() != null) {
            extensions.put("argument", problem.argument());
        }
        line.say(error.toString());
    }

    private static ObjectNode message(String id, String type) {
        return Json.object().put("id", id).put("type", type);
    }

    /** A close frame's reason may have 123 bytes. */
    private static String cut(String text) {
        return text.length() <= 20 ? text : text.substring(0, 20);
    }
}
