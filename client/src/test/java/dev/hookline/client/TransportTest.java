package dev.hookline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is tried again and what is not, against a server that answers as told. */
class TransportTest {
    private static final String STORED = "{\"success\":true,\"count\":1,\"ids\":[7]}";

    private record Told(int status, String body, String retryAfter) {}

    private record Seen(String path, String key, String authorization, String body) {}

    /** Time passes only by sleeping; chance is always the highest. */
    private static final class FastTime implements Pause {
        private final List<Duration> slept = new ArrayList<>();
        private long nanos;
        private int ids;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            slept.add(duration);
            nanos += duration.toNanos();
        }

        @Override
        public double chance() {
            return 1;
        }

        @Override
        public String id() {
            return "id-" + ids++;
        }
    }

    private final Queue<Told> told = new ArrayDeque<>();
    private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final FastTime time = new FastTime();
    private HttpServer server;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            seen.add(new Seen(
                    exchange.getRequestURI().getPath(),
                    exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                    exchange.getRequestHeaders().getFirst("Authorization"),
                    body));
            Told next = told.size() > 1 ? told.remove() : told.element();
            if (next.retryAfter() != null) {
                exchange.getResponseHeaders().add("Retry-After", next.retryAfter());
            }
            byte[] bytes = next.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(next.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private void tell(int status, String body) {
        told.add(new Told(status, body, null));
    }

    private Hookline hookline(Credentials credentials) {
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new Hookline(new Transport(url, Duration.ofSeconds(60), credentials, time));
    }

    private Published publish() {
        return hookline(Credentials.token("t")).documents().updated("doc-1", null, null, Map.of());
    }

    @Test
    void eventIsSentOnceWhenItIsStored() {
        tell(202, STORED);

        Published published = publish();

        assertThat(published.id()).isEqualTo(7);
        assertThat(published.duplicate()).isFalse();
        assertThat(seen).hasSize(1);
        assertThat(seen.element().authorization()).isEqualTo("Bearer t");
        assertThat(seen.element().body())
                .isEqualTo("{\"event\":\"document.updated\",\"resource_type\":\"document\",\"resource_id\":\"doc-1\","
                        + "\"data\":{\"document_id\":\"doc-1\",\"changes\":{}}}");
    }

    @Test
    void warningsAreAnswered() {
        tell(202, "{\"ids\":[7],\"duplicate\":true,\"warnings\":[{\"field\":\"data.amount\",\"message\":\"m\"}]}");

        Published published = publish();

        assertThat(published.duplicate()).isTrue();
        assertThat(published.warnings()).containsExactly(new Published.Warning("data.amount", "m"));
    }

    @Test
    void noRoomIsTriedAgainUnderTheSameKeyWithGrowingPauses() {
        tell(503, "{}");
        tell(429, "{}");
        tell(502, "");
        tell(504, "<html>");
        tell(202, STORED);

        publish();

        assertThat(seen)
                .extracting(Seen::key)
                .hasSize(5)
                .containsOnly(seen.element().key());
        assertThat(time.slept)
                .containsExactly(
                        Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400), Duration.ofMillis(800));
    }

    @Test
    void retryAfterIsHonoured() {
        told.add(new Told(503, "{}", "7"));
        told.add(new Told(503, "{}", "Wed, 21 Oct 2026 07:28:00 GMT"));
        tell(202, STORED);

        publish();

        assertThat(time.slept).containsExactly(Duration.ofSeconds(7), Duration.ofMillis(200));
    }

    @Test
    void everyCallHasAKeyOfItsOwn() {
        tell(202, STORED);

        publish();
        publish();

        assertThat(seen).extracting(Seen::key).doesNotHaveDuplicates().doesNotContainNull();
    }

    @Test
    void deadlineEndsTheTries() {
        tell(503, "{}");

        HooklineException.Unavailable gone = catchThrowableOfType(HooklineException.Unavailable.class, this::publish);

        assertThat(gone).hasMessageContaining("503").hasMessageContaining("given up after");
        assertThat(gone.idempotencyKey()).isEqualTo(seen.element().key());
        assertThat(Duration.ofNanos(time.nanos)).isBetween(Duration.ofSeconds(54), Duration.ofSeconds(60));
    }

    @Test
    void longRetryAfterThanTheDeadlineIsNotWaitedFor() {
        told.add(new Told(503, "{}", "3600"));

        assertThatThrownBy(this::publish).isInstanceOf(HooklineException.Unavailable.class);
        assertThat(time.slept).isEmpty();
    }

    @Test
    void hubThatIsNotThereIsTriedUntilTheDeadline() {
        server.stop(0);

        assertThatThrownBy(this::publish)
                .isInstanceOf(HooklineException.Unavailable.class)
                .hasMessageContaining("cannot be reached");
        assertThat(time.slept).hasSizeGreaterThan(10);
    }

    @Test
    void whatIsRefusedIsNotTriedAgain() {
        tell(
                422,
                "{\"error\":{\"type\":\"ValidationError\",\"message\":\"Invalid request data\",\"request_id\":\"r1\","
                        + "\"details\":[{\"loc\":[\"body\",\"data.amount\"],\"msg\":\"'data.amount': no\","
                        + "\"type\":\"value_error\"}]}}");

        HooklineException.Refused refused = catchThrowableOfType(HooklineException.Refused.class, this::publish);

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.field()).isEqualTo("data.amount");
        assertThat(refused.requestId()).isEqualTo("r1");
        assertThat(refused).hasMessage("'data.amount': no");
        assertThat(seen).hasSize(1);
    }

    @Test
    void noOtherAnswerIsTriedAgain() {
        for (int status : new int[] {200, 302, 400, 403, 404, 413}) {
            told.clear();
            seen.clear();
            tell(status, "oops");

            HooklineException.Refused refused = catchThrowableOfType(HooklineException.Refused.class, this::publish);

            assertThat(refused.status()).isEqualTo(status);
            assertThat(seen).hasSize(1);
        }
    }

    @Test
    void ofAFailureNobodyKnowsWhatIsStoredSoTheSameIsSentUnderTheSameKey() {
        for (int status : new int[] {408, 425, 500, 520}) {
            told.clear();
            seen.clear();
            tell(status, "oops");
            tell(202, STORED);

            assertThat(publish().id()).isEqualTo(7);

            assertThat(seen)
                    .hasSize(2)
                    .extracting(Seen::key)
                    .containsOnly(seen.element().key());
        }
    }

    @Test
    void whatIsNotStoredByTheDeadlineCanBePublishedLaterUnderItsKey() {
        tell(500, "oops");
        Hookline hookline = hookline(Credentials.token("t"));
        Batch batch = hookline.batch();
        batch.documents().updated("doc-1", null, null, Map.of());

        HooklineException.Unavailable failed = catchThrowableOfType(HooklineException.Unavailable.class, batch::send);
        told.clear();
        tell(202, STORED);
        batch.send();
        hookline.publish(failed.events(), failed.idempotencyKey());

        assertThat(seen).extracting(Seen::key).containsOnly(failed.idempotencyKey());
        assertThat(seen).extracting(Seen::body).containsOnly(seen.element().body());
        batch.documents().updated("doc-2", null, null, Map.of());
        batch.send();
        assertThat(seen).last().extracting(Seen::key).isNotEqualTo(failed.idempotencyKey());
    }

    @Test
    void wrongTokenIsNotTriedAgain() {
        tell(401, "{\"error\":{\"message\":\"no\"}}");

        assertThatThrownBy(this::publish)
                .isInstanceOf(HooklineException.NotAuthorized.class)
                .hasMessage("no");
        assertThat(seen).hasSize(1);
    }

    @Test
    void signsInOnceAndAgainBeforeTheTokenEnds() {
        Hookline hookline = hookline(Credentials.login("admin", "pass\"word"));
        tell(200, "{\"access_token\":\"one\",\"expires_in\":1800}");
        tell(202, STORED);
        hookline.documents().updated("1", null, null, Map.of());
        hookline.documents().updated("2", null, null, Map.of());
        told.clear();
        time.sleep(Duration.ofSeconds(1741));
        tell(200, "{\"access_token\":\"two\",\"expires_in\":1800}");
        tell(202, STORED);

        hookline.documents().updated("3", null, null, Map.of());

        assertThat(seen)
                .extracting(Seen::path)
                .containsExactly(
                        "/auth/login",
                        "/api/v1/tenant/webhooks/events",
                        "/api/v1/tenant/webhooks/events",
                        "/auth/login",
                        "/api/v1/tenant/webhooks/events");
        assertThat(seen.element().body()).isEqualTo("{\"username\":\"admin\",\"password\":\"pass\\\"word\"}");
        assertThat(seen)
                .extracting(Seen::authorization)
                .containsExactly(null, "Bearer one", "Bearer one", null, "Bearer two");
    }

    @Test
    void tokenThatNoLongerCountsIsRenewedOnce() {
        Hookline hookline = hookline(Credentials.login("admin", "password"));
        tell(200, "{\"access_token\":\"one\",\"expires_in\":1800}");
        tell(401, "{}");
        tell(200, "{\"access_token\":\"two\",\"expires_in\":1800}");
        tell(401, "{\"error\":{\"message\":\"no\"}}");

        assertThatThrownBy(() -> hookline.documents().updated("1", null, null, Map.of()))
                .isInstanceOf(HooklineException.NotAuthorized.class);
        assertThat(seen).hasSize(4);
    }

    @Test
    void batchIsOneRequest() {
        tell(202, "{\"ids\":[7,8]}");
        Batch batch = hookline(Credentials.token("t")).batch();

        Published published = batch.salesOrders()
                .cancelled("order-1", "SO-1", "Customer request")
                .add(Event.of("shipment.lost", "SH-1", Map.of("n", 1)).priority(Event.Priority.HIGH))
                .send();

        assertThat(published.ids()).containsExactly(7L, 8L);
        assertThat(seen).hasSize(1);
        assertThat(seen.element().body())
                .startsWith("{\"events\":[{\"event\":\"sales_order.cancelled\"")
                .contains("\"high\"");
    }

    @Test
    void emptyAndOverlargeBatchesAreNotSent() {
        Batch batch = hookline(Credentials.token("t")).batch();
        assertThatThrownBy(batch::send).isInstanceOf(IllegalArgumentException.class);
        for (int i = 0; i <= Hookline.EVENTS_MAX; i++) {
            batch.add(Event.of("a.b", "1", Map.of()));
        }
        assertThatThrownBy(batch::send).isInstanceOf(IllegalArgumentException.class);
        assertThat(seen).isEmpty();
    }
}
