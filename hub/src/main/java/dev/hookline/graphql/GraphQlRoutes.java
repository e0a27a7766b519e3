package dev.hookline.graphql;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import dev.hookline.access.Access;
import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import dev.hookline.delivery.history.PostgresDeliveries;
import dev.hookline.devicesync.PostgresDevices;
import dev.hookline.eventlog.EventLog;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.Tail;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Errors;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.live.CursorLoop;
import dev.hookline.live.SocketLine;
import dev.hookline.records.PostgresRecords;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /graphql}: POST, GET for queries, and WebSocket with the protocol graphql-transport-ws. What is wrong with a document
 * is answered 200 with {@code errors}, as GraphQL over HTTP has it; what is no GraphQL request at all, in the envelope of
 * errors. A browser that opens it is led to GraphiQL. Whoever is signed in may ask; each field has the rule that REST has for the same ({@link Fields}).
 */
public final class GraphQlRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(GraphQlRoutes.class);
    private static final String PATH = "/graphql";
    private static final String PAGE = "/graphiql";
    private static final int BODY_BYTES_MAX = 256 << 10;
    private static final int STRANGERS_MAX = 1_000;

    private final Vertx vertx;
    private final EventLog log;
    private final Tail tail;
    private final Time time;
    private final Engine engine;
    private final Semaphore strangers = new Semaphore(STRANGERS_MAX);

    /** What is shown. */
    public record Parts(
            Access access,
            PostgresEventSearch search,
            PostgresRecords records,
            PostgresDeliveries deliveries,
            PostgresDevices devices,
            PostgresGraph store) {}

    public GraphQlRoutes(Vertx vertx, EventLog log, Tail tail, Time time, Parts parts) {
        this.vertx = vertx;
        this.log = log;
        this.tail = tail;
        this.time = time;
        this.engine = new Engine(
                new Fields(
                        parts.access, log, parts.search, parts.records, parts.deliveries, parts.devices, parts.store),
                new Loaders(log, parts.records, parts.deliveries, parts.store));
    }

    @Override
    public void mount(Api api) {
        GraphLoop loop = new GraphLoop(
                new CursorLoop(vertx, api.home(), tail), api.home(), log, tail, time, engine, api, strangers);
        api.socket(PATH, Rule.SIGNED_IN, context -> open(loop, context));
        api.securedUnless(GraphQlRoutes::isForPage, HttpMethod.GET, PATH, Rule.SIGNED_IN, 0, this::get);
        api.secured(HttpMethod.POST, PATH, Rule.SIGNED_IN, BODY_BYTES_MAX, this::post);
    }

    private Reply post(Call call) throws Problem {
        return answer(GraphRequest.of(call.jsonObject()), Run.once(call.principal()));
    }

    /** Whether a person has opened it in a browser, and asks nothing yet. */
    private static boolean isForPage(HttpServerRequest request) {
        String accept = request.getHeader(HttpHeaders.ACCEPT);
        return accept != null && accept.startsWith("text/html") && request.getParam("query") == null;
    }

    private Reply get(Call call) throws Problem {
        if (call.caller() == null) {
            return new Reply(303, MissingNode.getInstance(), Map.of("Location", PAGE, "Vary", "Accept"));
        }
        ObjectNode request =
                Json.object().put("query", call.query("query")).put("operationName", call.query("operationName"));
        String variables = call.query("variables");
        if (variables != null && !variables.isBlank()) {
            try {
                request.set("variables", Json.parse(variables.getBytes(StandardCharsets.UTF_8)));
            } catch (Json.Invalid e) {
                throw Problem.field("variables", "'variables' must be a JSON object");
            }
        }
        return answer(GraphRequest.of(request), Run.reading(call.principal()));
    }

    private Reply answer(GraphRequest request, Run run) throws Problem {
        try {
            return Reply.ok(new POJONode(engine.execute(request, run).toSpecification()));
        } catch (GraphProblem e) {
            throw Problem.of(503, String.valueOf(e.getMessage()));
        }
    }

    private void open(GraphLoop loop, RoutingContext context) {
        Optional<Principal> caller = Api.socketCaller(context);
        if (caller.isEmpty() && !strangers.tryAcquire()) {
            Errors.send(context, 503, "Too many connections have not said who they are; try again shortly");
            return;
        }
        HttpServerRequest request = context.request();
        request.toWebSocket()
                .onSuccess(socket -> {
                    SocketLine line = new SocketLine(vertx, time, socket, request.connection());
                    GraphSocket client = new GraphSocket(loop, line);
                    client.open(caller);
                    if (!GraphSocket.PROTOCOL.equals(socket.subProtocol())) {
                        line.close(GraphSocket.NOT_ACCEPTABLE, "Subprotocol not acceptable: " + GraphSocket.PROTOCOL);
                    }
                })
                .onFailure(failure -> {
                    LOG.debug("A WebSocket was not opened: {}", failure.getMessage());
                    if (caller.isEmpty()) {
                        strangers.release();
                    }
                });
    }
}
