package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Limits;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import dev.hookline.records.OrderRef;
import dev.hookline.records.PostgresOrders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
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
    static final String PATH = BASE + "/orders";
    private static final int LOG_LINES_PER_SECOND = 20;
    private static final int LOGS_MAX = 1_000;

    /** What WooCommerce sends, unsigned, when a webhook is made. */
    private static final Pattern PING = Pattern.compile("webhook_id=\\d{1,19}");

    private static final int PING_BYTES_MAX = 40;

    static final String SOURCE = "orders";

    private final String tenant;
    private final boolean signed;
    private final boolean development;
    private final Sources sources;
    private final Reception reception;
    private final PostgresOrders orders;
    private final PostgresWebhookLogs logs;
    private final Time time;
    private final LogSampler received;
    private final SignatureHelp help = new SignatureHelp();

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
            Sources sources,
            Reception reception,
            PostgresOrders orders,
            PostgresWebhookLogs logs,
            Time time) {
        this.tenant = tenant;
        this.signed = secret != null;
        this.development = development;
        this.sources = sources;
        this.reception = reception;
        this.orders = orders;
        this.logs = logs;
        this.time = time;
        this.received = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    @Override
    public void mount(Api api) {
        api.openAsync(
                HttpMethod.POST,
                PATH,
                Limits.WEBHOOK_BYTES_MAX,
                reception.gate(_ -> sources.builtIn(SOURCE)),
                context -> receive(api, Received.of(context)));
        api.open(HttpMethod.GET, BASE + "/test", 0, this::test);
        api.open(HttpMethod.GET, BASE + "/signature-help", 0, this::help);
        boolean openToThisMachine = !signed && development;
        api.securedUnless(
                request -> openToThisMachine && ThisMachine.sent(request),
                HttpMethod.GET,
                BASE + "/logs",
                Rule.of(Role.VIEWER, Scope.EVENTS_READ),
                0,
                this::logs);
    }

    private void receive(Api api, Received call) {
        int skipped = received.skippedOrSilent();
        if (skipped >= 0) {
            LOG.info(
                    "Received order webhook{}", skipped == 0 ? "" : " (" + skipped + " more since the last such line)");
        }
        try {
            if (isPing(call.body())) {
                reception.answer(
                        call, Json.object().put("success", true).put("message", "Ping received; nothing was stored"));
                return;
            }
            reception.verify(call);
            JsonNode body = InboundBody.parse(call);
            BodyMapping.Events order = call.source().mapping().map(body, call, call.at());
            List<AppendRequest> requests = call.source().requests(call, body, order, null, null);
            call.bodyIsPayload = order.bodyIsPayload() && !InboundBody.isForm(call);
            EventData data = order.data().getFirst();
            reception.append(
                    api, call, requests, (position, _, repeated) -> answer(api, call, data, position, repeated > 0));
        } catch (Problem problem) {
            reception.refuse(call, problem);
        }
    }

    private static boolean isPing(byte[] body) {
        return body.length <= PING_BYTES_MAX
                && PING.matcher(new String(body, StandardCharsets.US_ASCII)).matches();
    }

    private void answer(Api api, Received call, EventData data, long position, boolean duplicate) {
        Optional<OrderRef> fresh = duplicate ? Optional.empty() : orders.freshAt(position);
        if (fresh.isPresent()) {
            reception.answer(call, stored(fresh.get()));
        } else {
            api.runBlocking(call.context(), _ -> {
                ObjectNode answer = stored(order(position, data));
                return Reply.ok(duplicate ? answer.put("duplicate", true) : answer);
            });
        }
    }

    /** Events are kept for less time than the ids that say what was stored before. */
    private OrderRef order(long position, EventData sent) throws Problem {
        return orders.findAt(tenant, position)
                .or(() -> orders.find(sent))
                .orElseThrow(() -> Problem.of(400, "The id that this order came with is another order's"));
    }

    private static ObjectNode stored(OrderRef order) {
        return Json.object()
                .put("success", true)
                .put("message", "Order received and processed successfully")
                .put("order_id", order.id())
                .put("order_number", order.number());
    }

    private Reply test(Call call) {
        return Reply.ok(Json.object()
                .put("status", "ok")
                .put("message", "Webhook endpoint is operational")
                .put("timestamp", time.now().toString())
                .put("signature_required", signed));
    }

    private Reply help(Call call) {
        return Reply.ok(help.of(call.origin() + PATH, signed));
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
