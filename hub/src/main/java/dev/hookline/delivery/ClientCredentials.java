package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The access token of one subscription, by the client credentials grant. It is asked for when it is first needed, kept until
 * shortly before it ends, and asked for anew once a receiver has refused it. Those who need it at the same time share one
 * request, which goes the same guarded way as a delivery.
 */
final class ClientCredentials {
    static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration KEPT_UNSAID = Duration.ofMinutes(5);
    private static final Duration KEPT_MAX = Duration.ofDays(1);
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,8192}");

    /** What asking came to. */
    sealed interface Result {
        record Token(String value) implements Result {}

        record Refused(SendResult.Failed failure) implements Result {}
    }

    private record Kept(String token, Instant until) {}

    private final OutboundAuth.OAuth2 auth;
    private final GuardedHttp http;
    private final HttpClient client;
    private final boolean ownsClient;
    private final Time time;
    private @Nullable Kept kept;
    private List<Consumer<Result>> waiting = new ArrayList<>();

    /**
     * Has no token yet.
     *
     * @param ownsClient whether nobody else asks by this client
     */
    ClientCredentials(OutboundAuth.OAuth2 auth, GuardedHttp http, HttpClient client, boolean ownsClient, Time time) {
        this.auth = auth;
        this.http = http;
        this.client = client;
        this.ownsClient = ownsClient;
        this.time = time;
    }

    OutboundAuth.OAuth2 auth() {
        return auth;
    }

    /** Closes the connections of its own, once a request on them is over. */
    void letGo() {
        if (ownsClient) {
            Future<Void> _ = client.shutdown(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Gives a token, at once where one is kept.
     *
     * @param refused a token that does not count any more; null for none
     */
    void token(@Nullable String refused, Consumer<Result> done) {
        String token = null;
        boolean first = false;
        synchronized (this) {
            if (kept != null && !kept.token().equals(refused) && time.now().isBefore(kept.until())) {
                token = kept.token();
            } else {
                kept = null;
                first = waiting.isEmpty();
                waiting.add(done);
            }
        }
        if (token != null) {
            done.accept(new Result.Token(token));
        } else if (first) {
            http.post(client, request(), TIMEOUT, GuardedHttp.ANSWER_BYTES_MAX, this::answered);
        }
    }

    private OutboundRequest request() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        headers.put("Accept", "application/json");
        headers.put("User-Agent", Sender.USER_AGENT);
        StringBuilder form = new StringBuilder("grant_type=client_credentials");
        add(form, "scope", auth.scope());
        add(form, "audience", auth.audience());
        if (auth.inBody()) {
            add(form, "client_id", auth.clientId());
            add(form, "client_secret", auth.clientSecret());
        } else {
            // RFC 6749, section 2.3.1: both are form-encoded first.
            headers.put("Authorization", OutboundAuth.basic(encoded(auth.clientId()), encoded(auth.clientSecret())));
        }
        return new OutboundRequest(auth.tokenUrl(), headers, Buffer.buffer(form.toString()));
    }

    private static void add(StringBuilder form, String name, @Nullable String value) {
        if (value != null) {
            form.append('&').append(name).append('=').append(encoded(value));
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    private void answered(Exchange exchange) {
        Result result = result(exchange);
        List<Consumer<Result>> all;
        synchronized (this) {
            all = waiting;
            waiting = new ArrayList<>();
        }
        all.forEach(one -> one.accept(result));
    }

    private Result result(Exchange exchange) {
        SendResult result = exchange.result();
        if (!result.delivered() || exchange.answer() == null) {
            return refused(result.reasonText(), result.error());
        }
        try {
            ObjectNode answer = Json.parseObject(exchange.answer().start().getBytes());
            String token = answer.path("access_token").asText();
            String type = answer.path("token_type").asText("bearer");
            if (!TOKEN.matcher(token).matches() || !type.equalsIgnoreCase("bearer")) {
                return refused(SendResult.CONNECTION_ERROR, "Its answer holds no bearer token");
            }
            keep(token, answer.path("expires_in").asLong(KEPT_UNSAID.toSeconds()));
            return new Result.Token(token);
        } catch (Json.Invalid e) {
            return refused(SendResult.CONNECTION_ERROR, "Its answer is no JSON object");
        }
    }

    private synchronized void keep(String token, long seconds) {
        long bounded = Math.clamp(seconds, 0, KEPT_MAX.toSeconds());
        long margin = Math.min(60, bounded / 10);
        kept = new Kept(token, time.now().plusSeconds(bounded - margin));
    }

    private Result refused(String reason, String message) {
        return new Result.Refused(new SendResult.Failed(
                reason, "No OAuth2 token from " + auth.tokenUrl().getHost() + ": " + message));
    }
}
