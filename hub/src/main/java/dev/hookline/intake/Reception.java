package dev.hookline.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.Committer;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Api;
import dev.hookline.http.Errors;
import dev.hookline.http.Problem;
import dev.hookline.intake.calls.CallLog;
import dev.hookline.intake.calls.CallRecord;
import dev.hookline.intake.signature.Verdict;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.LogSampler;
import dev.hookline.kernel.Time;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all receivers do with a call: may this address send, is the proof right, how many more may come; append and answer;
 * and write it to the log of calls. Never blocks.
 *
 * <p>A wrong proof is answered 401 with one text for all, so that it does not say which part was wrong. The log of calls
 * does.
 */
public final class Reception {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final int LOG_LINES_PER_SECOND = 20;
    private static final int HUNG_UP = 499;
    private static final String INVALID_SIGNATURE = "Invalid signature";

    private final Committer committer;
    private final Rates rates;
    private final CallLog calls;
    private final IntakeMetrics metrics;
    private final Time time;
    private final LogSampler refusals;

    public Reception(Committer committer, Rates rates, CallLog calls, IntakeMetrics metrics, Time time) {
        this.committer = committer;
        this.rates = rates;
        this.calls = calls;
        this.metrics = metrics;
        this.time = time;
        this.refusals = new LogSampler(time, LOG_LINES_PER_SECOND);
    }

    /** Goes before the body: finds the source, looks at the address, and sees to it that the call is logged. */
    Handler<RoutingContext> gate(Function<RoutingContext, @Nullable LiveSource> find) {
        return context -> {
            LiveSource source = find.apply(context);
            if (source == null) {
                // No tenant's log of calls has it: whose it was meant to be, nobody knows.
                metrics.refused(404);
                warn(context, 404, "There is no such source");
                Errors.send(context, 404, "Not Found");
                return;
            }
            Received received = new Received(context, source, time.now(), time.nanos());
            if (source.source().logCalls()) {
                context.addEndHandler(_ -> log(received));
            }
            if (!source.source().active()) {
                received.reason = "The source is not active";
                refuse(received, Problem.of(404, "Not Found"));
            } else if (source.hasAllowList() && !source.allows(rates.address(received))) {
                received.reason = "The address is not in the source's list";
                refuse(received, Problem.of(403, "Forbidden"));
            } else {
                context.next();
            }
        };
    }

    /** Verified, or a greeting; a wrong proof is thrown. */
    Verdict verify(Received received) throws Problem {
        return judge(received, received.source().verifier().verify(received, received.at()), INVALID_SIGNATURE);
    }

    /**
     * As {@link #verify}, where the receiver has looked itself.
     *
     * @param wrong what a wrong proof is told
     */
    Verdict judge(Received received, Verdict verdict, String wrong) throws Problem {
        LiveSource source = received.source();
        received.readAt = time.nanos();
        boolean proved = verdict instanceof Verdict.Verified && source.scheme().proves();
        if (!proved) {
            rates.count(received);
        }
        if (verdict instanceof Verdict.Refused(String reason)) {
            received.reason = reason;
            throw Problem.of(401, wrong);
        }
        return verdict;
    }

    /**
     * What a receiver does when everything is on disk.
     *
     * <p>It gets the lowest position, how many events there are, and how many of them had been stored before.
     */
    interface Stored {
        void stored(long first, int count, int repeated);
    }

    /** Appends, and answers when it is on disk. */
    void append(Api api, Received received, List<AppendRequest> requests) {
        EventData first = requests.getFirst().events().getFirst();
        append(api, received, requests, (position, count, repeated) -> {
            ObjectNode answer = Json.object()
                    .put("success", true)
                    .put("message", "Webhook received")
                    .put("event_id", position);
            if (!first.typeByRules()) {
                answer.put("event_type", first.eventType());
            }
            answer(received, counted(answer, count, repeated));
        });
    }

    /** Says of how many events an answer speaks, and whether they are new. */
    static ObjectNode counted(ObjectNode answer, int count, int repeated) {
        if (count > 1) {
            answer.put("count", count);
        }
        if (repeated == count) {
            answer.put("duplicate", true);
        } else if (repeated > 0) {
            answer.put("duplicates", repeated);
        }
        return answer;
    }

    /** Appends requests, at least one, and lets the receiver answer when all are on disk. */
    void append(Api api, Received received, List<AppendRequest> requests, Stored stored) {
        String model = requests.getFirst().events().getFirst().model();
        AllAppends.submit(committer, requests, api.home(), results -> {
            metrics.processed(model, time.nanos() - received.readAt);
            for (int i = 0; i < results.size(); i++) {
                if (results.get(i) instanceof AppendResult.Appended) {
                    requests.get(i).events().forEach(metrics::received);
                }
            }
            AllAppends.Total total = AllAppends.together(results);
            switch (total.result()) {
                case AppendResult.Appended(long position, int count) -> {
                    received.stored(position, count, false);
                    stored.stored(position, count, total.repeated());
                }
                case AppendResult.Duplicate(long position, int count) -> {
                    received.stored(position, count, true);
                    stored.stored(position, count, count);
                }
                case AppendResult.Refused(String reason) ->
                    refuse(received, Problem.of(422, "This cannot be stored: " + reason));
                case AppendResult.Unavailable(String reason) -> refuse(received, Problem.of(503, reason));
            }
        });
    }

    void answer(Received received, ObjectNode body) {
        HttpServerResponse response = received.context().response();
        if (!response.closed() && !response.ended()) {
            response.putHeader("Content-Type", "application/json").end(Json.write(body));
        }
    }

    void refuse(Received received, Problem problem) {
        if (received.reason == null) {
            received.reason = problem.text();
        }
        metrics.refused(problem.status());
        warn(received.context(), problem.status(), problem.text());
        Errors.send(received.context(), problem);
    }

    private void warn(RoutingContext context, int status, String reason) {
        if (refusals.skippedOrSilent() >= 0) {
            LOG.warn("Refused {}: {} {}", Errors.loggable(context), status, reason);
        }
    }

    /** In one spelling of the many that the router takes, so that its parts are where they are looked for. */
    private static String uri(RoutingContext context) {
        String query = context.request().query();
        return query == null ? context.normalizedPath() : context.normalizedPath() + "?" + query;
    }

    private void log(Received received) {
        HttpServerResponse response = received.context().response();
        int status = response.ended() ? response.getStatusCode() : HUNG_UP;
        if (!calls.hasRoom(status >= 400)) {
            return;
        }
        Source source = received.source().source();
        var request = received.context().request();
        byte[] body = received.body();
        boolean inTheEvent = received.bodyIsPayload && received.events > 0 && !received.duplicate;
        calls.offer(new CallRecord(
                received.at(),
                received.tenant,
                source.name(),
                Api.requestId(received.context()),
                request.method().name(),
                uri(received.context()),
                status,
                status == HUNG_UP ? "The sender hung up" : received.whyRefused(),
                time.nanos() - received.from(),
                received.sizeBytes(),
                rates.address(received).getHostAddress(),
                request.headers(),
                body.length == 0 || inTheEvent ? null : CallRecord.Body.of(body),
                received.source().scheme().secretNames(),
                received.events == 0 ? null : received.position,
                received.events,
                received.duplicate,
                null));
    }
}
