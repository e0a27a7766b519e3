package dev.hookline.client;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends requests, and sends them again while that is safe and may help. */
final class Transport {
    private static final String LOGIN = "/auth/login";
    private static final Duration ATTEMPT_MAX = Duration.ofSeconds(30);
    private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
    private static final long BACKOFF_MILLIS_MIN = 100;
    private static final long BACKOFF_MILLIS_MAX = 5_000;
    private static final Duration RENEWED_BEFORE_END = Duration.ofSeconds(60);

    private record Token(String text, long endsAtNanos) {}

    private final URI url;
    private final Duration deadline;
    private final Credentials credentials;
    private final Pause pause;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_MAX)
            .build();
    private @Nullable Token token;

    Transport(URI url, Duration deadline, Credentials credentials, Pause pause) {
        this.url = url;
        this.deadline = deadline;
        this.credentials = credentials;
        this.pause = pause;
    }

    /** An idempotency key for one call. */
    String newKey() {
        return pause.id();
    }

    /** Posts until there is an answer that counts; gives the answer's object. */
    Map<String, @Nullable Object> post(String path, String body, String idempotencyKey) {
        Call call = new Call(idempotencyKey);
        boolean renewed = false;
        while (true) {
            String authorization = "Bearer " + token(call);
            HttpResponse<String> answer = call.send(request(path, body)
                    .header("Authorization", authorization)
                    .header("Idempotency-Key", idempotencyKey));
            if (answer.statusCode() == 401 && credentials.token() == null && !renewed) {
                renewed = true;
                forget(authorization);
                continue;
            }
            return accepted(answer);
        }
    }

    private HttpRequest.Builder request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    /** A token that counts for some time yet; one caller signs in for all. */
    private synchronized String token(Call call) {
        if (credentials.token() != null) {
            return credentials.token();
        }
        Token known = token;
        if (known == null || pause.nanos() - known.endsAtNanos() >= 0) {
            Map<String, @Nullable Object> answer =
                    accepted(call.send(request(LOGIN, JsonText.write(credentials.json()))));
            Duration lasts = Duration.ofSeconds(
                    answer.get("expires_in") instanceof BigDecimal seconds ? seconds.longValue() : 0);
            known = new Token(
                    String.valueOf(answer.get("access_token")),
                    pause.nanos() + lasts.minus(RENEWED_BEFORE_END).toNanos());
            token = known;
        }
        return known.text();
    }

    private synchronized void forget(String authorization) {
        if (token != null && authorization.equals("Bearer " + token.text())) {
            token = null;
        }
    }

    private static Map<String, @Nullable Object> accepted(HttpResponse<String> answer) {
        int status = answer.statusCode();
        boolean taken = status >= 200 && status < 300;
        Map<String, @Nullable Object> body;
        try {
            body = JsonText.readObject(answer.body());
        } catch (JsonText.Invalid e) {
            if (taken) {
                throw new HooklineException.Refused(status, "What answered is no hub: " + e.getMessage(), null, null);
            }
            body = Map.of();
        }
        if (taken) {
            return body;
        }
        Map<?, ?> error = body.get("error") instanceof Map<?, ?> map ? map : Map.of();
        Map<?, ?> detail = first(error.get("details")) instanceof Map<?, ?> map ? map : Map.of();
        String message = detail.get("msg") instanceof String why
                ? why
                : error.get("message") instanceof String text ? text : "The hub answered " + status;
        if (status == 401) {
            throw new HooklineException.NotAuthorized(message);
        }
        String requestId = error.get("request_id") instanceof String text ? text : null;
        throw new HooklineException.Refused(status, message, field(detail), requestId);
    }

    /** The last of {@code loc}, which begins with where the field is: in the body, or in the query. */
    private static @Nullable String field(Map<?, ?> detail) {
        return detail.get("loc") instanceof List<?> items
                        && !items.isEmpty()
                        && items.get(items.size() - 1) instanceof String field
                ? field
                : null;
    }

    private static @Nullable Object first(@Nullable Object list) {
        return list instanceof List<?> items && !items.isEmpty() ? items.get(0) : null;
    }

    /** One call of the application, with all its tries. */
    private final class Call {
        private final String idempotencyKey;
        private final long endsAt = pause.nanos() + deadline.toNanos();
        private int failures;

        Call(String idempotencyKey) {
            this.idempotencyKey = idempotencyKey;
        }

        /** Sends until there is an answer other than "not now". */
        HttpResponse<String> send(HttpRequest.Builder request) {
            while (true) {
                Throwable cause = null;
                String why;
                Duration asked = Duration.ZERO;
                try {
                    HttpResponse<String> answer = http.send(
                            request.timeout(attemptMax()).build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
                    if (!isNotNow(answer.statusCode())) {
                        return answer;
                    }
                    why = "The hub answered " + answer.statusCode();
                    asked = retryAfter(answer);
                } catch (IOException e) {
                    why = "The hub cannot be reached: " + e;
                    cause = e;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new HooklineException.Unavailable("Interrupted", idempotencyKey, e);
                }
                await(asked, why, cause);
            }
        }

        /** No room for now, or something between failed: of a 5xx nobody knows whether the events are stored. */
        private static boolean isNotNow(int status) {
            return status >= 500 || status == 429 || status == 408 || status == 425;
        }

        private Duration attemptMax() {
            Duration left = Duration.ofNanos(Math.max(1_000_000, endsAt - pause.nanos()));
            return left.compareTo(ATTEMPT_MAX) < 0 ? left : ATTEMPT_MAX;
        }

        /** Waits before the next try: what the hub asked for, or twice as long as the time before, the last half by chance. */
        private void await(Duration asked, String why, @Nullable Throwable cause) {
            long backoff = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_MILLIS_MIN << Math.min(failures, 20));
            failures++;
            Duration wait = Duration.ofMillis((long) (backoff * (0.5 + pause.chance() / 2)));
            wait = asked.compareTo(wait) > 0 ? asked : wait;
            if (pause.nanos() + wait.toNanos() - endsAt >= 0) {
                throw new HooklineException.Unavailable(
                        why + "; given up after " + failures + (failures == 1 ? " try" : " tries"),
                        idempotencyKey,
                        cause);
            }
            try {
                pause.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HooklineException.Unavailable("Interrupted", idempotencyKey, e);
            }
        }

        private static Duration retryAfter(HttpResponse<String> answer) {
            try {
                return Duration.ofSeconds(Math.max(
                        0, answer.headers().firstValueAsLong("Retry-After").orElse(0)));
            } catch (NumberFormatException e) {
                // A date: the hub sends seconds, and a proxy's date is no worse met by the usual wait.
                return Duration.ZERO;
            }
        }
    }
}
