package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Errors;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.intake.mapping.Mapped;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import dev.hookline.records.OrderRef;
import dev.hookline.records.PostgresOrders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orders (seed 002). {@code POST /api/v2/webhooks/orders} takes an order under any of its usual field names, Shopify's and
 * WooCommerce's too: 200 with {@code order_id} when it is on disk; 400 for no JSON or a wrong field; 401 for a wrong or
 * missing signature while a secret is set; 413 over 1 MiB; 503 with {@code Retry-After}. Beside it {@code …/test}, {@code
 * …/logs} and {@code …/signature-help}.
 */
public final class OrderRoutes implements Routes {
    private static final Logger LOG = LoggerFactory.getLogger(OrderRoutes.class);
    private static final String BASE = "/api/v2/webhooks";
    private static final String PATH = BASE + "/orders";
    private static final int LOG_LINES_PER_SECOND = 20;
    private static final int LOGS_MAX = 1_000;

    /** What WooCommerce sends, unsigned, when a webhook is made. */
    private static final Pattern PING = Pattern.compile("webhook_id=\\d{1,19}");

    private static final int PING_BYTES_MAX = 40;

    static final String SOURCE = "orders";

    private final String tenant;
    private final @Nullable OrderSignature signature;
    private final boolean development;
    private final Committer committer;
    private final PostgresOrders orders;
    private final PostgresWebhookLogs logs;
    private final IntakeMetrics metrics;
    private final Time time;
    private final LogSampler received;
    private final LogSampler refused;
    private final SignatureHelp help = new SignatureHelp();
    private final Mapping plain = Mapping.template("order");
    private final Mapping shopify = Mapping.template("shopify-order");
    private final Mapping wooCommerce = Mapping.template("woocommerce-order");

    /**
     * The receiver of one tenant.
     *
     * @param secret of {@code WEBHOOK_SECRET}; null accepts every order, whatever its signature
     * @param development whether, without a secret, the machine's own users may read the logs without a token
     */
    public OrderRoutes(
            String tenant,
            @Nullable String secret,
            boolean development,
            Committer committer,
            PostgresOrders orders,
            PostgresWebhookLogs logs,
            IntakeMetrics metrics,
            Time time) {
        this.tenant = tenant;
        this.signature = secret == null ? null : new OrderSignature(secret);
        this.development = development;
        this.committer = committer;
        this.orders = orders;
        this.logs = logs;
        this.metrics = metrics;
        this.time = time;
        this.received = new LogSampler(time, LOG_LINES_PER_SECOND);
        this.refused = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    @Override
    public void mount(Api api) {
        api.openAsync(HttpMethod.POST, PATH, Limits.WEBHOOK_BYTES_MAX, context -> receive(api, context));
        api.open(HttpMethod.GET, BASE + "/test", 0, this::test);
        api.open(HttpMethod.GET, BASE + "/signature-help", 0, this::help);
        boolean openToThisMachine = signature == null && development;
        api.securedUnless(
                request -> openToThisMachine && ThisMachine.sent(request),
                HttpMethod.GET,
                BASE + "/logs",
                0,
                this::logs);
    }

    private void receive(Api api, RoutingContext context) {
        long from = time.nanos();
        int skipped = received.skippedOrSilent();
        if (skipped >= 0) {
            LOG.info(
                    "Received order webhook{}", skipped == 0 ? "" : " (" + skipped + " more since the last such line)");
        }
        try {
            if (isPing(context)) {
                answer(context, Json.object().put("success", true).put("message", "Ping received; nothing was stored"));
                return;
            }
            Mapped order = map(context.request(), verified(context));
            EventData data = order.event(tenant, SOURCE, time.now());
            String given = IdempotencyKey.in(context.request());
            AppendRequest request = new AppendRequest(List.of(data), given == null ? order.deduplicationKey() : given);
            committer.submit(request, api.home(), result -> {
                metrics.processed(data.model(), time.nanos() - from);
                appended(api, context, data, result);
            });
        } catch (Problem problem) {
            refuse(context, problem);
        }
    }

    private static boolean isPing(RoutingContext context) {
        byte[] body = Api.body(context);
        return body.length <= PING_BYTES_MAX
                && PING.matcher(new String(body, StandardCharsets.US_ASCII)).matches();
    }

    private ObjectNode verified(RoutingContext context) throws Problem {
        byte[] body = Api.body(context);
        if (signature != null && !signature.verifies(body, context.request().headers())) {
            throw Problem.of(401, "Invalid signature");
        }
        try {
            return Json.parseObject(body);
        } catch (Json.Invalid e) {
            throw Problem.of(400, String.valueOf(e.getMessage()));
        }
    }

    private Mapped map(HttpServerRequest request, ObjectNode body) throws Problem {
        Mapping mapping = plain;
        if (request.getHeader("X-Shopify-Topic") != null) {
            mapping = shopify;
        } else if (request.getHeader("X-WC-Webhook-Topic") != null) {
            mapping = wooCommerce;
        }
        return mapping.map(body, request::getHeader, request::getParam);
    }

    private void appended(Api api, RoutingContext context, EventData data, AppendResult result) {
        switch (result) {
            case AppendResult.Appended(long position, int _) -> {
                metrics.received(data);
                OptionalLong id = orders.idAt(position);
                if (id.isPresent()) {
                    answer(context, stored(new OrderRef(id.getAsLong(), data.recordKey())));
                } else {
                    api.runBlocking(context, _ -> Reply.ok(stored(order(position))));
                }
            }
            case AppendResult.Duplicate(long position, int _) ->
                api.runBlocking(context, _ -> Reply.ok(stored(order(position)).put("duplicate", true)));
            case AppendResult.Refused(String reason) ->
                refuse(context, Problem.of(422, "This cannot be stored: " + reason));
            case AppendResult.Unavailable(String reason) -> refuse(context, Problem.of(503, reason));
        }
    }

    private OrderRef order(long position) throws Problem {
        return orders.findAt(tenant, position)
                .orElseThrow(() -> Problem.of(503, "The order is stored, but its id cannot be found; send it again"));
    }

    private static ObjectNode stored(OrderRef order) {
        return Json.object()
                .put("success", true)
                .put("message", "Order received and processed successfully")
                .put("order_id", order.id())
                .put("order_number", order.number());
    }

    private static void answer(RoutingContext context, ObjectNode body) {
        if (!context.response().closed()) {
            context.response().putHeader("Content-Type", "application/json").end(Json.write(body));
        }
    }

    private void refuse(RoutingContext context, Problem problem) {
        metrics.refused(problem.status());
        if (refused.skippedOrSilent() >= 0) {
            LOG.warn("Refused {}: {} {}", PATH, problem.status(), problem.text());
        }
        Errors.send(context, problem.status(), problem.text(), problem.field());
    }

    private Reply test(Call call) {
        return Reply.ok(Json.object()
                .put("status", "ok")
                .put("message", "Webhook endpoint is operational")
                .put("timestamp", time.now().toString())
                .put("signature_required", signature != null));
    }

    private Reply help(Call call) {
        return Reply.ok(help.of(call.origin() + PATH, signature != null));
    }

    private Reply logs(Call call) throws Problem {
        int limit = call.query("limit", 50, 1, LOGS_MAX);
        Principal caller = call.caller();
        ArrayNode newest = logs.newest(caller == null ? tenant : caller.tenant(), SOURCE, limit);
        ObjectNode answer = Json.object().put("success", true).put("count", newest.size());
        answer.set("logs", newest);
        return Reply.ok(answer);
    }
}
